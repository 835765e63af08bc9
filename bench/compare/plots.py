"""Curves as SVG, drawn here: no library is worth four pictures."""

import math
import pathlib

COLOURS = {"ours": "#c0392b", "ours_chunk": "#e67e22", "nginx": "#2980b9", "lighttpd": "#27ae60",
           "ref_splice": "#7f8c8d", "ref_direct": "#34495e"}
NAMES = {"ours": "waveforge, none", "ours_chunk": "waveforge, chunk", "nginx": "nginx PUT", "lighttpd": "lighttpd PUT",
         "ref_splice": "reference splice", "ref_direct": "reference direct"}
WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 640, 380, 60, 45, 40, 170


def steps(top: float) -> list[float]:
    """Round numbers from zero to at least `top`."""
    raw = top / 5
    power = 10 ** math.floor(math.log10(raw)) if raw > 0 else 1
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw)
    return [step * at for at in range(math.ceil(top / step) + 1)]


def curve(path: pathlib.Path, title: str, unit: str, series: dict[str, list[tuple[int, float]]]):
    """`series`: by server, (connections, value). Connections are on a logarithmic axis."""
    places = sorted({x for points in series.values() for x, _ in points})
    if len(places) < 2:
        return
    marks = steps(max(y for points in series.values() for _, y in points))
    low, high = math.log(places[0]), math.log(places[-1])

    def across(x):
        return LEFT + (WIDTH - LEFT - RIGHT) * (math.log(x) - low) / (high - low)

    def up(y):
        return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * y / marks[-1]

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
           f'font-size="12">', f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
           f'<text x="{LEFT}" y="20" font-size="14">{title}</text>']
    for mark in marks:
        out.append(f'<path d="M{LEFT} {up(mark):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>'
                   f'<text x="{LEFT - 6}" y="{up(mark) + 4:.1f}" text-anchor="end">{mark:g}</text>')
    for place in places:
        out.append(f'<text x="{across(place):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{place}</text>')
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">connections</text>')
    out.append(f'<text x="{LEFT - 6}" y="{TOP - 8}" text-anchor="end">{unit}</text>')
    for line, (key, points) in enumerate(sorted(series.items())):
        points = sorted(points)
        colour = COLOURS.get(key, "black")
        path_text = "L".join(f"{across(x):.1f} {up(y):.1f}" for x, y in points)
        out.append(f'<path d="M{path_text}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{across(x):.1f}" cy="{up(y):.1f}" r="3" fill="{colour}"/>' for x, y in points]
        height = TOP + 18 * line
        out.append(f'<path d="M{WIDTH - RIGHT + 12} {height}h18" stroke="{colour}" stroke-width="2"/>'
                   f'<text x="{WIDTH - RIGHT + 36}" y="{height + 4}">{NAMES.get(key, key)}</text>')
    path.write_text("\n".join(out) + "\n</svg>\n")


def draw(directory: pathlib.Path, servers: list[dict]):
    """`servers`: medians by server and connections (ingest.summary)."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, field, title, unit in (
            ("throughput", "gb_per_s", "Throughput, server on one core", "GB/s"),
            ("cpu", "cpu_s_per_gb", "CPU of the server per GB", "s"),
            ("latency", "p99_ms", "p99 of a PATCH (512 KiB) or PUT (1 MiB)", "ms"),
            ("memory", "rss_mib", "Resident memory of the server", "MiB")):
        series: dict[str, list[tuple[int, float]]] = {}
        for one in servers:
            if one["key"] in COLOURS:
                series.setdefault(one["key"], []).append((one["connections"], one[field]))
        curve(directory / f"{name}.svg", title, unit, series)
