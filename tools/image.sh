#!/usr/bin/env bash
# Builds the container image without a container engine: `tools/image.sh [archive.tar]`.
#
# The base image is made by mmdebstrap from Debian's own packages and imported under the name that the Dockerfile
# starts from, so that the same Dockerfile serves `docker build .` too. What is built is kept, keyed by what it is
# made of, in ${QUARTERDECK_CACHE:-${XDG_CACHE_HOME:-~/.cache}/quarterdeck}/image; the last line names it. With an
# argument the image is also written there as an OCI archive, for `docker load`, `skopeo` or `kind load`.
#
# pip is told what this machine's environment says of its package index (PIP_INDEX_URL, PIP_CERT, …) by build
# secrets, which leave no trace in the image.
set -euo pipefail
cd "$(dirname "$0")/.."
archive=${1:+$(realpath -m "$1")}
cache=${QUARTERDECK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/quarterdeck}/image
suite=bookworm variant=minbase
image=localhost/quarterdeck
export SOURCE_DATE_EPOCH=1767225600 BUILDAH_ISOLATION=chroot

say() { printf '%(%H:%M:%S)T %s\n' -1 "$*" >&2; }
for program in mmdebstrap buildah; do
  command -v "$program" >/dev/null || { echo "$program is needed: apt-get install mmdebstrap buildah (or use docker build .)" >&2; exit 1; }
done
[ "$(id -u)" = 0 ] || exec buildah unshare "$0" "$@"
mkdir -p "$cache"
exec 9>"$cache/.lock"
flock -n 9 || { say "Another build of the image is running; waiting for that one …"; flock 9; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# Builds use the host's network. Saying so keeps buildah from asking which network program was installed when.
printf '[network]\nnetwork_backend = "cni"\n' > "$scratch/containers.conf"
export CONTAINERS_CONF=$scratch/containers.conf
in_store() { local command=$1; shift; buildah --root "$cache/store" --runroot "$cache/run" "$command" "$@"; }

# The base: renewed once a month, for Debian's security updates.
base_key=$suite-$variant-$(dpkg --print-architecture)-$(date +%Y-%m)
base=$cache/base-$base_key.tar
if [ ! -e "$base" ]; then
  say "Making Debian's base system ($base_key) …"
  mmdebstrap --quiet --variant=$variant $suite "$scratch/base.tar"
  rm -f "$cache"/base-*.tar
  mv "$scratch/base.tar" "$base"
fi

# Everything the image is made of, in one piece whatever changes meanwhile, and by content: an unchanged tree is not
# built again.
context=$scratch/context
mkdir "$context"
tar -c --exclude=__pycache__ Dockerfile .dockerignore pyproject.toml requirements README.md LICENSE NOTICE \
  bot checks reports templates | tar -x -C "$context"
key=$( (cd "$context"; find . -type f -exec sha256sum {} + | sort; sha256sum < "$OLDPWD/tools/image.sh"; echo "$base_key") \
  | sha256sum | cut -c1-16)

if ! in_store inspect --type image "$image:$key" >/dev/null 2>&1; then
  if ! in_store inspect --type image "localhost/base:$base_key" >/dev/null 2>&1; then
    say "Importing the base as debian:$suite-slim …"
    container=$(in_store from scratch)
    in_store add --quiet "$container" "$base" /
    in_store commit --quiet --rm "$container" "localhost/base:$base_key" >/dev/null
  fi
  in_store tag "localhost/base:$base_key" "docker.io/library/debian:$suite-slim"

  secrets=()
  authorities=${PIP_CERT:-${SSL_CERT_FILE:-}}
  (umask 077; echo "[global]" > "$scratch/pip.conf")
  if [ -r "$authorities" ]; then
    secrets+=(--secret "id=ca,src=$authorities")
    echo "cert = /run/secrets/ca" >> "$scratch/pip.conf"
  fi
  for name in index-url extra-index-url trusted-host proxy timeout; do
    variable=PIP_$(tr a-z- A-Z_ <<<"$name")
    [ -z "${!variable:-}" ] || echo "$name = ${!variable}" >> "$scratch/pip.conf"
  done
  secrets+=(--secret "id=pip,src=$scratch/pip.conf")

  say "Building the image …"
  in_store rm --all >/dev/null  # what a build that failed or was stopped has left
  build() { in_store bud --quiet --pull=never --layers --timestamp "$SOURCE_DATE_EPOCH" "${secrets[@]}" "$@" "$context" >&2; }
  build --target build --tag localhost/build:newest
  say "Assembling the image …"
  build --tag "$image:$key"
  in_store images --format '{{.Name}}:{{.Tag}}' | while read -r name; do
    case $name in
      "$image:$key" | "localhost/base:$base_key") ;;
      "$image:"* | localhost/base:*) in_store rmi "$name" >/dev/null ;;
    esac
  done
  in_store rmi --prune >/dev/null
fi
if [ -n "$archive" ]; then
  say "Writing $archive …"
  in_store push --quiet "$image:$key" "oci-archive:$archive:quarterdeck"
fi
say "Done: $image:$key in $cache/store"
echo "$cache/store $cache/run $image:$key"
