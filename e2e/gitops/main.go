// What Flux and Argo CD do with manifests, by their own libraries: apply, wait, look for drift, and judge health.
//
//	gitops apply                 applies what stands on standard input as Flux's kustomize-controller does
//	gitops wait -exprs FILE      waits for it as a Kustomization of Flux with wait: true does
//	gitops drift [-manager NAME] says of each object whether Flux and Argo CD would see a difference to the cluster
//	gitops health -exprs FILE -argo FILE   says how kstatus, Flux and Argo CD judge each object, without asking a cluster
//
// FILE of -exprs holds Flux's Kustomizations, whose healthCheckExprs are taken; that of -argo the ConfigMap argocd-cm. The cluster is
// that of $KUBECONFIG. Each answer is one line of JSON. The exit code is 0 if it could be answered, whatever the answer is.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	ssautil "github.com/fluxcd/pkg/ssa/utils"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "gitops:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) == 0 {
		return fmt.Errorf("no command: take apply, wait, drift or health")
	}
	flags := flag.NewFlagSet(arguments[0], flag.ContinueOnError)
	exprs := flags.String("exprs", "", "a file with Flux's Kustomizations")
	argo := flags.String("argo", "", "a file with the ConfigMap argocd-cm")
	manager := flags.String("manager", "kustomize-controller", "the field manager of Flux that applied: kustomize-controller or helm-controller")
	timeout := flags.Duration("timeout", 3*time.Minute, "how long to wait")
	if err := flags.Parse(arguments[1:]); err != nil {
		return err
	}
	input, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	// The reader knows YAML of several documents, and lists.
	objects, err := ssautil.ReadObjects(bytes.NewReader(input))
	if err != nil {
		return fmt.Errorf("standard input: %w", err)
	}
	ctx := context.Background()
	switch arguments[0] {
	case "apply":
		return fluxApply(ctx, *manager, objects)
	case "wait":
		return fluxWait(ctx, *exprs, objects, *timeout)
	case "drift":
		if err := fluxDrift(ctx, *manager, objects); err != nil {
			return err
		}
		return argoDrift(ctx, objects)
	case "health":
		return health(ctx, *exprs, *argo, objects)
	default:
		return fmt.Errorf("'%s' is no command: take apply, wait, drift or health", arguments[0])
	}
}

// answer prints one line of JSON.
func answer(value any) error {
	line, err := json.Marshal(value)
	if err != nil {
		return err
	}
	_, err = fmt.Println(string(line))
	return err
}

// documents reads the objects of a file; none if it has no name.
func documents(file string) ([]*unstructured.Unstructured, error) {
	if file == "" {
		return nil, nil
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return ssautil.ReadObjects(bytes.NewReader(content))
}
