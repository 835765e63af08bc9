# shellcheck shell=bash
# CMake, and the commands that only build and run one thing.

JOBS=$(nproc)

# Words put before the commands of a preset. The sanitizers of GCC 12 and clang 14 do not start reliably where the kernel
# scatters addresses over more than 28 bits, so they run without that; where this is forbidden they have to try.
plain_addresses() {
  if [[ $1 =~ ^(asan|tsan|fuzz)$ ]] && setarch "$(uname -m)" -R true 2>/dev/null; then printf '%s\n' setarch "$(uname -m)" -R; fi
}

# build_preset PRESET [TARGET…]: configures and builds; without targets everything.
build_preset() {
  local preset=$1 targets=() options=() before
  mapfile -t before < <(plain_addresses "$preset")
  shift
  if [ $# -gt 0 ]; then targets=(--target "$@"); fi
  # What serves the pages to tests needs them; they lie in web/dist for all.
  if [[ $preset =~ ^(release|asan|tsan)$ ]] && [ -e web/package.json ]; then
    need_node || return
    options=("-DWF_NODE=$(command -v node)" "-DWF_NPM=$(command -v npm)")
  fi
  cmake --preset "$preset" "${options[@]}" --log-level=WARNING &&
    "${before[@]}" cmake --build --preset "$preset" -j "$JOBS" "${targets[@]}"
}

# The benchmarks there are: scripts bench/NAME/run, and binaries bench_NAME of the bench preset.
bench_names() {
  find bench -mindepth 2 -maxdepth 2 -name run -printf '%h\n' 2>/dev/null | sed 's,^bench/,,'
  find build/bench/bin -name 'bench_*' -executable -printf '%f\n' 2>/dev/null | sed 's/^bench_//'
}

# cmd_bench [--list | NAME… [--OPTION…]]: options go to the last named one.
cmd_bench() {
  need_packages build bench
  build_preset bench
  local names=() name options=()
  if [ "${1:-}" = --list ]; then
    bench_names
    return
  fi
  while [ $# -gt 0 ] && [[ $1 != -* ]]; do
    names+=("$1")
    shift
  done
  options=("$@")
  if [ ${#names[@]} -eq 0 ]; then mapfile -t names < <(bench_names); fi
  for name in "${names[@]}"; do
    say "bench $name"
    if [ -x "bench/$name/run" ]; then
      # What is compared is what is shipped.
      build_preset release waveforge wfload fault_capacity
      "bench/$name/run" "${options[@]}"
    elif [ -x "build/bench/bin/bench_$name" ]; then
      "build/bench/bin/bench_$name" "${options[@]}"
    else
      die "there is no benchmark '$name' (./dev bench --list)"
    fi
  done
}

check_format() { cpp_files | xargs -0 -r clang-format --dry-run --Werror; }

run_lint() {
  need_packages build lint
  shell_files | xargs -0 -r shellcheck
  # A build tree of its own: clang reads neither GCC's options nor its precompiled headers.
  cmake --preset dev -B build/lint --log-level=WARNING -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON
  run-clang-tidy-14 -quiet -p build/lint -j "$JOBS" "$ROOT/(src|tools)/.*\\.cpp"
}
