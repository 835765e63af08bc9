# shellcheck shell=bash
# The long campaigns: tests labelled `soak`, named soak.NAME, and those of the pages in a browser.

soak_names() {
  ctest --test-dir build/release -N -L '^soak$' | sed -n 's/.*: soak\.//p'
  if [ -d web/test/chaos ]; then printf '%s\n' browser_kills browser_server_kills browser_stalls browser_lifetime browser_long; fi
}

# cmd_soak [--list | NAME…]: every campaign runs, whatever became of the one before; they print while they run.
cmd_soak() {
  need_packages build test
  local all names name failed=() targets=()
  # The pages' campaigns need the server alone.
  if [ $# -gt 0 ] && ! printf '%s\n' "$@" | grep -qv '^browser_'; then targets=(waveforge); fi
  build_preset release "${targets[@]}"
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
  if [[ $1 == browser_* ]]; then need_packages browser || return; fi
  case $1 in
    browser_kills) WF_RUNS=${WF_RUNS:-20} playwright chaos --reporter=list test/chaos/browser-kill ;;
    browser_server_kills) WF_RUNS=${WF_RUNS:-10} WF_STOPS=${WF_STOPS:-10} playwright e2e chaos --reporter=list test/chaos/server-kill test/e2e/worker ;;
    browser_stalls)
      WF_STALL_SECONDS=${WF_STALL_SECONDS:-120} WF_RECORD_SECONDS=${WF_RECORD_SECONDS:-180} playwright e2e --reporter=list test/e2e/stall test/e2e/recording
      ;;
    browser_lifetime) WF_MINUTES=${WF_MINUTES:-10} playwright chaos --reporter=list test/chaos/lifetime test/chaos/mutations ;;
    browser_long)
      WF_HOURS=${WF_HOURS:-4} WF_BLOB=${WF_BLOB:-364088} WF_CPU_SECONDS=${WF_CPU_SECONDS:-60} playwright chaos --reporter=list test/chaos/long-session
      ;;
    *) ctest --test-dir build/release -L '^soak$' -R "^soak\\.${1//./\\.}\$" --verbose --no-tests=error </dev/null ;;
  esac
}
