# Reads JUnit reports as ctest, vitest and Playwright write them. Prints one line a test that did not pass,
# `failed <TAB> name` or `skipped <TAB> name <TAB> reason`, and last `counts <TAB> passed <TAB> failed <TAB> skipped`.
# A test that could not be started (ctest calls that skipped too) has failed.
BEGIN { RS = "<"; FS = "\n" }

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

function finish() {
  if (verdict == "") return
  ++count[verdict]
  if (verdict == "failed") print "failed\t" name
  if (verdict == "skipped") print "skipped\t" name "\t" reason
  verdict = ""
}

# What a test printed may look like a report.
/^!\[CDATA\[/ { quoted = 1 }
quoted {
  if (/\]\]>/) quoted = 0
  next
}

/^testcase[ \t\n]/ {
  finish()
  name = attribute("name")
  status = attribute("status")
  verdict = "passed"
  reason = ""
  if (status == "disabled") {
    verdict = "skipped"
    reason = "disabled"
  }
}

/^(failure|error)[ \t\n\/>]/ { if (verdict != "") verdict = "failed" }

/^skipped[ \t\n\/>]/ {
  reason = attribute("message")
  if (verdict != "passed") next
  verdict = status == "notrun" && reason !~ /^SKIP_/ ? "failed" : "skipped"
}

/^system-out[ \t\n>]/ { if (verdict == "skipped" && reason ~ /^SKIP_/) reason = reason_in_output() }

/^\/testsuites?>/ { finish() }

END {
  finish()
  printf "counts\t%d\t%d\t%d\n", count["passed"], count["failed"], count["skipped"]
}
