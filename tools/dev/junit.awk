# Reads JUnit reports as ctest, vitest and Playwright write them. Prints one line a test that did not pass,
# `failed <TAB> name` or `skipped <TAB> name <TAB> reason`, `flaky <TAB> name <TAB> message` for one that passed at its second
# chance, and last `counts <TAB> passed <TAB> failed <TAB> skipped`.
# After a failed one come a few lines `detail <TAB> text` of what it said: where only the end of a long log is kept, that is all there is.
# A test that could not be started (ctest calls that skipped too) has failed.
BEGIN { RS = "<"; FS = "\n"; DETAIL_LINES = 8 }

function attribute(name,    at, rest) {
  at = match($0, "[ \t\n]" name "=\"[^\"]*\"")
  if (!at) return ""
  rest = substr($0, RSTART, RLENGTH)
  sub(/^[^"]*"/, "", rest)
  sub(/"$/, "", rest)
  return plain(rest)
}

function plain(text) {
  gsub(/[\t\r\n]+/, " ", text)
  gsub(/&lt;/, "<", text)
  gsub(/&gt;/, ">", text)
  gsub(/&quot;/, "\"", text)
  gsub(/&apos;|&#39;/, "'", text)
  gsub(/&amp;/, "\\&", text)
  return text
}

function text_of_element(    text) {
  text = $0
  sub(/^[^>]*>/, "", text)
  return text
}

# GoogleTest prints "file:line: Skipped" and the reason on the line after it; a script its reason alone.
function reason_in_output(    line) {
  for (line = 1; line < NF; line++) {
    if ($line ~ /: Skipped$/) return plain($(line + 1))
  }
  line = $0
  sub(/^[^>]*>/, "", line)
  split(line, lines, "\n")
  return plain(lines[1])
}

# What a failure says, quoted or escaped; what ctest kept of the output only where the failure itself says nothing.
function add_detail(text,    line, n, i) {
  n = split(text, line, "\n")
  for (i = 1; i <= n; i++) {
    gsub(/\033\[[0-9;]*m/, "", line[i])
    if (line[i] ~ /[^ \t\r]/) detail[++details] = plain(line[i])
  }
}

# GoogleTest names the place of an expectation before it says what was wrong.
function print_detail(    from, i) {
  for (from = 1; from < details; from++) if (detail[from] ~ /: Failure$/) break
  if (from >= details) from = 1
  for (i = from; i <= details && i < from + DETAIL_LINES; i++) print "detail\t" detail[i]
}

function finish() {
  if (verdict == "") return
  ++count[verdict]
  if (verdict == "failed") {
    print "failed\t" name
    print_detail()
  }
  if (verdict == "skipped") print "skipped\t" name "\t" reason
  if (verdict == "passed" && flaky) print "flaky\t" name "\t" first_message
  verdict = ""
}

# What a test printed may look like a report.
/^!\[CDATA\[/ {
  quoted = 1
  quotation = ""
}
quoted {
  quotation = quotation "<" $0
  if (!/\]\]>/) next
  quoted = 0
  sub(/^<!\[CDATA\[/, "", quotation)
  sub(/\]\]>.*$/, "", quotation)
  if (failing) add_detail(quotation)
  next
}

/^testcase[ \t\n]/ {
  finish()
  name = attribute("name")
  status = attribute("status")
  verdict = "passed"
  reason = ""
  details = failing = flaky = 0
  if (status == "disabled") {
    verdict = "skipped"
    reason = "disabled"
  }
}

/^(failure|error)[ \t\n\/>]/ {
  if (verdict != "") verdict = "failed"
  failing = 1
  add_detail(text_of_element())
}

/^\/(failure|error)>/ { failing = 0 }

/^flaky(Failure|Error)[ \t\n\/>]/ {
  flaky = 1
  first_message = attribute("message")
}

/^skipped[ \t\n\/>]/ {
  reason = attribute("message")
  if (verdict != "passed") next
  verdict = status == "notrun" && reason !~ /^SKIP_/ ? "failed" : "skipped"
}

/^system-out[ \t\n>]/ {
  failing = 0
  if (verdict == "skipped" && reason ~ /^SKIP_/) reason = reason_in_output()
  if (verdict == "failed" && !details) add_detail(text_of_element())
}

/^\/testsuites?>/ { finish() }

END {
  finish()
  printf "counts\t%d\t%d\t%d\n", count["passed"], count["failed"], count["skipped"]
}
