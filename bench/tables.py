#!/usr/bin/env python3
"""Turns a run's times into the tables of the documents.

    bench/tables.py docs/benchmarks.json                                  # print them all
    bench/tables.py docs/benchmarks.json --into docs/benchmarks.md --into README.md
    bench/tables.py docs/benchmarks.json --check docs/benchmarks.md       # exit 1: not these

A document says where a table belongs: between `<!-- bench:NAME -->` and
`<!-- /bench:NAME -->`. Everything is computed here from single times, nothing is typed.
Needs only Python's standard library.
"""

import argparse
import json
import math
import pathlib
import re
import sys
from statistics import median

OURS = "wellfit"
FULL = 60_000


def table(head, lines):
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in rows)


def figure(value, digits=3):
    """So many significant digits, without an exponent."""
    if value == 0:
        return "0"
    return f"{value:,.{max(0, digits - 1 - math.floor(math.log10(abs(value))))}f}"


def ratio(value):
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def percent(value):
    return f"{100 * value:+.1f} %".replace("-", "−")


class Row:
    """One row of a report, and what can be asked of it."""

    def __init__(self, row, gemm):
        self.row, self.gemm, self.name = row, gemm, row["name"]

    def values(self, name):
        return self.row["programs"][name]["values"]

    def best(self, *frameworks):
        """The name with the lowest median of these frameworks; of all peers if none is
        given."""
        of = self.row["frameworks"]
        peers = [n for n, p in self.row["programs"].items() if p["values"] and of.get(n)
                 and (of[n] in frameworks if frameworks else of[n] != OURS)]
        return min(peers, key=lambda name: median(self.values(name)), default=None)

    def over(self, name):
        """A program's median over ours, and that of each round; `None` if either is
        missing."""
        ours = self.best(OURS)
        if name is None or ours is None or not self.row["programs"].get(name, {}).get("values"):
            return None
        theirs, ours = self.values(name), self.values(ours)
        rounds = [a / b for a, b in zip(theirs, ours)]
        return median(theirs) / median(ours), rounds

    def share(self):
        """Which share of our time the multiply-adds would take at the speed that the
        machine's matrix product had in the same rounds."""
        ours, product = self.best(OURS), self.row.get("product")
        if not ours or not product:
            return None
        work = self.row["multiply_adds"] / self.gemm["multiply_adds"]
        rounds = [work * p / t for p, t in zip(product, self.values(ours))]
        return work * median(product) / median(self.values(ours)), rounds

    def cost(self):
        """What the remedy adds to ours: the median of the rounds' ratios, minus 1."""
        ours = self.best(OURS)
        beside = self.row["programs"].get("wellfit plain", {}).get("values")
        if not ours or not beside:
            return None
        rounds = [a / b - 1 for a, b in zip(self.values(ours), beside)]
        return median(rounds), rounds

    def scale(self):
        """What to multiply a time by, and its unit."""
        if self.row["kind"] == "command":
            return 1, "s" if self.row["measure"] == "seconds" else "MB"
        if self.row["task"] == "evaluate":
            return 1e3, "ms"
        if self.row["work"] == "tabular":
            return 1e6 / self.row["steps"], "µs a step"
        return 1, "s an epoch"

    def cell(self, name):
        """A program's median with the lowest and highest of its rounds."""
        if name is None or not self.row["programs"].get(name, {}).get("values"):
            return "missing"
        scale, _ = self.scale()
        values = [value * scale for value in self.values(name)]
        text = figure(median(values))
        if len(values) > 1:
            text += f" ({figure(min(values))}–{figure(max(values))})"
        return text

    def times(self, framework):
        """The ratio of a framework's best to ours, for a cell."""
        over = self.over(self.best(framework))
        return ratio(over[0]) if over else ""

    def what(self):
        row = self.row
        if row["kind"] == "command":
            epochs = f"{row['epochs']} epoch" + ("s" if row["epochs"] > 1 else "")
            return {"study": f"the article's study, 5 arms, {epochs}",
                    "memory": f"peak memory of the article's run, {epochs}"}[row["name"]]
        if row["task"] == "evaluate":
            return f"evaluating {row['samples']:,} images"
        name = {"article": "article", "dense": "dense inputs", "tabular": "tabular net",
                "cnn": "CNN"}[row["work"]]
        parts = [name, f"batch {row['batch']}", *self.done()]
        return ", ".join(parts)

    def done(self):
        """The remedy, where a work has several, and what only ours was told."""
        remedies = [self.row["remedy"]] if self.row["work"] == "article" else []
        def words(key, value):
            return f"every {value} epochs" if key == "every" else str(value)
        return remedies + [words(*told) for told in self.row["settings"].items()]


def rows_of(report):
    return [Row(row, report["gemm"]) for row in report["rows"]]


def machine(report):
    """Where and with what."""
    m, gemm = report["machine"], report["gemm"]
    memory = f", {m['memory_gib']:.0f} GiB" if m["memory_gib"] else ""
    programs = {name: p["multiply_adds"] / median(p["values"]) / 1e9
                for name, p in gemm["programs"].items()}
    rates = ", ".join(f"{name} {rate:.0f}" for name, rate in programs.items())
    rounds = {Row(row, gemm).what(): max((len(p["values"]) for p in row["programs"].values()),
                                         default=0) for row in report["rows"]}
    numbers = sorted(set(rounds.values()))
    lines = [
        f"Measured on {report['date']}: {m['processor']}, {m['cores']} cores{memory}, "
        f"{m['system']}; {m['threads']} thread{'s' if m['threads'] > 1 else ''} unless a row says otherwise; "
        f"{'; '.join(sorted(set(report['versions'].values())))}. "
        f"Rounds a row: {', '.join(map(str, numbers))}. "
        f"The machine's float32 matrix product, billion multiply-adds a second: {rates}; shares "
        f"are of the fastest, {gemm['best']}, timed again in each round."]
    if report["samples"] < FULL:
        lines.append(f"\n**Only {report['samples']:,} samples were used: a test of the harness, "
                     "not a measurement.**")
    return "\n".join(lines)


def targets(report):
    """What was to be reached, and whether it was."""
    lines = []
    for row in rows_of(report):
        for against, reach in row.row["targets"]:
            lines.append([row.what(), *verdict(row, against, reach)])
    if not lines:
        return "These rows have no targets."
    return table(["work", "measure", "reach", "measured (rounds)", ""], lines)


def verdict(row, against, reach):
    """Measure, target, what was measured, and the word for it."""
    if against == "arithmetic":
        measure, wanted, found = "share of arithmetic", f"≥ {100 * reach:.0f} %", row.share()
        def text(value):
            return f"{100 * value:.0f} %"
    elif against == "plain":
        what = "watching" if "watch" in row.row["settings"] else "the remedy"
        measure, wanted, found = f"cost of {what}", f"≤ {100 * reach:.0f} %", row.cost()
        text = percent
    else:
        name = row.best() if against == "peers" else row.best(against)
        if against in row.row.get("beside", []):
            name = against
        measure, wanted = f"{name or against} / wellfit", f"≥ {reach:g} ×"
        found, text = row.over(name), ratio
    if found is None:
        return measure, wanted, "", "not measured"
    value, rounds = found
    reached = value <= reach if against == "plain" else value >= reach
    spread = f" ({text(min(rounds))} to {text(max(rounds))})" if len(rounds) > 1 else ""
    return measure, wanted, text(value) + spread, "reached" if reached else "**missed**"


def articles(report):
    """The article's epoch, row by row."""
    lines = []
    for row in rows_of(report):
        if row.row.get("work") not in ["article", "dense"] or row.row["task"] != "train":
            continue
        torch, cost, share = row.best("PyTorch"), row.cost(), row.share()
        way = f", {torch.removeprefix('PyTorch ')}" if torch else ""
        lines.append([
            row.row["work"], str(row.row["batch"]), ", ".join(row.done()), row.cell(row.best(OURS)),
            row.cell(row.best("JAX")), row.cell(torch) + way, row.times("JAX"),
            row.times("PyTorch"), f"{100 * share[0]:.0f} %" if share else "",
            percent(cost[0]) if cost else ""])
    if not lines:
        return "The article's epoch was not measured."
    return table(["data", "batch", "remedy", "wellfit, s", "JAX, s", "PyTorch's best, s",
                  "JAX / wellfit", "PyTorch / wellfit", "share of arithmetic",
                  "cost of the remedy"], lines)


def others(report):
    """All other rows."""
    lines = []
    for row in rows_of(report):
        if row.row.get("work") in ["article", "dense"] and row.row["task"] == "train":
            continue
        cells = [row.what(), row.scale()[1]]
        for framework in [OURS, "JAX", "PyTorch"]:
            name = row.best(framework)
            if name is None and framework not in row.row["frameworks"].values():
                cells.append("")
                continue
            shown = name.removeprefix(framework).strip(", ") if name else ""
            cells.append(row.cell(name) + (f", {shown}" if shown else ""))
        share = row.share() if row.row.get("work") != "tabular" else None
        lines.append(cells + [row.times("JAX"), row.times("PyTorch"),
                              f"{100 * share[0]:.0f} %" if share else ""])
    if not lines:
        return "No other work was measured."
    return table(["work", "unit", "wellfit", "JAX", "PyTorch's best", "JAX / wellfit",
                  "PyTorch / wellfit", "share of arithmetic"], lines)


def summary(report):
    """A few columns for those in a hurry."""
    lines = []
    for row in rows_of(report):
        ours = row.best(OURS)
        if ours is None:
            lines.append([row.what(), "missing", "", ""])
            continue
        scale, unit = row.scale()
        lines.append([row.what(), f"{figure(median(row.values(ours)) * scale)} {unit}",
                      row.times("JAX"), row.times("PyTorch")])
    return table(["work", "wellfit", "JAX / wellfit", "PyTorch's best / wellfit"], lines)


def heats(report):
    """Every way that was tried, on a part of the data."""
    lines = []
    for row in rows_of(report):
        if row.row["kind"] == "command":
            for name, p in row.row["programs"].items():
                lines.append([row.what(), name, row.cell(name) + " " + row.scale()[1],
                              str(len(p["values"]))])
            continue
        heat = row.row["heat"]
        programs = {name: median(p["values"]) for name, p in heat["programs"].items()
                    if p["values"]}
        for name, seconds in sorted(programs.items(), key=lambda pair: pair[1]):
            final = len(row.row["programs"].get(name, {"values": []})["values"])
            lines.append([row.what(), name, f"{figure(1e6 * seconds / heat['samples'])} µs a sample",
                          str(final) if final else "left after the heat"])
    return table(["work", "program", "median", "rounds"], lines)


def missing(report):
    """Who could not take part."""
    lines = [f"- {name}: {why}" for name, why in report["gemm"]["missing"].items()]
    lines += [f"- {row.what()}: {name}: {why}" for row in rows_of(report)
              for name, why in row.row["missing"].items()]
    return "\n".join(lines) or "Every program could do every row that it was asked for."


def losses(report):
    """Did all do the same work?"""
    worst = None
    for row in rows_of(report):
        if row.row["kind"] != "work" or row.row["task"] != "train":
            continue
        found = [p["loss"] for name, p in row.row["programs"].items()
                 if name not in row.row["beside"] and p["loss"] is not None]
        if len(found) > 1:
            apart = max(found) - min(found)
            worst = max(worst or (0, ""), (apart, row.what()))
    if worst is None:
        return "No two programs trained in the same row, so no losses can be compared."
    return (f"Did all learn? Within a row the programs' training losses of the last epoch differ "
            f"by at most {worst[0]:.3f} ({worst[1]}).")


SECTIONS = {"machine": machine, "targets": targets, "article": articles, "others": others,
            "heats": heats, "losses": losses, "missing": missing, "summary": summary}


def everything(report):
    return "\n\n".join(f"{section(report)}" for section in SECTIONS.values())


def filled(text, report, path):
    """The document with its tables replaced."""
    names = re.findall(r"<!-- bench:(\S+) -->", text)
    if not names:
        raise SystemExit(f"{path} has no place for a table (<!-- bench:NAME -->)")
    for name in names:
        if name not in SECTIONS:
            raise SystemExit(f"{path}: no table is called {name}: {', '.join(SECTIONS)}")
        place = re.compile(rf"(<!-- bench:{name} -->\n).*?(<!-- /bench:{name} -->)", re.S)
        made = SECTIONS[name](report)
        text, count = place.subn(lambda m: f"{m[1]}\n{made}\n\n{m[2]}", text)
        if count != 1:
            raise SystemExit(f"{path}: <!-- /bench:{name} --> is missing, or {name} stands twice")
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", type=pathlib.Path, help="what bench/run --json wrote")
    parser.add_argument("--into", action="append", default=[], type=pathlib.Path,
                        help="a document whose tables to replace; may be repeated")
    parser.add_argument("--check", action="append", default=[], type=pathlib.Path,
                        help="a document whose tables to compare; may be repeated")
    options = parser.parse_args()
    report = json.loads(options.report.read_text())
    if report.get("schema") != 2:
        raise SystemExit(f"{options.report} is not what bench/run --json writes (schema 2)")
    for path in options.into:
        path.write_text(filled(path.read_text(), report, path))
    stale = [path for path in options.check
             if filled(path.read_text(), report, path) != path.read_text()]
    for path in stale:
        print(f"{path}: its tables are not those of {options.report}", file=sys.stderr)
    if not options.into and not options.check:
        print(everything(report))
    raise SystemExit(1 if stale else 0)


if __name__ == "__main__":
    main()
