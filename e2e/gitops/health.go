package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"github.com/fluxcd/cli-utils/pkg/object"
	"github.com/fluxcd/pkg/apis/kustomize"
	"github.com/fluxcd/pkg/runtime/cel"
	ssautil "github.com/fluxcd/pkg/ssa/utils"
	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	luajson "layeh.com/gopher-json"
)

// Health is what three readers make of one object.
type Health struct {
	Subject string `json:"subject"`
	Kstatus string `json:"kstatus"` // Current, InProgress, Failed, ...
	Flux    string `json:"flux"`    // the same, by healthCheckExprs; empty where no expression is about its kind
	Argo    string `json:"argo"`    // Healthy, Progressing, Degraded, ...; empty where argocd-cm has nothing about its kind
	Message string `json:"message"` // Argo CD's
}

func subject(of *unstructured.Unstructured) string { return ssautil.FmtUnstructured(of) }

func metadata(of *unstructured.Unstructured) object.ObjMetadata {
	return object.UnstructuredToObjMetadata(of)
}

func health(ctx context.Context, exprs, argo string, objects []*unstructured.Unstructured) error {
	checks, err := healthChecks(exprs)
	if err != nil {
		return err
	}
	evaluators := map[string]*cel.StatusEvaluator{}
	for _, check := range checks {
		evaluator, err := cel.NewStatusEvaluator(&check.HealthCheckExpressions)
		if err != nil {
			return err
		}
		evaluators[check.APIVersion+" "+check.Kind] = evaluator
	}
	scripts, err := healthScripts(argo)
	if err != nil {
		return err
	}
	for _, one := range objects {
		found := Health{Subject: subject(one)}
		computed, err := status.Compute(one)
		if err != nil {
			return err
		}
		found.Kstatus = string(computed.Status)
		if evaluator, ok := evaluators[one.GetAPIVersion()+" "+one.GetKind()]; ok {
			found.Flux = "error"
			if result, err := evaluator.Evaluate(ctx, one); err == nil {
				found.Flux = string(result.Status)
			} else {
				found.Message = err.Error()
			}
		}
		kind := one.GroupVersionKind()
		if script, ok := scripts[kind.Group+"_"+kind.Kind]; ok {
			judged, err := judge(one, script)
			if err != nil {
				return fmt.Errorf("%s: %w", found.Subject, err)
			}
			found.Argo, found.Message = judged.Status, judged.Message
		}
		if err := answer(found); err != nil {
			return err
		}
	}
	return nil
}

// healthChecks are those of all Kustomizations of a file. A kind that several of them are about must be judged alike.
func healthChecks(file string) ([]kustomize.CustomHealthCheck, error) {
	objects, err := documents(file)
	if err != nil {
		return nil, err
	}
	var checks []kustomize.CustomHealthCheck
	known := map[string]kustomize.HealthCheckExpressions{}
	for _, one := range objects {
		if one.GroupVersionKind().Group != group {
			continue
		}
		var spec struct {
			Spec struct {
				Exprs []kustomize.CustomHealthCheck `json:"healthCheckExprs"`
			} `json:"spec"`
		}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(one.Object, &spec); err != nil {
			return nil, err
		}
		for _, check := range spec.Spec.Exprs {
			before, ok := known[check.APIVersion+" "+check.Kind]
			if ok && before != check.HealthCheckExpressions {
				return nil, fmt.Errorf("%s: two Kustomizations judge %s differently", file, check.Kind)
			}
			if !ok {
				known[check.APIVersion+" "+check.Kind] = check.HealthCheckExpressions
				checks = append(checks, check)
			}
		}
	}
	return checks, nil
}

const healthKey = "resource.customizations.health."

// healthScripts are those of argocd-cm, by group_Kind.
func healthScripts(file string) (map[string]string, error) {
	objects, err := documents(file)
	if err != nil {
		return nil, err
	}
	scripts := map[string]string{}
	for _, one := range objects {
		if one.GetKind() != "ConfigMap" || one.GetName() != "argocd-cm" {
			continue
		}
		data, _, err := unstructured.NestedStringMap(one.Object, "data")
		if err != nil {
			return nil, err
		}
		for key, script := range data {
			if len(key) > len(healthKey) && key[:len(healthKey)] == healthKey {
				scripts[key[len(healthKey):]] = script
			}
		}
	}
	return scripts, nil
}

type judgement struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

// judge runs a script with what Argo CD gives one that an administrator wrote: the base, package and table libraries, one second, the
// object as "obj". Its own code (util/lua) cannot be linked here: see the decision on what was run.
func judge(one *unstructured.Unstructured, script string) (judgement, error) {
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	for _, library := range []struct {
		name string
		open lua.LGFunction
	}{{lua.LoadLibName, lua.OpenPackage}, {lua.BaseLibName, lua.OpenBase}, {lua.TabLibName, lua.OpenTable}} {
		err := state.CallByParam(lua.P{Fn: state.NewFunction(library.open), Protect: true}, lua.LString(library.name))
		if err != nil {
			return judgement{}, err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	state.SetContext(ctx)
	encoded, err := json.Marshal(one.Object)
	if err != nil {
		return judgement{}, err
	}
	value, err := luajson.Decode(state, encoded)
	if err != nil {
		return judgement{}, err
	}
	state.SetGlobal("obj", value)
	if err := state.DoString(script); err != nil {
		return judgement{}, err
	}
	returned, err := luajson.Encode(state.Get(-1))
	if err != nil {
		return judgement{}, err
	}
	var judged judgement
	if err := json.Unmarshal(returned, &judged); err != nil {
		return judgement{}, err
	}
	switch judged.Status {
	case "Healthy", "Progressing", "Degraded", "Suspended", "Missing", "Unknown":
		return judged, nil
	default:
		return judgement{}, fmt.Errorf("'%s' is no health of Argo CD's", judged.Status)
	}
}
