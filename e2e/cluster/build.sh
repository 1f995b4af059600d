# Compiles the cluster's binaries into $bin. Sourced by cluster.sh, which sets $here, $bin and $version.
# shellcheck shell=bash

build_flags=(-trimpath)
ld_strip='-s -w'
ld_kubernetes="-X k8s.io/component-base/version.gitVersion=v$version -X k8s.io/component-base/version.gitMajor=${version%%.*}"
ld_kubernetes+=" -X k8s.io/component-base/version.gitMinor=$(cut -d. -f2 <<<"$version")"
api_test=$bin/api-test # the layout that fabric8's kube-api-test reads

# Only what is compiled counts, so that a change of the scripts does not repeat eleven minutes of compilation.
stamp() {
  {
    echo "$version ${build_flags[*]} $ld_strip $ld_kubernetes"
    (cd "$here" && LC_ALL=C && for f in */go.mod */go.sum */*.go; do [[ ! -f $f ]] || sha256sum "$f"; done)
  } | sha256sum | cut -d' ' -f1
}

is_built() { [[ -f $bin/stamp && $(<"$bin/stamp") == "$(stamp)" ]]; }

build() {
  ! is_built || return 0
  need go 'golang-go (1.26 or later; or https://go.dev/dl)'
  need flock util-linux
  mkdir -p "$bin"
  (
    if ! flock -n 9; then
      say "another build is running; waiting for it"
      flock 9
    fi
    is_built || compile
  ) 9>"$bin.lock"
}

# Everything is compiled into a folder beside $bin and moved over name by name, the stamp last: an interrupted build leaves no
# half of a binary, and a cluster that is up keeps the file that it runs.
compile() {
  local new=$bin.new began=$SECONDS name
  say "compiling Kubernetes $version, containerd, CoreDNS and Helm: about eleven minutes with empty caches, once"
  rm -rf "$new" && mkdir -p "$new"
  export CGO_ENABLED=0
  step kube && (cd "$here/kube" && go build "${build_flags[@]}" -ldflags "$ld_strip $ld_kubernetes" -o "$new/kube" .)
  for name in etcd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl netpol; do ln -s kube "$new/$name"; done
  step node && (cd "$here/node" && GOBIN="$new" go install "${build_flags[@]}" -ldflags "$ld_strip" tool)
  step helm && (cd "$here/helm" && GOBIN="$new" go install "${build_flags[@]}" -ldflags "$ld_strip" tool)
  step dns && (cd "$here/dns" && go build "${build_flags[@]}" -ldflags "$ld_strip" -o "$new/coredns" .)
  step pause && (cd "$here/pause" && go build "${build_flags[@]}" -ldflags "$ld_strip" -o "$new/pause" .)
  rm -f "$bin/stamp"
  for name in "$new"/*; do mv -fT "$name" "$bin/${name##*/}"; done
  rmdir "$new"
  api_test_layout
  stamp >"$bin/stamp"
  say "compiled in $((SECONDS - began)) s, into $bin"
}

step() { say "  compiling $1/"; }

api_test_layout() {
  local layout name
  layout=$api_test/k8s/$version-linux-$(architecture)
  rm -rf "$api_test" && mkdir -p "$layout"
  for name in kube-apiserver etcd kubectl; do ln -s "$bin/kube" "$layout/$name"; done
}
