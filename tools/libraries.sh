#!/usr/bin/env bash
# The system libraries that WeasyPrint draws with: installed when that is allowed, else named in one line.
set -euo pipefail
cd "$(dirname "$0")/.."
packages=(libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0)
.venv/bin/python -c 'import weasyprint' >/dev/null 2>&1 && exit 0

as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo -n)
if command -v apt-get >/dev/null && { [ ${#as_root[@]} = 0 ] || sudo -n true 2>/dev/null; }; then
  echo "Installing the system libraries that draw the PDF: ${packages[*]} …"
  "${as_root[@]}" apt-get update -qq || true
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
fi
.venv/bin/python -c 'import weasyprint' >/dev/null 2>&1 || {
  echo "The PDF needs system libraries. Debian: apt-get install ${packages[*]} (macOS: brew install pango)" >&2; exit 1; }
