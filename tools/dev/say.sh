# shellcheck shell=bash
# Words to the person at the terminal, and small questions about the machine.

say() { printf '==> %s\n' "$*"; }
die() {
  printf 'dev: %s\n' "$*" >&2
  exit 2
}

# Runs a command as root: directly, or through sudo.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  else
    sudo -- "$@"
  fi
}
can_be_root() { [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null; }

# Succeeds when version $1 is at least $2 (numbers separated by dots).
version_at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

# In these files steps that depend on each other are chained (`&&`, `|| return`): bash forgets `set -e` inside
# everything whose status is asked for, and the test suites ask.

# All files of the project below the given places that match the find expression after `--`, NUL-separated.
# Not git: a copy without history, or a clone owned by somebody else, is built and checked all the same.
project_files() {
  local places=()
  while [ "$1" != -- ]; do
    if [ -e "$1" ]; then places+=("$1"); fi
    shift
  done
  shift
  if [ ${#places[@]} -eq 0 ]; then return; fi
  find "${places[@]}" \( -name node_modules -o -name build -o -name dist -o -name .git \) -prune -o \
    -type f \( "$@" \) -print0 | sort -z
}

cpp_files() { project_files include src tests tools bench -- -name '*.cpp' -o -name '*.hpp'; }
shell_files() { project_files dev .ci tools tests bench -- -name '*.sh' -o -name dev -o -path .ci/run; }
