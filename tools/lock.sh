#!/usr/bin/env bash
# Renews requirements/*.txt: every version with its hashes, no address. Needs uv on the PATH.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v uv >/dev/null || { echo "uv is needed: pip install uv" >&2; exit 1; }
export UV_CUSTOM_COMPILE_COMMAND="make lock"
compile() { uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-emit-find-links --python-version 3.11 "$@"; }
compile pyproject.toml --extra postgresql --extra cel -o requirements/run.txt
compile pyproject.toml --group dev -c requirements/run.txt -o requirements/dev.txt
printf 'hatchling>=1.27,<2\neditables>=0.5\n' | compile - -c requirements/dev.txt -o requirements/build.txt
