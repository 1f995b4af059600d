# One node: containerd, kubelet, kube-proxy, NetworkPolicy. Sourced by cluster.sh.
# shellcheck shell=bash

# the roots of the cgroup hierarchies: one under v2, one a controller under v1
hierarchies() {
  if [[ $(stat -fc %T /sys/fs/cgroup) == cgroup2fs ]]; then
    echo /sys/fs/cgroup
  else
    awk '$3 == "cgroup" || $3 == "cgroup2" {print $2}' /proc/self/mounts
  fi
}

cgroup() { echo "rig.$name"; } # the cgroup of the whole rig; each node has one inside

make_cgroups() { # node
  local c parent f controller
  hierarchies | while read -r c; do
    mkdir -p "$c/$(cgroup)/node$1"
    for parent in "$c" "$c/$(cgroup)"; do
      # under v2 a child has the controllers that its parent hands down
      [[ ! -f $parent/cgroup.controllers || $c != /sys/fs/cgroup ]] || for controller in $(<"$parent/cgroup.controllers"); do
        echo "+$controller" >"$parent/cgroup.subtree_control" 2>/dev/null || true
      done
    done
  done
  if [[ -d /sys/fs/cgroup/cpuset ]]; then # a v1 cpuset starts empty
    c=/sys/fs/cgroup/cpuset
    for f in cpuset.cpus cpuset.mems; do
      cat "$c/$f" >"$c/$(cgroup)/$f"
      cat "$c/$f" >"$c/$(cgroup)/node$1/$f"
    done
  fi
}

node() {
  local n=$1 dir=$run/node$1
  mkdir -p "$dir"/{cni,containerd,kubelet}
  containerd_files "$n" "$dir"
  kubelet_file "$n" "$dir"
  make_cgroups "$n"
  PATH=$bin:$PATH start "$n" "containerd$n" "$bin/containerd" --config "$dir/containerd.toml"
  wait_for "containerd of node$n" 30 "$bin/ctr" -a "$dir/containerd.sock" version
  "$bin/ctr" -a "$dir/containerd.sock" -n k8s.io images import "$run/pause.tar" >/dev/null
  start "$n" "kubelet$n" "$bin/kubelet" --config "$dir/kubelet.yaml" --kubeconfig "$run/node$n.kubeconfig" \
    --hostname-override "node$n" --node-ip "$(node_ip "$n")" --root-dir "$dir/kubelet" --cert-dir "$dir/kubelet/pki"
  start "$n" "kube-proxy$n" "$bin/kube-proxy" --kubeconfig "$run/proxy.kubeconfig" --proxy-mode nftables --hostname-override "node$n" \
    --cluster-cidr "$pods" --conntrack-max-per-core 0 --conntrack-tcp-timeout-established 0 --conntrack-tcp-timeout-close-wait 0
  [[ ${RIG_NETPOL:-on} == off ]] || netpol_on "$n"
}

netpol_on() { # node
  [[ ! -e $run/pid/netpol$1 ]] || return 0
  start "$1" "netpol$1" "$bin/netpol" --kubeconfig "$run/proxy.kubeconfig"
}

netpol_off() { # node: the process, and then what it has left in the kernel
  local pid left=50
  [[ -e $run/pid/netpol$1 ]] || return 0
  pid=$(<"$run/pid/netpol$1")
  kill "$pid" 2>/dev/null || true
  while [[ $(awk '{print $3}' "/proc/$pid/stat" 2>/dev/null) == [^Z] ]]; do # one that nobody has waited for has ended too
    ((left-- > 0)) || fail "netpol of node$1 is still running as process $pid"
    sleep 0.1
  done
  rm "$run/pid/netpol$1"
  in_node "$1" nft delete table inet netpol 2>/dev/null || true # before it wrote one there is none
}

containerd_files() { # node, folder
  local n=$1 dir=$2
  cat >"$dir/cni/10-ptp.conflist" <<JSON
{"cniVersion": "1.0.0", "name": "rig", "plugins": [
  {"type": "ptp", "mtu": 1500, "ipam": {"type": "host-local", "dataDir": "$dir/ipam", "ranges": [[{"subnet": "$(node_pods "$n")"}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}
JSON
  cat >"$dir/containerd.toml" <<TOML
version = 3
root = "$dir/containerd/root"
state = "$dir/containerd/state"
[grpc]
address = "$dir/containerd.sock"
[ttrpc]
address = "$dir/containerd.ttrpc.sock"
[plugins.'io.containerd.internal.v1.opt']
path = "$dir/containerd/opt"
[plugins.'io.containerd.cri.v1.images'.pinned_images]
sandbox = "rig.local/pause:1"
[plugins.'io.containerd.cri.v1.runtime']
# Lowering a process's oom_score_adj needs CAP_SYS_RESOURCE, which a virtual machine's root may lack.
restrict_oom_score_adj = true
netns_mounts_under_state_dir = true
[plugins.'io.containerd.cri.v1.runtime'.cni]
bin_dirs = ["$bin"]
conf_dir = "$dir/cni"
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
Root = "$dir/runc"
TOML
}

kubelet_file() { # node, folder
  cat >"$2/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
failCgroupV1: false
cgroupDriver: cgroupfs
cgroupRoot: /$(cgroup)/node$1
failSwapOn: false
containerRuntimeEndpoint: unix://$2/containerd.sock
podLogsDir: $2/pods
clusterDomain: cluster.local
clusterDNS: [$dns]
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $run/pki/ca.crt}}
authorization: {mode: Webhook}
enforceNodeAllocatable: []
evictionHard: {memory.available: 100Mi}
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
volumePluginDir: $2/kubelet/plugins
YAML
}

# What the nodes' processes leave outside the rig's folder, in places that cannot be configured. Folders go only when they are empty.
remove_nodes() {
  local c file tries=0
  # a process that was just killed may hold its cgroup for a moment
  until hierarchies | while read -r c; do [[ ! -d $c/$(cgroup) ]] || find "$c/$(cgroup)" -depth -type d -exec rmdir {} + 2>/dev/null || exit 1; done; do
    ((++tries < 30)) || fail "the cgroups $(cgroup) cannot be removed; 'find /sys/fs/cgroup -path '*/$(cgroup)/*' -name cgroup.procs' shows who is in them"
    sleep 0.1
  done
  [[ -d $run ]] || return 0
  # the shims' sockets, whose names are hashes
  { find "$run" -path '*/io.containerd.runtime.v2.task/*' -name bootstrap.json -exec grep -ho '/run/containerd/s/[0-9a-f]*' {} + || true; } |
    while read -r file; do rm -f "$file"; done
  { grep -ls "$run/" /var/lib/cni/results/* || true; } | while read -r file; do rm -f "$file"; done
  for file in /var/log/containers/*.log; do
    [[ ! -L $file || $(readlink "$file") != "$run"/* ]] || rm -f "$file"
  done
  file=/var/lib/kubelet/device-plugins/kubelet.sock
  [[ $(echo "$rigs"/*/block) != "$run/block" ]] || grep -qF "$file" /proc/net/unix || rm -f "$file"
  rmdir /run/containerd/s /run/containerd /var/log/containers /var/log/pods /var/lib/cni/results /var/lib/cni \
    /var/lib/kubelet/device-plugins /var/lib/kubelet 2>/dev/null || true
}
