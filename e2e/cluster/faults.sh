# What can be done to a rig that is up, so that tests see what comes of it. Sourced by cluster.sh.
# shellcheck shell=bash

component() { # prints the process id
  [[ ${1:-} =~ ^[a-z-]+[0-9]?$ && -e $run/pid/$1 ]] || fail "'${1:-}' is no component of rig '$name': take one of $(components)"
  cat "$run/pid/$1"
}

components() { (cd "$run/pid" && echo *); }

has_ended() { # pid: one that nobody has waited for has ended too
  [[ $(awk '{print $3}' "/proc/$1/stat" 2>/dev/null) != [^Z] ]]
}

await_end() { # pid, what
  local left=100
  until has_ended "$1"; do
    ((left-- > 0)) || fail "$2 is still running as process $1"
    sleep 0.1
  done
}

fault() {
  local verb=${1:-}
  [[ $verb =~ ^(freeze|thaw|kill|start|link|lose|return|cut|mend)$ ]] || usage
  shift
  need_root "$verb"
  kubeconfig >/dev/null
  addresses "$(<"$run/block")"
  "fault_$verb" "$@"
}

fault_freeze() { local pid; pid=$(component "${1:-}"); kill -STOP "$pid"; }
fault_thaw() { local pid; pid=$(component "${1:-}"); kill -CONT "$pid"; }

fault_kill() { # component
  local pid
  pid=$(component "${1:-}")
  kill -KILL "$pid" 2>/dev/null || true
  await_end "$pid" "$1"
}

# start COMPONENT: the same command again, once it has ended
fault_start() {
  local pid parts
  pid=$(component "${1:-}")
  has_ended "$pid" || fail "$1 is running as process $pid; 'fault kill $1' ends it"
  mapfile -d '' -t parts <"$run/cmd/$1"
  PATH=${parts[1]} start "${parts[0]}" "$1" "${parts[@]:2}"
}

worker() { # node: one that can go without the control plane
  [[ ${1:-} =~ ^[1-9]$ && -d $run/node$1 ]] || fail "'${1:-}' is no node that can go: take the number of one, and not 0, which carries the control plane"
}

fault_link() { # node, down|up: the plug at the switch, so that the node keeps its addresses and routes
  worker "${1:-}"
  [[ ${2:-} == down || ${2:-} == up ]] || usage
  ip -n "$(netns net)" link set "node$1" "$2"
}

node_processes() { # node
  local c
  hierarchies | while read -r c; do
    [[ ! -d $c/$(cgroup)/node$1 ]] || find "$c/$(cgroup)/node$1" -name cgroup.procs -exec cat {} + 2>/dev/null || true
  done
  ip netns pids "$(netns "node$1")" 2>/dev/null || true
}

fault_lose() { # node: as if its power was cut
  local left=100 pids
  worker "${1:-}"
  fault_link "$1" down
  while mapfile -t pids < <(node_processes "$1" | sort -un) && ((${#pids[@]} > 0)); do
    ((left-- > 0)) || fail "node$1 is still running as processes ${pids[*]}"
    kill -KILL "${pids[@]}" 2>/dev/null || true
    sleep 0.1
  done
}

fault_return() { # node: it is switched on again
  local what
  worker "${1:-}"
  fault_link "$1" up
  for what in containerd kubelet kube-proxy netpol; do
    [[ ! -e $run/pid/$what$1 ]] || fault_start "$what$1"
    [[ $what != containerd ]] || wait_for "containerd of node$1" 30 "$bin/ctr" -a "$run/node$1/containerd.sock" version
  done
}

# cut ADDRESS: nothing passes any more between a pod and the API server, not even on what is open. mend ends all of it.
fault_cut() {
  local dir n
  [[ ${1:-} =~ ^[0-9.]+$ ]] || fail "'${1:-}' is no address of a pod"
  for dir in "$run"/node*/; do
    n=${dir%/} n=${n##*/node}
    # Before and after kube-proxy has replaced the Service's address by the API server's.
    in_node "$n" nft -f - <<NFT
table inet cut {
  chain in { type filter hook input priority -300; ip saddr $1 ip daddr $api tcp dport 6443 drop; }
  chain out { type filter hook output priority -300; ip saddr $api ip daddr $1 drop; }
  chain through { type filter hook forward priority -300; ip saddr $1 ip daddr $api tcp dport 6443 drop; ip saddr $api ip daddr $1 drop; }
}
NFT
  done
}

fault_mend() {
  local dir n
  for dir in "$run"/node*/; do
    n=${dir%/} n=${n##*/node}
    in_node "$n" nft delete table inet cut 2>/dev/null || true # where nothing was cut there is none
  done
}
