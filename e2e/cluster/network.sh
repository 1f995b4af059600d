# Addresses and links of one rig. Sourced by cluster.sh, which sets $name, $rigs and $run.
# shellcheck shell=bash
#
# 198.18.0.0/15 (RFC 2544, routed nowhere) has 32 blocks of /20; each rig owns one. With B the third octet where it begins:
#   B+0 .. B+7   /24 each   the pods of nodes 0 to 7
#   B+8          /24        .1 the host, .10 and up the nodes
#   B+12         /22        Services; .1 the API server, .10 DNS
blocks=32
most_nodes=8

# addresses BLOCK: sets what the other parts use
addresses() {
  local second=$((18 + $1 / 16)) third=$((16 * ($1 % 16)))
  prefix=198.$second pods_from=$third
  pods=$prefix.$third.0/21
  nodes_net=$prefix.$((third + 8))
  services_net=$prefix.$((third + 12))
  services=$services_net.0/22
  dns=$services_net.10
  api=$nodes_net.10 # node 0, which carries the control plane
  host_link=rig$1   # at most 15 characters, so the block's number and not the rig's name
}

node_pods() { echo "$prefix.$((pods_from + $1)).0/24"; }
node_ip() { echo "$nodes_net.$((10 + $1))"; }
netns() { echo "rig.$name.$1"; } # no rig's name has a dot, so no name begins another's
in_node() { local n=$1; shift; nsenter --net="/run/netns/$(netns "node$n")" "$@"; }

# Free: no other rig has it, and the host has neither an address nor a route in it or around it.
block_is_free() {
  local other cidr
  cidr=198.$((18 + $1 / 16)).$((16 * ($1 % 16))).0/20
  for other in "$rigs"/*/block; do
    [[ ! -f $other || $(<"$other") != "$1" ]] || return 1
  done
  [[ -z $(ip -4 route show table all root "$cidr") && -z $(ip -4 route show table all match "$cidr" | grep -v '^default') ]]
}

# claim: make this rig's folder and give it a block. The search begins at a block that follows from the name, so that a rig
# mostly comes back with the addresses that it had.
claim() {
  local first n block
  first=$(($(cksum <<<"$name" | cut -d' ' -f1) % blocks))
  exec 8>/run/stockade-rigs.lock
  flock 8
  mkdir -p "$rigs"
  mkdir "$run" 2>/dev/null || fail "$run is there already: rig '$name' is up, or was not taken down; run 'RIG_NAME=$name $me down' first"
  for ((n = 0; n < blocks; n++)); do
    block=$(((first + n) % blocks))
    if block_is_free "$block"; then
      echo "$block" >"$run/block"
      break
    fi
  done
  exec 8>&-
  if [[ ! -f $run/block ]]; then
    rmdir "$run"
    fail "no block of 198.18.0.0/15 is free ('ip route show root 198.18.0.0/15' and 'ls $rigs' say who has them); take another rig or that route down"
  fi
  addresses "$block"
}

# The nodes meet on a bridge in a namespace of its own, so that no firewall of the host stands between them; the host has one leg on it.
network() { # nodes
  local net node n m
  net=$(netns net)
  ip netns add "$net"
  ip -n "$net" link add br0 type bridge
  ip -n "$net" link set br0 up
  ip link add "$host_link" type veth peer name host netns "$net"
  ip -n "$net" link set host master br0 up
  ip addr add "$nodes_net.1/24" dev "$host_link"
  ip link set "$host_link" up
  for ((n = 0; n < $1; n++)); do
    node=$(netns "node$n")
    ip netns add "$node"
    ip -n "$net" link add "node$n" type veth peer name eth0 netns "$node"
    ip -n "$net" link set "node$n" master br0 up
    ip -n "$node" link set lo up
    ip -n "$node" addr add "$(node_ip "$n")/24" dev eth0
    ip -n "$node" link set eth0 up
    in_node "$n" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
    ip route add "$(node_pods "$n")" via "$(node_ip "$n")"
    for ((m = 0; m < $1; m++)); do
      ((m == n)) || ip -n "$node" route add "$(node_pods "$m")" via "$(node_ip "$m")"
    done
    # Services answer to the node itself too; anything else has nowhere to go.
    ip -n "$node" route add "$services" dev eth0
  done
  ip route add "$services" via "$api"
}

remove_network() {
  local n
  for n in /run/netns/"$(netns '')"*; do
    [[ ! -e $n ]] || ip netns del "${n##*/}"
  done
  [[ ! -f $run/block ]] || ip link del "rig$(<"$run/block")" 2>/dev/null || true # it may have gone with its peer's namespace
}
