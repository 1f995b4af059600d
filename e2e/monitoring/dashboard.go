package main

import (
	"encoding/json"
	"strings"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
	"github.com/grafana/grafana-foundation-sdk/go/units"
)

// Those of Grafana's units that make sense here: it shows the name of any other behind the number.
var known = map[string]bool{
	units.Short: true, units.PercentUnit: true, units.BytesIEC: true, units.Seconds: true,
	units.OpsPerSecond: true, units.RequestsPerSecond: true,
}

// What Grafana's schema has against a dashboard: of the dashboard itself, of the panels' own options, and of queries to Prometheus.
func wrong(text string) []string {
	runtime := cog.NewRuntime()
	runtime.RegisterPanelcfgVariant(stat.VariantConfig())
	runtime.RegisterPanelcfgVariant(timeseries.VariantConfig())
	runtime.RegisterDataqueryVariant(prometheus.VariantConfig())
	var strict, read dashboard.Dashboard
	if found := said(strict.UnmarshalJSONStrict([]byte(text))); len(found) > 0 {
		return found
	}
	// Strict reading complains, and leaves out what it has read.
	if err := json.Unmarshal([]byte(text), &read); err != nil {
		return said(err)
	}
	if len(read.Panels) == 0 {
		return []string{"the dashboard has no panel"}
	}
	found := said(read.Validate())
	for _, one := range read.Panels {
		panel := one.Panel
		if panel == nil || panel.Type == "row" {
			continue
		}
		title := "(untitled)"
		if panel.Title != nil {
			title = *panel.Title
		}
		if panel.FieldConfig == nil || panel.FieldConfig.Defaults.Unit == nil || !known[*panel.FieldConfig.Defaults.Unit] {
			found = append(found, "panel "+title+": no unit of Grafana's that is known here")
		}
	}
	return found
}

// Nothing wrong comes as an error without a word.
func said(err error) []string {
	if err == nil || err.Error() == "" {
		return nil
	}
	return strings.Split(strings.TrimSpace(err.Error()), "\n")
}
