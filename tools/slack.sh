#!/usr/bin/env bash
# Installs the local Slack (an emulator for development) from npm, once.
set -euo pipefail
cd "$(dirname "$0")/../slack/local"
stamp=node_modules/.installed
[ "$stamp" -nt package-lock.json ] && exit 0
command -v npm >/dev/null || { echo "Node 20 with npm is needed for the local Slack: apt-get install nodejs npm" >&2; exit 1; }
echo "Installing the local Slack …"
npm ci --no-audit --no-fund --loglevel=error
touch "$stamp"
