#!/usr/bin/env bash
# image_test.sh: builds the container image of deploy/Dockerfile with podman and runs it as Kubernetes
# would: read-only, without capabilities, as its own user. Needs root, apt and an overlay file system;
# exit code 77 and a line SKIPPED where it cannot run. Takes minutes: a stage of .ci/run, no CTest test.
#
# The base image is made by mmdebstrap from Debian's packages if it cannot be pulled. Everything is
# kept under build/image (PILLION_IMAGE_DIR names another place); nothing of podman elsewhere changes.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=tests/lib/say.sh
. "$root/tests/lib/say.sh"

BASE=docker.io/library/debian:bookworm-slim
IMAGE=localhost/pillion:test
IMAGE_MB_MAX=130

skip() { echo "SKIPPED: $*" && exit 77; }

prepare() {
  dir=${PILLION_IMAGE_DIR:-$root/build/image}
  mkdir -p "$dir"
  export CONTAINERS_CONF=$dir/containers.conf CONTAINERS_STORAGE_CONF=$dir/storage.conf
  # runc and low limits work in more places than crun and the defaults do.
  cat >"$CONTAINERS_CONF" <<CONF
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
CONF
  cat >"$CONTAINERS_STORAGE_CONF" <<CONF
[storage]
driver = "overlay"
graphroot = "$dir/storage"
runroot = "$dir/run"
CONF
}

# Without systemd podman complains about syslog and about timers of health checks, which are not used.
podman_quietly() { podman "$@" 2> >(grep -vE 'connect to syslog|systemd connection' >&2); }

base_image() {
  if podman_quietly image exists "$BASE"; then return; fi
  say "base image $BASE"
  if timeout 60 podman pull -q "$BASE" >/dev/null 2>&1; then return; fi
  note "no registry: made of Debian's packages instead"
  command -v mmdebstrap >/dev/null || skip "apt:mmdebstrap is missing"
  mmdebstrap --quiet --variant=minbase --include=usr-is-merged \
    --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-include=/usr/share/doc/*/copyright' --dpkgopt='path-exclude=/usr/share/locale/*' \
    bookworm "$dir/base.tar" || skip "mmdebstrap could not make a base image"
  podman_quietly import --change 'CMD ["bash"]' \
    --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
    "$dir/base.tar" "$BASE" >/dev/null
  rm -f -- "$dir/base.tar"
}

fail() {
  podman_quietly logs "$name" 2>&1 | tail -n 20 || true
  die 1 "$*"
}

main() {
  [ "$(id -u)" -eq 0 ] || skip "needs root"
  local tool
  for tool in podman runc; do
    command -v "$tool" >/dev/null || skip "apt:$tool is missing"
  done
  prepare
  podman_quietly info >/dev/null || skip "podman does not work here (no overlay file system?)"
  base_image
  podman_quietly run --rm --network none "$BASE" true || skip "containers cannot run here"

  say "podman build"
  podman_quietly build --format docker --isolation chroot --network host --pull=never \
    -f "$root/deploy/Dockerfile" -t "$IMAGE" "$root"

  say "what the image is like"
  local megabytes
  megabytes=$(($(podman_quietly image inspect --format '{{.Size}}' "$IMAGE") / 1000000))
  note "$megabytes MB"
  [ "$megabytes" -le "$IMAGE_MB_MAX" ] || die 1 "the image has $megabytes MB, at most $IMAGE_MB_MAX"
  [ "$(podman_quietly image inspect --format '{{.Config.User}}' "$IMAGE")" = 65532:65532 ] ||
    die 1 "the image's user is not 65532:65532"

  say "running it, read-only and without capabilities"
  name=pillion-image-test-$$
  trap 'podman rm -f "$name" >/dev/null 2>&1 || true' EXIT
  podman_quietly run -d --name "$name" --network none --read-only --cap-drop ALL \
    --security-opt no-new-privileges --memory 64m --pids-limit 50 "$IMAGE" \
    --exporter redis=127.0.0.1:6379 --exporter 'postgres=host=127.0.0.1 user=monitor' >/dev/null
  local deadline=$((SECONDS + 30))
  until podman_quietly exec "$name" /usr/bin/pillion health; do
    [ "$SECONDS" -lt "$deadline" ] || fail "not healthy after 30 s"
    sleep 0.2
  done
  podman_quietly stop -t 20 "$name" >/dev/null
  local code
  code=$(podman_quietly inspect --format '{{.State.ExitCode}}' "$name")
  [ "$code" = 0 ] || fail "exit code $code after SIGTERM, wanted 0"
  say "the image is fine: built, $megabytes MB, healthy, ends with 0"
}

name=
main "$@"
