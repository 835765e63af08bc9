#!/usr/bin/env bash
# Proves that junit.awk counts what ctest, vitest and Playwright write the way a person would.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

expect() {
  local what=$1 wanted=$2 got
  got=$(awk -f junit.awk)
  if [ "$got" != "$wanted" ]; then
    printf '%s: wanted\n%s\ngot\n%s\n' "$what" "$wanted" "$got" >&2
    exit 1
  fi
}

expect ctest $'failed\tbad\ndetail\tx.cpp:4: Failure\ndetail\tExpected: a < b\nskipped\tgtest\tneeds kernel <9>\nskipped\tscript\tnot root\nfailed\tabsent\ndetail\tUnable to find executable: x\nfailed\tdependent\nskipped\toff\tdisabled\ncounts\t1\t3\t3' <<'XML'
<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="(empty)"
	tests="7"
	failures="1"
	>
	<testcase name="good" classname="good" time="0.1" status="run">
		<system-out>x.cpp:1: Failure &lt;failure/&gt;
</system-out>
	</testcase>
	<testcase name="bad" classname="bad" time="0.1" status="fail">
		<failure message=""/>
		<system-out>[ RUN      ] bad
x.cpp:4: Failure
Expected: a &lt; b
</system-out>
	</testcase>
	<testcase name="gtest" classname="gtest" time="0" status="notrun">
		<skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/>
		<system-out>[ RUN      ] a.b
a_test.cpp:2: Skipped
needs kernel &lt;9&gt;
[  SKIPPED ] a.b
</system-out>
	</testcase>
	<testcase name="script" classname="script" time="0" status="notrun">
		<skipped message="SKIP_RETURN_CODE=77"/>
		<system-out>not root
</system-out>
	</testcase>
	<testcase name="absent" classname="absent" time="0" status="notrun">
		<skipped message="Unable to find executable"/>
		<system-out>Unable to find executable: x</system-out>
	</testcase>
	<testcase name="dependent" classname="dependent" time="0" status="notrun">
		<skipped message="Fixture dependency failed"/>
	</testcase>
	<testcase name="off" classname="off" time="0" status="disabled">
		<system-out>Disabled</system-out>
	</testcase>
</testsuite>
XML

expect vitest $'failed\tqueue &gt; order\ndetail\tAssertionError: expected 1 to be 2\nskipped\tqueue later\t\ncounts\t1\t1\t1' <<'XML'
<testsuites name="vitest tests" tests="3" failures="1" errors="0" time="0.2">
    <testsuite name="test/unit/queue.test.ts" tests="3" failures="1" errors="0" skipped="1" time="0.01">
        <testcase classname="test/unit/queue.test.ts" name="queue keeps" time="0.001">
        </testcase>
        <testcase classname="test/unit/queue.test.ts" name="queue &amp;gt; order" time="0.002">
            <failure message="expected 1 to be 2" type="AssertionError">
AssertionError: expected 1 to be 2
            </failure>
        </testcase>
        <testcase classname="test/unit/queue.test.ts" name="queue later" time="0"><skipped/></testcase>
    </testsuite>
</testsuites>
XML

expect playwright $'failed\trecords › downloads\ndetail\t    Error: expect(locator).toBeVisible() failed\ndetail\t      <b> was hidden\nskipped\trecords › fake microphone\t\nflaky\trecords › in time\tError: timed out\ncounts\t2\t1\t1' <<'XML'
<testsuites id="" name="" tests="4" failures="1" skipped="1" errors="0" time="3.1">
<testsuite name="record.spec.ts" tests="4" failures="1" skipped="1" time="3" errors="0">
<testcase name="records › uploads" classname="record.spec.ts" time="2.9">
<system-out>
<![CDATA[hello <failure>]]>
</system-out>
</testcase>
<testcase name="records › downloads" classname="record.spec.ts" time="1">
<failure message="record.spec.ts:4:1 downloads" type="FAILURE">
<![CDATA[    Error: expect(locator).toBeVisible() failed

      <b> was hidden
]]>
</failure>
</testcase>
<testcase name="records › fake microphone" classname="record.spec.ts" time="0">
<properties>
<property name="skip" value="no microphone">
</property>
</properties>
<skipped>
</skipped>
</testcase>
<testcase name="records › in time" classname="record.spec.ts" time="3">
<flakyFailure message="Error: timed out" type="FAILURE" time="9.1">
<stackTrace>
<![CDATA[Error: timed out
    at record.spec.ts:9:1]]>
</stackTrace>
</flakyFailure>
</testcase>
</testsuite>
</testsuites>
XML

expect "an empty report" $'counts\t0\t0\t0' </dev/null
