# shellcheck shell=bash
# Debian packages: one list (packages.txt), installed once, nothing done when all are there.

# Names of the packages of the given groups.
packages_of() {
  local group
  for group in "$@"; do
    awk -v group="$group" '$1 == group { print $2 }' "$ROOT/tools/dev/packages.txt"
  done | sort -u
}

# Of the packages on stdin, those that are not installed.
missing_packages() {
  local wanted
  mapfile -t wanted
  if [ ${#wanted[@]} -eq 0 ]; then return; fi
  local installed
  # dpkg-query fails when it does not know a name; what it does know it still prints.
  installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null || true)
  printf '%s\n' "${wanted[@]}" | grep -vxF -f <(awk '$1 == "installed" { print $2 }' <<<"$installed") || true
}

# Installs what is missing of the given groups, and says so first.
need_packages() {
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    say "not a Debian system: nothing is installed, the packages of tools/dev/packages.txt ($*) must be there"
    return
  fi
  local missing
  mapfile -t missing < <(packages_of "$@" | missing_packages)
  if [ ${#missing[@]} -eq 0 ]; then return; fi
  can_be_root || die "packages are missing and there is no sudo; as root: apt-get install ${missing[*]}"
  say "installing Debian packages: ${missing[*]}"
  local apt_get=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300)
  as_root "${apt_get[@]}" update </dev/null &&
    as_root "${apt_get[@]}" install -y --no-install-recommends "${missing[@]}" </dev/null
}
