"""wfload: every load is made by it, and every byte checked by it."""

import json
import subprocess
import sys

from processes import LOAD_CPU
from servers import ROOT

WFLOAD = str(ROOT / "build/release/bin/wfload")


def words(url, protocol, **options) -> list[str]:
    # A connection that idled past the server's limit is closed by it; a careful client asks again. Lost bytes still show.
    options.setdefault("retries", 3)
    out = ["taskset", "-c", LOAD_CPU, WFLOAD, "--url", url, "--protocol", protocol, "--quiet", "--json", "-"]
    for key, value in options.items():
        if value is True:
            out.append("--" + key.replace("_", "-"))
        elif value not in (None, False):
            out += ["--" + key.replace("_", "-"), str(value)]
    return out


def begin(url, protocol="session", **options) -> subprocess.Popen:
    return subprocess.Popen(words(url, protocol, **options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def end(process: subprocess.Popen, may_fail=False) -> dict:
    """The report. A wrong byte ends the whole comparison, an error too unless the scene expects it."""
    out, err = process.communicate()
    if not out:
        sys.exit(f"bench compare: wfload said: {err.strip()}")
    report = json.loads(out)
    if report["mismatches"] or (report["failures"] and not may_fail):
        sys.exit(f"bench compare: {report['url']}: {json.dumps(report['errors'])}")
    return report


def run(url, protocol="session", may_fail=False, **options) -> dict:
    return end(begin(url, protocol, **options), may_fail)
