package main

import (
	"context"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/polling"
	"github.com/fluxcd/cli-utils/pkg/kstatus/polling/engine"
	"github.com/fluxcd/pkg/apis/kustomize"
	"github.com/fluxcd/pkg/runtime/cel"
	"github.com/fluxcd/pkg/ssa"
	ssautil "github.com/fluxcd/pkg/ssa/utils"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
)

const group = "kustomize.toolkit.fluxcd.io"

// Change is what Flux did, or would do, with one object.
type Change struct {
	By      string `json:"by"`
	Subject string `json:"subject"`
	Action  string `json:"action"`
	Live    string `json:"live,omitempty"`
	Wanted  string `json:"wanted,omitempty"`
}

func cluster() (*rest.Config, error) {
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(
		clientcmd.NewDefaultClientConfigLoadingRules(), &clientcmd.ConfigOverrides{}).ClientConfig()
	if err == nil {
		config.QPS, config.Burst = 200, 400
	}
	return config, err
}

func resourceManager(manager string, checks []kustomize.CustomHealthCheck) (*ssa.ResourceManager, error) {
	config, err := cluster()
	if err != nil {
		return nil, err
	}
	http, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, err
	}
	mapper, err := apiutil.NewDynamicRESTMapper(config, http)
	if err != nil {
		return nil, err
	}
	kube, err := client.New(config, client.Options{Mapper: mapper, Scheme: runtime.NewScheme(), HTTPClient: http})
	if err != nil {
		return nil, err
	}
	options := polling.Options{}
	if len(checks) > 0 {
		reader, err := cel.NewStatusReader(checks)
		if err != nil {
			return nil, err
		}
		options.CustomStatusReaders = []engine.StatusReader{reader(mapper)}
	}
	poller := polling.NewStatusPoller(kube, mapper, options)
	return ssa.NewResourceManager(kube, poller, ssa.Owner{Field: manager, Group: group}), nil
}

// What kustomize-controller asks of the library for a Kustomization: it takes over what kubectl has written.
func options() ssa.ApplyOptions {
	options := ssa.DefaultApplyOptions()
	options.ExclusionSelector = map[string]string{group + "/reconcile": "disabled", group + "/ssa": "Ignore"}
	options.IfNotPresentSelector = map[string]string{group + "/ssa": "IfNotPresent"}
	options.ForceSelector = map[string]string{group + "/force": "enabled"}
	options.Cleanup = ssa.ApplyCleanupOptions{
		Annotations: []string{corev1.LastAppliedConfigAnnotation},
		FieldManagers: []ssa.FieldManager{
			{Name: "kubectl", OperationType: metav1.ManagedFieldsOperationApply},
			{Name: "kubectl", OperationType: metav1.ManagedFieldsOperationUpdate},
			{Name: "before-first-apply", OperationType: metav1.ManagedFieldsOperationUpdate},
			{Name: "kustomize-controller", OperationType: metav1.ManagedFieldsOperationUpdate},
		},
		Exclusions: map[string]string{group + "/ssa": "Merge"},
	}
	return options
}

func fluxApply(ctx context.Context, manager string, objects []*unstructured.Unstructured) error {
	resources, err := resourceManager(manager, nil)
	if err != nil {
		return err
	}
	resources.SetOwnerLabels(objects, "e2e", "flux-system")
	changes, err := resources.ApplyAllStaged(ctx, objects, options())
	if err != nil {
		return err
	}
	for _, entry := range changes.Entries {
		if err := answer(Change{By: "flux", Subject: entry.Subject, Action: string(entry.Action)}); err != nil {
			return err
		}
	}
	return nil
}

func fluxWait(ctx context.Context, exprs string, objects []*unstructured.Unstructured, timeout time.Duration) error {
	checks, err := healthChecks(exprs)
	if err != nil {
		return err
	}
	resources, err := resourceManager("kustomize-controller", checks)
	if err != nil {
		return err
	}
	set := ssa.NewChangeSet()
	for _, object := range objects {
		set.Add(ssa.ChangeSetEntry{ObjMetadata: metadata(object)})
	}
	err = resources.WaitForSetWithContext(ctx, set.ToObjMetadataSet(), ssa.WaitOptions{
		Interval: time.Second, Timeout: timeout, FailFast: true,
	})
	if err != nil {
		return answer(map[string]any{"ready": false, "why": err.Error()})
	}
	return answer(map[string]any{"ready": true})
}

func fluxDrift(ctx context.Context, manager string, objects []*unstructured.Unstructured) error {
	resources, err := resourceManager(manager, nil)
	if err != nil {
		return err
	}
	copies := make([]*unstructured.Unstructured, len(objects))
	for i, object := range objects {
		copies[i] = object.DeepCopy()
	}
	if manager == "kustomize-controller" {
		resources.SetOwnerLabels(copies, "e2e", "flux-system")
	}
	for _, object := range copies {
		entry, live, wanted, err := resources.Diff(ctx, object, ssa.DiffOptions{})
		if err != nil {
			return err
		}
		change := Change{By: "flux", Subject: entry.Subject, Action: string(entry.Action)}
		if live != nil && wanted != nil {
			change.Live, change.Wanted = ssautil.ObjectToYAML(live), ssautil.ObjectToYAML(wanted)
		}
		if err := answer(change); err != nil {
			return err
		}
	}
	return nil
}
