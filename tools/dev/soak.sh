# shellcheck shell=bash
# The long campaigns: tests labelled `soak`, named soak.NAME, and the browser's.

soak_names() {
  ctest --test-dir build/release -N -L '^soak$' | sed -n 's/.*: soak\.//p'
  if [ -d web/test/chaos ]; then echo browser; fi
}

# cmd_soak [--list | NAME…]: every campaign runs, whatever became of the one before; they print while they run.
cmd_soak() {
  need_packages build test
  build_preset release
  local all names name failed=()
  mapfile -t all < <(soak_names)
  if [ "${1:-}" = --list ]; then
    printf '%s\n' "${all[@]}"
    return
  fi
  names=("${all[@]}")
  if [ $# -gt 0 ]; then names=("$@"); fi
  for name in "${names[@]}"; do
    printf '%s\n' "${all[@]}" | grep -qxF -- "$name" || die "there is no campaign '$name' (./dev soak --list)"
  done
  for name in "${names[@]}"; do
    say "campaign $name"
    run_campaign "$name" || failed+=("$name")
  done
  printf '%d campaigns, %d failed: %s\n' ${#names[@]} ${#failed[@]} "${failed[*]:-none}"
  [ ${#failed[@]} -eq 0 ]
}

run_campaign() {
  case $1 in
    browser)
      need_packages browser &&
        WF_RUNS=${WF_RUNS:-20} WF_HOURS=${WF_HOURS:-4} WF_MINUTES=${WF_MINUTES:-10} playwright chaos --reporter=list
      ;;
    *) ctest --test-dir build/release -L '^soak$' -R "^soak\\.${1//./\\.}\$" --verbose --no-tests=error </dev/null ;;
  esac
}
