#!/usr/bin/env bash
# Debian's programs that the tests use: installed when that is allowed, else named.
set -euo pipefail
declare -A package=([java]=default-jre-headless [mvn]=maven [openssl]=openssl [pdftoppm]=poppler-utils [chromium]=chromium [pg_ctl]=postgresql [buildah]=buildah [mmdebstrap]=mmdebstrap)
missing=()
for program in "${!package[@]}"; do
  command -v "$program" >/dev/null || compgen -G "/usr/lib/postgresql/*/bin/$program" >/dev/null || missing+=("${package[$program]}")
done
[ -e /usr/share/fonts/truetype/noto/NotoColorEmoji.ttf ] || missing+=(fonts-noto-color-emoji)
[ ${#missing[@]} = 0 ] && exit 0
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo -n)
if command -v apt-get >/dev/null && { [ ${#as_root[@]} = 0 ] || sudo -n true 2>/dev/null; }; then
  echo "Installing what the tests use: ${missing[*]} …"
  "${as_root[@]}" apt-get update -qq || true
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
else
  echo "The tests need: apt-get install ${missing[*]}" >&2
  exit 1
fi
