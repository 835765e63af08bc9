"""The rows that micro benches fill."""

import json
import subprocess

from servers import ROOT

BENCH = ROOT / "build/bench/bin/bench_micro"


def head_parser(stage, rows):
    done = subprocess.run([str(BENCH), "--benchmark_filter=^head_parser/(ours|http_parser)_patch", "--benchmark_format=json",
                           "--benchmark_min_time=0.2"], capture_output=True, text=True, check=True)
    rate = {one["name"].split("/")[1]: one["bytes_per_second"] for one in json.loads(done.stdout)["benchmarks"]}
    rows["parser_rate"].add(rate["ours_patch"] / 1e9)
    rows["parser_peer"].add(rate["ours_patch"] / rate["http_parser_patch"])
    stage.note("head_parser", rate)
