# shellcheck shell=bash
# Histories of the simulated world, without the rest of the tests.

# cmd_sim [--seeds N] [--from S] [--seconds T] [OPTION…]: options go to wfsim (--help tells them).
cmd_sim() {
  need_packages build test
  build_preset release wfsim
  build/release/bin/wfsim --jobs "$JOBS" "$@"
}
