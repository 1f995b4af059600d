package main

import (
	"context"

	"github.com/argoproj/gitops-engine/pkg/diff"
	"github.com/argoproj/gitops-engine/pkg/utils/kube"
	"github.com/argoproj/gitops-engine/pkg/utils/tracing"
	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Argo CD's field manager for server-side apply.
const argoManager = "argocd-controller"

// argoDrift compares as Argo CD does, in each of the three ways that it has: on the API server (ServerSideDiff=true), by the structured
// merge of ServerSideApply=true, and as it did before both.
func argoDrift(ctx context.Context, objects []*unstructured.Unstructured) error {
	config, err := cluster()
	if err != nil {
		return err
	}
	silent := logr.Discard()
	kubectl := &kube.KubectlCmd{Log: silent, Tracer: tracing.NopTracer{}}
	schema, parser, err := kubectl.LoadOpenAPISchema(config)
	if err != nil {
		return err
	}
	applier, done, err := kube.ManageServerSideDiffDryRuns(config, schema, tracing.NopTracer{}, silent,
		func(string) (kube.CleanupFunc, error) { return func() {}, nil })
	if err != nil {
		return err
	}
	defer done()
	kubernetes, err := client.New(config, client.Options{Scheme: runtime.NewScheme()})
	if err != nil {
		return err
	}
	common := []diff.Option{diff.WithLogr(silent), diff.WithGVKParser(parser), diff.WithManager(argoManager)}
	ways := map[string][]diff.Option{
		"argo: server-side diff": append([]diff.Option{
			diff.WithServerSideDiff(true), diff.WithServerSideDryRunner(diff.NewK8sServerSideDryRunner(applier))}, common...),
		"argo: structured merge": append([]diff.Option{diff.WithStructuredMergeDiff(true)}, common...),
		"argo: legacy":           common,
	}
	for _, object := range objects {
		live := &unstructured.Unstructured{}
		live.SetGroupVersionKind(object.GroupVersionKind())
		if err := kubernetes.Get(ctx, client.ObjectKeyFromObject(object), live); apierrors.IsNotFound(err) {
			live = nil
		} else if err != nil {
			return err
		}
		for way, options := range ways {
			change, err := argoChange(way, object, live, options)
			if err != nil {
				return err
			}
			if err := answer(change); err != nil {
				return err
			}
		}
	}
	return nil
}

func argoChange(way string, object, live *unstructured.Unstructured, options []diff.Option) (Change, error) {
	change := Change{By: way, Subject: subject(object), Action: "unchanged"}
	if live == nil {
		change.Action = "created"
		return change, nil
	}
	result, err := diff.Diff(object.DeepCopy(), live.DeepCopy(), options...)
	if err != nil {
		return change, err
	}
	if result.Modified {
		change.Action = "configured"
		change.Live, change.Wanted = string(result.NormalizedLive), string(result.PredictedLive)
	}
	return change, nil
}
