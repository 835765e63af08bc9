# shellcheck shell=bash
# The test suites: which there are, and how each is run. A suite whose sources do not exist is not listed.

# What a sanitizer build does not run: what looks at clocks or starts a hundred processes (docs/testing.md).
labels_not_sanitized='^(release_only|soak)$'
seconds_per_test_max=300
REPORTS=$ROOT/build/reports

suite_names() {
  printf '%s\n' format tidy
  if [ -d tests/unit ]; then echo unit; fi
  find tests -mindepth 2 -maxdepth 2 -name CMakeLists.txt -printf '%h\n' | sed 's,^tests/,,' |
    grep -vxE 'support|fuzz' | sort || true
  if [ -e web/package.json ]; then echo web; fi
  if [ -e tests/clients/package.json ]; then echo clients; fi
  if [ -d web/test/e2e ]; then printf '%s\n' acceptance browser; fi
  if [ -d web/test/firefox ]; then echo firefox; fi
  printf '%s\n' asan tsan
  if [ -e tests/fuzz/CMakeLists.txt ]; then echo fuzz; fi
}

# run_tests [--list | SUITE…]
run_tests() {
  local all suite
  mapfile -t all < <(suite_names)
  if [ "${1:-}" = --list ]; then
    printf '%s\n' "${all[@]}"
    return
  fi
  # shellcheck disable=SC2086
  if [ "${1:-}" = sanitizers ]; then set -- $sanitizer_suites; fi
  for suite in "$@"; do
    printf '%s\n' "${all[@]}" | grep -qxF -- "$suite" || die "there is no suite '$suite' (./dev test --list)"
  done
  rm -rf "$REPORTS"
  mkdir -p "$REPORTS"
  SECONDS=0
  need_packages build test
  if [ $# -gt 0 ]; then
    for suite in "$@"; do run_suite "$suite"; done
  else
    run_all_suites "${all[@]}"
  fi
  print_report
}

# What every change must pass; the suites inside the release build are found by their labels, so that none can be
# forgotten. `acceptance` is a part of `browser`. The sanitizers, which build everything anew, come last: whatever they
# find, a plain failure is told first. Fuzzing takes as long as it is given and is asked for by name.
gate_suites='web clients browser firefox asan tsan'
sanitizer_suites='asan tsan fuzz'
run_all_suites() {
  local suite
  run_suite format
  run_release_labels
  for suite in $gate_suites; do
    if printf '%s\n' "$@" | grep -qx "$suite"; then run_suite "$suite"; fi
  done
}

run_suite() {
  local suite=$1 start=$SECONDS status=0
  say "suite $suite"
  case $suite in
    format)
      check_format || status=$?
      record_check format $((SECONDS - start)) $status
      ;;
    web) run_web ;;
    clients) run_clients ;;
    acceptance) run_browser browser acceptance e2e --grep=@acceptance ;;
    browser) run_browser browser browser e2e chaos ;;
    firefox) run_browser firefox firefox firefox ;;
    asan | tsan) run_preset "$suite" ;;
    fuzz)
      need_packages fuzz
      run_preset fuzz
      ;;
    *)
      if release_build; then run_label "$suite"; fi
      ;;
  esac
}

# The release build is made once; when it fails, that is one failure and its suites do not run.
release_state=unknown
release_build() {
  local start=$SECONDS
  if [ $release_state = unknown ]; then
    release_state=good
    build_preset release || release_state=bad
    record_check "build release" $((SECONDS - start)) "$([ $release_state = good ] && echo 0 || echo 1)"
  fi
  [ $release_state = good ]
}

# run_label LABEL [EXCEPT]: the tests of the release build with this label and none matching EXCEPT.
run_label() {
  local label=$1 except=${2:-'^soak$'} start=$SECONDS status=0
  if [ "$label" = tidy ]; then check_scripts; fi
  ctest_run build/release "$REPORTS/$label.xml" -L "^$label\$" -LE "$except" || status=$?
  # How many cases a document has, and how often they were played.
  if [ "$label" = conformance ]; then
    sed -n 's/^\[ document \] //p' build/release/Testing/Temporary/LastTest.log | sort || true
  fi
  record_report "$label" $((SECONDS - start)) $status "$REPORTS/$label.xml"
}

run_release_labels() {
  release_build || return 0
  local label except='^(soak)$' unlabelled
  while read -r label; do
    say "suite $label"
    run_label "$label" "$except"
    except=${except%)\$}"|$label)\$" # a test with two labels runs once
  done < <(ctest --test-dir build/release --print-labels 2>/dev/null | sed -n 's/^  *//p' | grep -vx soak)
  unlabelled=$(ctest --test-dir build/release -N -LE "$except" 2>/dev/null | sed -n 's/^Total Tests: //p')
  if [ "${unlabelled:-0}" -gt 0 ]; then
    local start=$SECONDS status=0
    say "tests without a label"
    ctest_run build/release "$REPORTS/other.xml" -LE "$except" || status=$?
    record_report other $((SECONDS - start)) $status "$REPORTS/other.xml"
  fi
}

# Only the release preset builds the pages, and a server without them has no front page to be tested.
built_pages() {
  [ -f web/dist/index.html ] || (need_web_modules && cd web && npm run --silent build)
}

# A whole preset of its own: build, then what makes sense under a sanitizer.
run_preset() {
  local preset=$1 start=$SECONDS status=0
  if ! built_pages || ! build_preset "$preset"; then
    record_check "$preset" $((SECONDS - start)) 1
    return
  fi
  ctest_run "build/$preset" "$REPORTS/$preset.xml" -LE "$labels_not_sanitized" || status=$?
  record_report "$preset" $((SECONDS - start)) $status "$REPORTS/$preset.xml"
}

# ctest_run TREE REPORT [SELECTION…]
ctest_run() {
  local tree=$1 report=$2 before suppressions='' status=0
  shift 2
  mapfile -t before < <(plain_addresses "${tree##*/}")
  if [[ $tree == */tsan ]]; then
    # Also for servers that are started as somebody who may not look into this folder.
    suppressions=$(mktemp "${TMPDIR:-/tmp}/waveforge_tsan.XXXXXX")
    install -m 644 tools/dev/tsan.supp "$suppressions"
    before=(env "TSAN_OPTIONS=suppressions=$suppressions" "${before[@]}")
  fi
  "${before[@]}" ctest --test-dir "$tree" --output-on-failure --no-tests=error --timeout $seconds_per_test_max -j "$JOBS" \
    --output-junit "$report" "$@" </dev/null || status=$?
  rm -f "$suppressions"
  return $status
}

check_scripts() {
  local start=$SECONDS status=0
  shell_files | xargs -0 -r shellcheck || status=$?
  record_check scripts $((SECONDS - start)) $status
}

run_web() {
  local start=$SECONDS status=0
  (
    need_web_modules && cd web && npm run --silent check &&
      npx --no-install vitest run --reporter=default --reporter=junit --outputFile.junit="$REPORTS/web.xml" </dev/null
  ) || status=$?
  record_report web $((SECONDS - start)) $status "$REPORTS/web.xml"
}

# Clients other people wrote, in Node and in Chromium, against the release build of the server.
run_clients() {
  need_packages browser
  release_build || return 0
  local start=$SECONDS status=0
  (
    need_modules tests/clients && cd tests/clients &&
      WF_SERVER_BIN="$ROOT/build/release/bin/waveforge" node --test --test-concurrency=1 \
        --test-reporter=spec --test-reporter-destination=stdout \
        --test-reporter=junit --test-reporter-destination="$REPORTS/clients.xml" test/*.test.mjs </dev/null
  ) || status=$?
  record_report clients $((SECONDS - start)) $status "$REPORTS/clients.xml"
}

# run_browser GROUP SUITE PROJECT… [--OPTION…]: projects of web/playwright.config.ts, with a group of packages.
run_browser() {
  local group=$1 suite=$2
  shift 2
  need_packages "$group"
  release_build || return 0
  local start=$SECONDS status=0
  (
    export PLAYWRIGHT_JUNIT_OUTPUT_FILE="$REPORTS/$suite.xml" PLAYWRIGHT_JUNIT_INCLUDE_RETRIES=1
    playwright "$@" --reporter=list,junit
  ) || status=$?
  record_report "$suite" $((SECONDS - start)) $status "$REPORTS/$suite.xml"
}
