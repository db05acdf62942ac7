#!/usr/bin/env bash
# apt_install.sh PACKAGE...   (as root)
#
# Installs Debian packages so that nothing they bring runs or is enabled afterwards:
#   - a policy-rc.d that forbids starting services stands while apt works; one that was there before
#     is moved aside and moved back, so that its content, mode and owner stay what they were;
#   - PostgreSQL makes no default cluster;
#   - services that the new packages enabled for the next boot are disabled again.
# All of it is undone at the end, at Ctrl-C, TERM and HUP, and by the next run after a kill -9.
# PILLION_INSTALL_ROOT puts another directory before every path, for the tests.
set -euo pipefail

lib=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/lib/say.sh
. "$lib/say.sh"

root=${PILLION_INSTALL_ROOT:-}
policy=$root/usr/sbin/policy-rc.d
policy_aside=$root/usr/sbin/policy-rc.d.aside-for-pillion
cluster_conf=$root/etc/postgresql-common/createcluster.d/pillion-no-cluster.conf
policy_mark='# Pillion: written by apt_install.sh, gone when it ends.'
work=
forbidding=0

export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 NEEDRESTART_SUSPEND=1
apt_options=(-o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 -o Acquire::Retries=3)

forbid_services() {
  forbidding=1
  restore_services  # a run that was killed may have left its traces
  mkdir -p "$(dirname "$policy")" "$(dirname "$cluster_conf")"
  if [ -e "$policy" ] || [ -L "$policy" ]; then mv -T -- "$policy" "$policy_aside"; fi
  printf '#!/bin/sh\n%s\nexit 101\n' "$policy_mark" >"$policy.new"
  chmod 755 "$policy.new"
  mv -T -- "$policy.new" "$policy"
  printf 'create_main_cluster = false\n' >"$cluster_conf"
}

restore_services() {
  rm -f -- "$policy.new" "$cluster_conf"
  # Ours goes; one that somebody else put there meanwhile stays.
  if [ -f "$policy" ] && grep -qxF "$policy_mark" "$policy"; then rm -f -- "$policy"; fi
  if [ -e "$policy_aside" ] || [ -L "$policy_aside" ]; then mv -T -- "$policy_aside" "$policy"; fi
  rmdir -- "$(dirname "$cluster_conf")" "$(dirname "$(dirname "$cluster_conf")")" 2>/dev/null || true
}

# What would start at the next boot, one link per line.
enabled_links() {
  {
    # A directory that is not there holds no link.
    find "$root/etc/systemd/system" -type l -path '*.wants/*' 2>/dev/null || true
    find "$root"/etc/rc[2-5].d -name 'S*' 2>/dev/null || true
  } | sort
}

# disable_new BEFORE: turns off what is enabled now and was not in the file BEFORE. The parts of
# the init system itself are left alone, should they be new on this machine.
disable_new() {
  local link name file names=()
  while read -r link; do
    # A link may be gone already: update-rc.d turns off the unit of that name as well.
    [ -L "$link" ] || continue
    name=${link##*/}
    case $link in
      */rc?.d/*)
        name=${name#S[0-9][0-9]}
        case $name in dbus | udev | procps | kmod) continue ;; esac
        update-rc.d "$name" disable >/dev/null 2>&1 || true
        ;;
      *)
        file=$(readlink -- "$link")
        case $(dpkg-query -S "*${file#/lib}" 2>/dev/null) in systemd* | udev* | dbus*) continue ;; esac
        deb-systemd-helper disable "$name" >/dev/null 2>&1 || true
        ;;
    esac
    rm -f -- "$link"
    names+=("${name%.service}")
  done < <(enabled_links | comm -13 "$1" -)
  if [ ${#names[@]} -gt 0 ]; then note "not enabled: ${names[*]}"; fi
}

# plan: what apt would add, as it says it itself; fails when apt knows no such package.
plan() {
  local text added
  text=$(apt-get "${apt_options[@]}" install --no-install-recommends --assume-no "$@" 2>&1) || true
  added=$(sed -n '/^The following NEW packages/,/^[^ ]/{/^  /p}' <<<"$text" | tr -s ' \n' ' ')
  if [ -z "$added" ]; then
    printf '%s\n' "$text" >"$work/plan"
    return 1
  fi
  added_count=$(wc -w <<<"$added")
  say "apt adds $added_count packages:"
  fold -s -w 92 <<<"${added# }" | sed 's/^/    /; s/ *$//'
  sed -n 's/^\(Need to get .*\)$/    \1/p; s/^\(After this .*\)$/    \1/p' <<<"$text"
}

update_lists() {
  say "apt-get update"
  apt-get "${apt_options[@]}" -q update >"$work/update" 2>&1 || { tail -n 15 "$work/update" >&2; return 1; }
}

# A line now and then instead of thousands; the whole of it only when it fails.
install_now() {
  apt-get "${apt_options[@]}" -q -y install --no-install-recommends "$@" 2>&1 </dev/null |
    tee "$work/install" |
    awk -v all="$added_count" '
      function line(what, n) { printf "    %s %d of %d\n", what, n, all; fflush() }
      /^Get:/        { if (++got % 25 == 0) line("fetched", got) }
      /^Unpacking /  { if (++unpacked % 50 == 0) line("unpacked", unpacked) }
      /^Setting up / { if (++set_up % 50 == 0) line("set up", set_up) }'
}

main() {
  [ $# -gt 0 ] || die 2 "usage: apt_install.sh PACKAGE..."
  [ "$(id -u)" -eq 0 ] || [ -n "$root" ] || die 2 "needs root"
  work=$(mktemp -d)
  mkdir -p "$root/run/lock"
  exec 9>"$root/run/lock/pillion-apt-install"
  flock 9  # two runs at once would restore each other's policy

  local added_count=0
  plan "$@" || { update_lists && plan "$@"; } || {
    tail -n 15 "$work/plan" >&2
    die 1 "apt cannot install these packages (they are those of Debian 12)"
  }
  enabled_links >"$work/enabled"
  forbid_services
  say "installing; services stay off, PostgreSQL makes no cluster"
  if ! { install_now "$@" || { update_lists && install_now "$@"; }; } 9>&-; then
    tail -n 40 "$work/install" >&2
    die 1 "apt failed, its last lines are above"
  fi
  disable_new "$work/enabled"
  say "installed $added_count packages"
}

at_exit() {
  if [ "$forbidding" = 1 ]; then restore_services; fi
  if [ -n "$work" ]; then rm -rf -- "$work"; fi
}

trap at_exit EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
main "$@"
