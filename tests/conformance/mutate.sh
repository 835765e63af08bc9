#!/usr/bin/env bash
# Breaks one rule at a time in a copy of the sources (mutations.txt), builds the server, and expects the named case to fail.
#
#     tests/conformance/mutate.sh [BUILD_DIR]     BUILD_DIR has a built conformance_tests; default build/release
#
# It is the campaign `./dev soak mutations`.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "$root" && cd "${1:-build/release}" && pwd)
copy=$build/mutants
runner=$build/bin/conformance_tests
[[ -x $runner ]] || { echo "build conformance_tests first: cmake --build $build --target conformance_tests" >&2; exit 2; }

rm -rf "$copy"
mkdir -p "$copy/tree"
(cd "$root" && git ls-files -z CMakeLists.txt CMakePresets.json include src tools web bench |
  xargs -0 cp --parents -t "$copy/tree")
mkdir -p "$copy/tree/tests"
: >"$copy/tree/tests/CMakeLists.txt"
if [[ -d $root/web/dist ]]; then cp -r "$root/web/dist" "$copy/tree/web/dist"; fi
# The release preset, so that a compiler cache knows all but the broken file.
(cd "$copy/tree" && cmake --preset release -B "$copy/build" && cmake --build "$copy/build" --target waveforge) >"$copy/log" 2>&1 || {
  cat "$copy/log"
  exit 2
}

survived=0
count=0
check() {
  local what=$1 file=$2 from=$3 to=$4 shown_by=$5
  local original mutant
  original=$(< "$root/$file")
  if [[ $original != *"$from"* ]]; then
    echo "STALE     $what: $file no longer has: $from"
    survived=$((survived + 1))
    return
  fi
  mutant=${original/"$from"/"$to"}
  printf '%s\n' "$mutant" > "$copy/tree/$file"
  count=$((count + 1))
  if ! cmake --build "$copy/build" --target waveforge > "$copy/log" 2>&1; then
    echo "compiler  $what"
  elif WF_CONFORMANCE_STEP=64 WF_SERVER_BIN=$copy/build/bin/waveforge "$runner" --gtest_filter="$shown_by" --gtest_fail_fast > "$copy/log" 2>&1; then
    echo "SURVIVED  $what: $shown_by passes"
    survived=$((survived + 1))
  elif grep -q "FAILED  . $shown_by" "$copy/log"; then
    echo "noticed   $what: $shown_by"
  else
    echo "UNCLEAR   $what: $shown_by did not run, see $copy/log"
    survived=$((survived + 1))
  fi
  cp "$root/$file" "$copy/tree/$file"
}

what='' file='' from='' to=''
while IFS= read -r line; do
  case $line in
    '#'* | '') ;;
    'in '*) file=${line#in } ;;
    '-'*) from=${line#-} ;;
    '+'*) to=${line#+} ;;
    'shown by '*) check "$what" "$file" "$from" "$to" "${line#shown by }" ;;
    *) what=$line ;;
  esac
done < "$root/tests/conformance/mutations.txt"
echo "$count rules broken, $survived unnoticed"
[[ $survived -eq 0 ]]
