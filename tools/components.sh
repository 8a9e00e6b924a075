#!/usr/bin/env bash
# Everything real that the tests use: libraries, local Slack, API server, etcd, Helm, Kustomize, PostgreSQL, Chromium, veraPDF.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/libraries.sh
tools/slack.sh
tools/debian.sh
.venv/bin/python tests/kubernetes/build.py
