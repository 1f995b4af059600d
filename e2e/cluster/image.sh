# Makes images without a container engine. Sourced by cluster.sh.
# shellcheck shell=bash

# debian ROOT PACKAGE...: unpack Debian packages, without their dependencies and without running their scripts. What they are is
# written down where scanners look for it in images without dpkg: /var/lib/dpkg/status.d and /etc/os-release.
debian() {
  (($# >= 2)) || usage
  local root packages p known package; root=$(realpath "$1"); shift
  need apt-get apt; need dpkg-deb dpkg
  packages=$(mktemp -d); chmod 755 "$packages" # apt's own user writes here
  if ! (cd "$packages" && apt-get download -q "$@" >log 2>&1); then
    # The package lists may be absent, or name versions that are gone.
    if ((EUID == 0)); then apt-get update -q >"$packages/log" 2>&1 || true; fi
    (cd "$packages" && apt-get download -q "$@" >log 2>&1) || {
      local reason; reason=$(grep '^E:' "$packages/log" | head -1 || true)
      rm -rf "$packages"
      fail "the Debian packages $* cannot be downloaded (${reason:-no reason given}); run 'apt-get update' as root and try again"
    }
  fi
  # In newer releases /lib and its kind are links; a folder of links is right for the packages of older ones as well.
  mkdir -p "$root/etc"
  for p in bin sbin lib lib64; do
    [[ -e $root/$p || -L $root/$p ]] || { mkdir -p "$root/usr/$p" && ln -s "usr/$p" "$root/$p"; }
  done
  for p in "$packages"/*.deb; do
    dpkg-deb --fsys-tarfile "$p" | tar -C "$root" -x --no-same-owner --keep-directory-symlink
  done
  known=$root/var/lib/dpkg/status.d
  mkdir -p "$known"
  for p in "$packages"/*.deb; do
    package=$(dpkg-deb --field "$p" Package)
    dpkg-deb --field "$p" >"$known/$package"
    dpkg-deb --ctrl-tarfile "$p" | tar -x -O ./md5sums >"$known/$package.md5sums"
  done
  cp /etc/os-release "$root/etc/os-release"
  [[ ! -f /etc/debian_version ]] || cp /etc/debian_version "$root/etc/debian_version"
  rm -rf "$packages" "$root"/usr/share/{doc,man,locale,lintian}
}

json() { # a string as JSON
  local s=${1//\\/\\\\}
  printf '"%s"' "${s//\"/\\\"}"
}

json_list() {
  local comma='' s
  for s in "$@"; do printf '%s%s' "$comma" "$(json "$s")"; comma=,; done
}

# image [--layer ROOT]... [--env K=V]... [--user UID[:GID]] [--dir PATH] ROOT NAME OUT.tar COMMAND...
# A docker-archive with one layer a folder, the lowest first. The same folders give the same bytes: times and owners are dropped.
image() {
  local layers=() env=() user='' dir=/ out t root name digest digests=() files=()
  while [[ ${1:-} == --* ]]; do
    case $1 in
      --layer) layers+=("$2") ;;
      --env) env+=("$2") ;;
      --user) user=$2 ;;
      --dir) dir=$2 ;;
      *) usage ;;
    esac
    shift 2
  done
  (($# >= 3)) || usage
  layers+=("$1"); name=$2; out=$(realpath "$3"); shift 3
  t=$(mktemp -d "$out.XXXXXX") # beside the result, so that the last step is a rename
  for root in "${layers[@]}"; do
    tar -C "$root" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --format=gnu -cf "$t/layer" .
    digest=$(sha256sum "$t/layer" | cut -d' ' -f1)
    mv "$t/layer" "$t/$digest.tar"
    digests+=("sha256:$digest"); files+=("$digest.tar")
  done
  printf '{"architecture":"%s","os":"linux","config":{"Entrypoint":[%s],"Env":[%s],"User":%s,"WorkingDir":%s},"rootfs":{"type":"layers","diff_ids":[%s]}}' \
    "$(architecture)" "$(json_list "$@")" "$(json_list PATH=/usr/local/bin:/usr/bin:/bin "${env[@]}")" "$(json "$user")" "$(json "$dir")" \
    "$(json_list "${digests[@]}")" >"$t/config.json"
  printf '[{"Config":"config.json","RepoTags":[%s],"Layers":[%s]}]' "$(json "$name")" "$(json_list "${files[@]}")" >"$t/manifest.json"
  tar -C "$t" --mtime=@0 --owner=0 --group=0 --numeric-owner -cf "$t/image" config.json manifest.json $(printf '%s\n' "${files[@]}" | sort -u)
  mv -fT "$t/image" "$out"
  rm -rf "$t"
}

architecture() { # as Go and image configurations name it
  case $(uname -m) in
    x86_64) echo amd64 ;;
    aarch64) echo arm64 ;;
    *) uname -m ;;
  esac
}
