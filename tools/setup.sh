#!/usr/bin/env bash
# Makes .venv with the locked dependencies: `tools/setup.sh run|dev [python]`.
set -euo pipefail
cd "$(dirname "$0")/.."
wanted=${1:-run} python=${2:-python3}

command -v "$python" >/dev/null || {
  echo "Python 3.11 or newer is needed: apt-get install python3 python3-venv" >&2; exit 1; }
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "Python 3.11 or newer is needed; $python is $("$python" -V). Name another one: make PYTHON=python3.12 …" >&2; exit 1; }
if [ ! -x .venv/bin/pip ]; then
  echo "Making the virtual environment .venv …"
  "$python" -m venv .venv || { rm -rf .venv; echo "venv is missing: apt-get install python3-venv" >&2; exit 1; }
fi
packages=$(cat "requirements/$wanted.txt" requirements/build.txt | grep -cE '^[a-zA-Z0-9].*==')
echo "Installing $packages locked dependencies ($wanted) …"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
.venv/bin/pip --disable-pip-version-check install --progress-bar off --require-hashes \
  -r "requirements/$wanted.txt" -r requirements/build.txt 2>&1 | tee "$log" | awk -v total="$packages" '
    /^(Collecting|Requirement already satisfied)/ { if (++n % 20 == 0) { print "  " n " of " total " looked up"; fflush() } }
    /^Installing collected/ { print "  installing"; fflush() }' || {
  tail -n 20 "$log" >&2
  echo "The dependencies could not be installed: see above. Is the package index reachable?" >&2
  exit 1
}
.venv/bin/pip --disable-pip-version-check install -q --no-deps --no-build-isolation --editable .
touch ".venv/.$wanted"
[ "$wanted" = run ] || touch .venv/.run
