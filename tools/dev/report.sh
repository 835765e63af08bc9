# shellcheck shell=bash
# What the suites said: collected one by one, printed at the end.

suite_lines=()
total_passed=0 total_failed=0 total_skipped=0
not_passed=()

# record SUITE SECONDS PASSED FAILED SKIPPED
record() {
  suite_lines+=("$(printf '%-14s %5d s   %5d passed  %3d failed  %3d skipped' "$1" "$2" "$3" "$4" "$5")")
  total_passed=$((total_passed + $3))
  total_failed=$((total_failed + $4))
  total_skipped=$((total_skipped + $5))
}

# record_check SUITE SECONDS STATUS: a suite that is one command.
record_check() {
  if [ "$3" -eq 0 ]; then
    record "$1" "$2" 1 0 0
  else
    record "$1" "$2" 0 1 0
    not_passed+=("failed   $1")
  fi
}

# record_report SUITE SECONDS STATUS FILE: a suite that wrote a JUnit report. A suite that ended badly without a
# failure in its report (a crash, no report at all, no test found) has failed once.
record_report() {
  local suite=$1 seconds=$2 status=$3 file=$4 kind name reason
  local passed=0 failed=0 skipped=0
  if [ -s "$file" ]; then
    while IFS=$'\t' read -r kind name reason; do
      case $kind in
        failed) not_passed+=("failed   $suite: $name") ;;
        detail) not_passed+=("           $name") ;;
        skipped) not_passed+=("skipped  $suite: $name${reason:+ ($reason)}") ;;
        flaky) not_passed+=("flaky    $suite: $name${reason:+ ($reason)}") ;;
        counts) IFS=$'\t' read -r passed failed skipped <<<"$name	$reason" ;;
      esac
    done < <(awk -f "$ROOT/tools/dev/junit.awk" "$file")
  fi
  if [ "$failed" -eq 0 ] && { [ "$status" -ne 0 ] || [ $((passed + skipped)) -eq 0 ]; }; then
    failed=1
    not_passed+=("failed   $suite: ended with status $status and reported $passed passed, $skipped skipped")
  fi
  record "$suite" "$seconds" "$passed" "$failed" "$skipped"
}

# Prints everything recorded; the last line is the sum. Fails when anything failed.
print_report() {
  printf '\n'
  if [ ${#not_passed[@]} -gt 0 ]; then printf '%s\n' "${not_passed[@]}" ''; fi
  printf '%s\n' "${suite_lines[@]}"
  printf '%-14s %5d s\n\n' total "$SECONDS"
  # Once more, short: of a long output the end is what is kept.
  local line
  for line in "${not_passed[@]}"; do
    case $line in failed* | flaky*) printf '%.120s\n' "$line" ;; esac
  done
  printf '%d passed, %d failed, %d skipped\n' "$total_passed" "$total_failed" "$total_skipped"
  [ "$total_failed" -eq 0 ]
}
