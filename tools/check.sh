#!/usr/bin/env bash
# Formatting, lint, strict types, layers: everything but the tests.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH"
ruff format --quiet --check . >/dev/null || { ruff format --check . | tail -n 5 >&2; echo "Run: make format" >&2; exit 1; }
ruff check --quiet --output-format concise .
mypy
lint-imports --no-cache >/dev/null || { lint-imports --no-cache; exit 1; }
