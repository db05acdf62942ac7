#!/usr/bin/env bash
# kubernetes_test.sh BUILD_DIR PILLION: deploy/kubernetes against the schemas of Kubernetes and of the
# Prometheus operator (npm), its configuration against `pillion check`. Exit code 77: cannot run here.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$1/tests/deploy/npm
pillion=$2

command -v npm >/dev/null || { echo "SKIPPED: apt:npm is missing" && exit 77; }
mkdir -p "$work"
if ! cmp -s "$here/package-lock.json" "$work/node_modules/.installed-for"; then
  cp -- "$here/package.json" "$here/package-lock.json" "$work/"
  if ! (cd "$work" && timeout 300 npm ci --ignore-scripts --no-audit --no-fund --loglevel error \
    </dev/null >npm.log 2>&1); then
    tail -n 15 "$work/npm.log"
    echo "SKIPPED: npm:kubernetes-models cannot be installed (see above)"
    exit 77
  fi
  cp -- "$here/package-lock.json" "$work/node_modules/.installed-for"
fi
cp -- "$here/manifests.mjs" "$work/"
cd "$work"
node manifests.mjs "$here/../../deploy/kubernetes"
"$pillion" check --config pillion.toml
