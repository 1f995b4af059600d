# What the image builds share. Sourced by base/build and agent/build.
# shellcheck shell=bash

umask 022 # the modes of what is made here are the image's

images=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
rig=$images/../cluster/cluster.sh
cache=${XDG_CACHE_HOME:-$HOME/.cache}/stockade/images

say() { echo "images: $*" >&2; }
fail() { say "$*"; exit 1; }
need() { command -v "$1" >/dev/null || fail "$1 is missing; on Debian: apt-get install $2"; }

# key PACKAGES FILE...: a hash of what an image is made from: files, and the versions of Debian packages that apt would take
key() {
  local packages=$1; shift
  {
    cat "$images/cache.sh" "$images/../cluster/image.sh" "$@"
    # shellcheck disable=SC2086 # several names
    LC_ALL=C apt-cache policy $packages 2>/dev/null | grep -E '^[^ ]|Candidate'
  } | sha256sum | cut -c1-16
}

# once OUT.tar COMMAND...: run COMMAND, which makes $1.new from a scratch folder that it gets, unless OUT.tar is there
once() {
  local out=$1 began=$SECONDS; shift
  mkdir -p "$cache"
  if [[ ! -f $out ]]; then
    need flock util-linux
    (
      flock 9
      [[ -f $out ]] && exit
      say "building $(basename "$out")"
      scratch=$(mktemp -d "$cache/build.XXXXXX")
      trap 'rm -rf "$scratch"' EXIT
      "$@" "$scratch" "$scratch/image.tar"
      chmod 644 "$scratch/image.tar"
      mv -fT "$scratch/image.tar" "$out"
      say "built in $((SECONDS - began)) s"
    ) 9>"$cache/lock"
  fi
  touch "$out"
  find "$cache" -maxdepth 1 -name '*.tar' -mtime +7 -delete # what other versions of the sources left
}

# The accounts and folders that a program without root expects; the packages that would make them have scripts, which are not run.
skeleton() { # root
  mkdir -p "$1"/{etc,tmp,home/nonroot}
  chmod 1777 "$1/tmp"
  printf '%s\n' 'root:x:0:0:root:/root:/sbin/nologin' 'nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin' >"$1/etc/passwd"
  printf '%s\n' 'root:x:0:' 'nonroot:x:65532:' >"$1/etc/group"
  echo 'hosts: files dns' >"$1/etc/nsswitch.conf"
}
