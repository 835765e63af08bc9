"""Rows of the table: a goal, the values of the rounds, and whether the median reaches it."""

import json
import statistics


class Row:
    """One line. `better` is '<=' or '>='; `goal` None: shown, not judged."""

    def __init__(self, key, what, better, goal, unit="", scene=""):
        self.key, self.what, self.better, self.goal, self.unit, self.scene = key, what, better, goal, unit, scene
        self.values: list[float] = []
        self.note = ""

    def add(self, value):
        if value is not None:
            self.values.append(float(value))

    def median(self):
        return statistics.median(self.values) if self.values else None

    def verdict(self) -> str:
        middle = self.median()
        if middle is None:
            return "not run"
        if self.goal is None:
            return ""
        reached = middle <= self.goal if self.better == "<=" else middle >= self.goal
        return "pass" if reached else "MISS"

    def cells(self) -> list[str]:
        middle = self.median()
        goal = "" if self.goal is None else f"{self.better} {self.goal:g} {self.unit}".strip()
        measured = self.note or "not run"
        spread = ""
        if middle is not None:
            measured = f"{middle:.4g} {self.unit}".strip() + (f" ({self.note})" if self.note else "")
            spread = f"{min(self.values):.4g}–{max(self.values):.4g} of {len(self.values)}"
        return [self.what, goal, measured, self.verdict(), spread, self.scene]

    def plain(self) -> dict:
        return {"key": self.key, "what": self.what, "goal": self.goal, "better": self.better, "unit": self.unit,
                "median": self.median(), "values": self.values, "verdict": self.verdict(), "scene": self.scene,
                "note": self.note}


HEADS = ["what", "goal", "measured", "", "spread", "file system; durability; requests per chunk; workload"]


def markdown(rows: list[Row]) -> str:
    lines = ["| " + " | ".join(HEADS) + " |", "|" + "---|" * len(HEADS)]
    lines += ["| " + " | ".join(row.cells()) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def save(path, rows: list[Row], details: dict):
    """Merged with what an earlier run with other rows has written, so that a table can be taken in parts."""
    kept = {"rows": {}, "details": {}}
    if path.exists():
        kept = json.loads(path.read_text())
    for row in rows:
        if row.values or row.note:
            kept["rows"][row.key] = row.plain()
    for key, value in details.items():
        kept["details"][key] = value
    path.write_text(json.dumps(kept, indent=1) + "\n")


def load_into(path, rows: list[Row]):
    """Fills rows that were not measured now from the file."""
    if not path.exists():
        return
    kept = json.loads(path.read_text())["rows"]
    for row in rows:
        if not row.values and row.key in kept:
            row.values = kept[row.key]["values"]
            row.note = kept[row.key]["note"]
            row.scene = kept[row.key]["scene"]
