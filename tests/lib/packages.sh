# shellcheck shell=bash
# Which Debian packages are needed, which are missing, and how they get here. Sourced after say.sh.
# The list is tests/packages.txt; the work that needs root is done by apt_install.sh.

packages_lib=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
packages_list=${PILLION_PACKAGES:-$packages_lib/../packages.txt}

# missing_packages GROUP...: those of the groups that are not here, one per line.
missing_packages() {
  local group package command rest wanted seen=' '
  for wanted in "$@"; do
    while read -r group package command rest; do
      [ "$group" = "$wanted" ] || continue
      case $seen in *" $package "*) continue ;; esac
      seen+="$package "
      if [ "$command" != - ] && command -v "$command" >/dev/null; then continue; fi
      if package_is_installed "$package"; then continue; fi
      echo "$package"
    done < <(sed 's/#.*//' "$packages_list")
  done
}

package_is_installed() {
  # shellcheck disable=SC2016  # the format is dpkg's
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# ensure_packages GROUP...: installs what is missing, or says why it cannot (and returns 1).
# With PILLION_NO_INSTALL=1 it only says what is missing.
ensure_packages() {
  if ! command -v dpkg-query >/dev/null; then
    warn "This is no Debian: the packages of tests/packages.txt are taken for granted."
    return 0
  fi
  local missing
  mapfile -t missing < <(missing_packages "$@")
  if [ ${#missing[@]} -eq 0 ]; then return 0; fi
  say "Debian packages that are missing: ${missing[*]}"
  if [ "${PILLION_NO_INSTALL:-0}" = 1 ]; then
    warn "Nothing is installed, as you asked. By hand:"
    warn "  apt-get install --no-install-recommends ${missing[*]}"
    return 1
  fi
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      warn "I am neither root nor is there sudo. As root:"
      warn "  apt-get install --no-install-recommends ${missing[*]}"
      return 1
    fi
    note "sudo may ask for your password; it runs ${packages_lib##*/}/apt_install.sh and nothing else"
    as_root=(sudo --)
  fi
  "${as_root[@]}" bash "$packages_lib/apt_install.sh" "${missing[@]}" </dev/null || return 1
  mapfile -t missing < <(missing_packages "$@")
  if [ ${#missing[@]} -gt 0 ]; then
    warn "Still missing after the installation: ${missing[*]}"
    return 1
  fi
}
