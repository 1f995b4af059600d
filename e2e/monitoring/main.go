// Asks what Prometheus and Grafana would make of our metrics, rules and dashboard, without running either: queries are parsed and
// evaluated by Prometheus' own parser and engine, the dashboard is read by Grafana's own schema.
//
// Reads one JSON object from standard input: scrapes (when, with which target labels, the text) or series as promtool writes them,
// the rules of a PrometheusRule, queries, and a dashboard. Writes one: what is wrong with each, which of its selectors find
// nothing, what it yields at the end, and which alerts fire then.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
)

// Every 30 seconds a target says the same until the next scrape that was given, and rules are evaluated.
const step = 30 * time.Second

type scrape struct {
	At     int64             `json:"at"` // seconds
	Labels map[string]string `json:"labels"`
	Text   string            `json:"text"`
}

type query struct {
	Name string `json:"name"`
	Expr string `json:"expr"`
}

type question struct {
	Until     int64    `json:"until"` // seconds; the evaluation's time
	Scrapes   []scrape `json:"scrapes"`
	Series    []string `json:"series"`    // as promtool has them, a value each step: up{job="a"} 0x3 1 _x2
	Rules     string   `json:"rules"`     // a file of rules; may be empty
	Queries   []query  `json:"queries"`   // those of the dashboard, its variables filled in
	Dashboard string   `json:"dashboard"` // may be empty
}

type answer struct {
	Name    string              `json:"name"`
	Errors  []string            `json:"errors"`
	Unknown []string            `json:"unknown"` // metrics without such labels, or that are not there at all
	Nothing []string            `json:"nothing"` // selectors without a series, though the metric is there with such labels
	Yields  []map[string]string `json:"yields"`  // the labels of each result
	Fires   []map[string]string `json:"fires"`   // of an alert: those that have been there for long enough
}

type reply struct {
	Rules     []string `json:"rules"`     // what is wrong with the file
	Dashboard []string `json:"dashboard"` // what is wrong with it
	Alerts    []answer `json:"alerts"`
	Queries   []answer `json:"queries"`
}

// Whom queries are asked.
type oracle struct {
	engine   *promql.Engine
	language parser.Parser
	series   memory
	until    int64
}

func main() {
	var asked question
	decoder := json.NewDecoder(os.Stdin)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&asked); err != nil {
		fail(err)
	}
	language := parser.NewParser(parser.Options{})
	series, err := store(asked, language)
	if err != nil {
		fail(err)
	}
	engine := promql.NewEngine(promql.EngineOpts{
		MaxSamples: 10_000_000, Timeout: time.Minute, LookbackDelta: 5 * time.Minute, Parser: language,
	})
	at := oracle{engine, language, series, asked.Until}
	out := reply{Rules: []string{}, Dashboard: []string{}, Alerts: []answer{}, Queries: []answer{}}
	if asked.Rules != "" {
		groups, errs := rulefmt.Parse([]byte(asked.Rules), false, model.UTF8Validation, language, slog.New(slog.DiscardHandler))
		for _, err := range errs {
			out.Rules = append(out.Rules, err.Error())
		}
		if groups != nil {
			for _, group := range groups.Groups {
				for _, rule := range group.Rules {
					said := at.ask(query{rule.Alert + rule.Record, rule.Expr})
					at.fire(&said, rule)
					out.Alerts = append(out.Alerts, said)
				}
			}
		}
	}
	for _, q := range asked.Queries {
		out.Queries = append(out.Queries, at.ask(q))
	}
	if asked.Dashboard != "" {
		out.Dashboard = append(out.Dashboard, wrong(asked.Dashboard)...)
	}
	if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "monitoring: "+err.Error())
	os.Exit(1)
}

func (o oracle) ask(q query) answer {
	out := answer{Name: q.Name, Errors: []string{}, Unknown: []string{}, Nothing: []string{}, Yields: []map[string]string{}, Fires: []map[string]string{}}
	expr, err := o.language.ParseExpr(q.Expr)
	if err != nil {
		out.Errors = append(out.Errors, err.Error())
		return out
	}
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		switch n := node.(type) {
		case *parser.VectorSelector:
			if len(o.series.matching(n.LabelMatchers)) == 0 {
				if len(o.series.matching(anyValue(n.LabelMatchers))) == 0 {
					out.Unknown = append(out.Unknown, n.String())
				} else {
					out.Nothing = append(out.Nothing, n.String())
				}
			}
		case *parser.AggregateExpr:
			out.Unknown = append(out.Unknown, o.foreign(n)...)
		}
		return nil
	})
	asked, err := o.engine.NewInstantQuery(context.Background(), o.series, nil, q.Expr, time.Unix(o.until, 0))
	if err != nil {
		out.Errors = append(out.Errors, err.Error())
		return out
	}
	defer asked.Close()
	result := asked.Exec(context.Background())
	if result.Err != nil {
		out.Errors = append(out.Errors, result.Err.Error())
		return out
	}
	if vector, ok := result.Value.(promql.Vector); ok {
		for _, sample := range vector {
			out.Yields = append(out.Yields, sample.Metric.Map())
		}
	} else {
		out.Yields = append(out.Yields, map[string]string{})
	}
	return out
}

// The labels that an aggregation keeps and what it sums up does not have.
func (o oracle) foreign(aggregation *parser.AggregateExpr) []string {
	if aggregation.Without {
		return nil
	}
	var found []string
	parser.Inspect(aggregation.Expr, func(node parser.Node, _ []parser.Node) error {
		selector, ok := node.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		matching := o.series.matching(anyValue(selector.LabelMatchers))
		for _, name := range aggregation.Grouping {
			if !slices.ContainsFunc(matching, func(e *entry) bool { return e.set.Has(name) }) {
				found = append(found, "by ("+name+") of "+selector.String())
			}
		}
		return nil
	})
	return found
}

// Whether labels of these names are there at all.
func anyValue(matchers []*labels.Matcher) []*labels.Matcher {
	relaxed := make([]*labels.Matcher, 0, len(matchers))
	for _, m := range matchers {
		if m.Name == labels.MetricName {
			relaxed = append(relaxed, m)
		} else {
			relaxed = append(relaxed, labels.MustNewMatcher(labels.MatchNotEqual, m.Name, ""))
		}
	}
	return relaxed
}

// As a server does that evaluates the rule each step: an alert fires when it has been there without a break for as long as its rule says.
func (o oracle) fire(out *answer, rule rulefmt.Rule) {
	if rule.Alert == "" || len(out.Errors) > 0 {
		return
	}
	asked, err := o.engine.NewRangeQuery(context.Background(), o.series, nil, rule.Expr, time.Unix(0, 0), time.Unix(o.until, 0), step)
	if err != nil {
		out.Errors = append(out.Errors, err.Error())
		return
	}
	defer asked.Close()
	result := asked.Exec(context.Background())
	matrix, err := result.Matrix()
	if err != nil {
		out.Errors = append(out.Errors, err.Error())
		return
	}
	for _, found := range matrix {
		since := int64(-1)
		last := int64(-1)
		for _, point := range found.Floats {
			if last < 0 || point.T-last > step.Milliseconds() {
				since = point.T
			}
			last = point.T
		}
		if last == o.until*1000 && last-since >= time.Duration(rule.For).Milliseconds() {
			out.Fires = append(out.Fires, found.Metric.Map())
		}
	}
}

// What every scrape said, as series.
func store(asked question, language parser.Parser) (memory, error) {
	byLabels := map[string]*entry{}
	for _, described := range asked.Series {
		set, values, err := language.ParseSeriesDesc(described)
		if err != nil {
			return nil, fmt.Errorf("the series %s: %w", described, err)
		}
		e := &entry{set: set}
		byLabels[set.String()] = e
		for i, value := range values {
			if !value.Omitted {
				e.samples = append(e.samples, point{int64(i) * step.Milliseconds(), value.Value})
			}
		}
	}
	scrapes := asked.Scrapes
	sort.SliceStable(scrapes, func(i, j int) bool { return scrapes[i].At < scrapes[j].At })
	for i, s := range scrapes {
		text := expfmt.NewTextParser(model.UTF8Validation)
		families, err := text.TextToMetricFamilies(strings.NewReader(s.Text))
		if err != nil {
			return nil, fmt.Errorf("the scrape of %v: %w", s.Labels, err)
		}
		end := asked.Until
		for _, later := range scrapes[i+1:] {
			if fmt.Sprint(later.Labels) == fmt.Sprint(s.Labels) {
				end = later.At - 1
				break
			}
		}
		up := model.Vector{&model.Sample{Metric: model.Metric{model.MetricNameLabel: "up"}, Value: 1}}
		add(byLabels, s, up, end)
		for _, family := range families {
			vector, err := expfmt.ExtractSamples(&expfmt.DecodeOptions{Timestamp: model.Time(s.At * 1000)}, family)
			if err != nil {
				return nil, err
			}
			add(byLabels, s, vector, end)
		}
	}
	all := memory{}
	for _, e := range byLabels {
		all = append(all, e)
	}
	sort.Slice(all, func(i, j int) bool { return labels.Compare(all[i].set, all[j].set) < 0 })
	return all, nil
}

func add(byLabels map[string]*entry, s scrape, vector model.Vector, end int64) {
	for _, sample := range vector {
		builder := labels.NewScratchBuilder(len(sample.Metric) + len(s.Labels))
		for name, value := range sample.Metric {
			builder.Add(string(name), string(value))
		}
		for name, value := range s.Labels {
			builder.Add(name, value)
		}
		builder.Sort()
		set := builder.Labels()
		e, ok := byLabels[set.String()]
		if !ok {
			e = &entry{set: set}
			byLabels[set.String()] = e
		}
		for at := s.At; at <= end; at += int64(step / time.Second) {
			e.samples = append(e.samples, point{at * 1000, float64(sample.Value)})
		}
	}
}

type point struct {
	t int64
	v float64
}

func (p point) T() int64                      { return p.t }
func (p point) ST() int64                     { return 0 }
func (p point) F() float64                    { return p.v }
func (p point) H() *histogram.Histogram       { return nil }
func (p point) FH() *histogram.FloatHistogram { return nil }
func (p point) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (p point) Copy() chunks.Sample           { return p }

type entry struct {
	set     labels.Labels
	samples []chunks.Sample
}

// A storage.Queryable over what is in memory.
type memory []*entry

func (m memory) matching(matchers []*labels.Matcher) memory {
	var found memory
next:
	for _, e := range m {
		for _, matcher := range matchers {
			if !matcher.Matches(e.set.Get(matcher.Name)) {
				continue next
			}
		}
		found = append(found, e)
	}
	return found
}

func (m memory) Querier(_, _ int64) (storage.Querier, error) { return querier{m}, nil }

type querier struct{ all memory }

func (q querier) Select(_ context.Context, _ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	return &set{left: q.all.matching(matchers)}
}

func (q querier) LabelValues(context.Context, string, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (q querier) LabelNames(context.Context, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (q querier) Close() error { return nil }

type set struct {
	left memory
	now  *entry
}

func (s *set) Next() bool {
	if len(s.left) == 0 {
		return false
	}
	s.now, s.left = s.left[0], s.left[1:]
	return true
}

func (s *set) At() storage.Series                { return storage.NewListSeries(s.now.set, s.now.samples) }
func (s *set) Err() error                        { return nil }
func (s *set) Warnings() annotations.Annotations { return nil }
