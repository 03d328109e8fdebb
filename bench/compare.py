"""Measures every row with every program in turn and writes down each time.

A row begins with a heat: every program that can do it, on a part of the data. The fastest
of each framework go on to the rounds proper. There, each round asks one after the other,
so that a slow spell of the machine hits all alike; the machine's matrix product is timed
in the same rounds. What the figures mean is left to tables.py.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import statistics
import sys
import tempfile
import time

import data
import tables
from commands import MEMORY_EPOCHS, ONCE, STUDY_EPOCHS, commands
from programs import OURS, PEERS, Crew, Missing, Peer, whole
from rows import ROWS, CommandRow
from works import ARTICLE, Work, multiply_adds

# Rounds of a heat, after the warm-up.
HEAT_ROUNDS = 3
# Of a framework's ways those within this factor of its fastest go on, but not more than
# so many; a framework whose fastest is slower than the fastest peer by the other factor
# goes on only where a target names it.
CLOSE, MOST, FAR = 1.15, 2, 4.0

GEMM_SIZE = 2048
GEMM_ROUNDS = 5
# Our own engine's product, as an evaluation of a network that is little else.
GEMM_WORK = Work("gemm", "dense", "784", "linear:2048,linear:2048,linear:2048,linear:16", 8192)

# For the estimate only: seconds to start and warm up, seconds a step, and how many times
# the arithmetic's own time an epoch takes, roughly.
GUESS = {OURS: (1, 1e-5, 1.5), "JAX": (6, 3e-5, 3), "PyTorch": (8, 1e-3, 4),
         "scikit-learn": (4, 1e-3, 25)}


def gemm_commands(options, files):
    """Name → (command, multiply-adds)."""
    job = f"size={GEMM_SIZE}", f"threads={options.threads}"
    found = {f"{name} sgemm": ([sys.executable, str(PEERS / "gemm.py"), *job, f"variant={variant}"],
                               GEMM_SIZE ** 3)
             for name, variant in [("MKL", "mkl"), ("oneDNN", "onednn"), ("OpenBLAS", "openblas")]}
    work = GEMM_WORK
    told = files.get(work.data, work.samples) | work.job(64, "plain", task="evaluate")
    command = Peer(OURS, OURS).command(options.epoch, told, options.threads)
    found["wellfit's products"] = (
        command, multiply_adds("evaluate", work.input, work.layers) * work.samples)
    return found


def gemm_peak(options, files, report):
    """Measures the machine's matrix product; the fastest program stays, to be asked in
    every round of the rows."""
    found, crew = gemm_commands(options, files), Crew()
    for name, (command, _) in found.items():
        crew.start(name, command, options.threads)
    for number in range(GEMM_ROUNDS):
        crew.round(number)
    if not crew.programs:
        raise SystemExit("no program could multiply matrices")
    rates = {name: found[name][1] / seconds for name, seconds in crew.medians().items()}
    best = max(rates, key=rates.get)
    report["gemm"] = {
        "best": best, "multiply_adds": found[best][1], "missing": crew.missing,
        "programs": {name: {"multiply_adds": found[name][1], **values}
                     for name, values in crew.values().items()}}
    report["versions"] |= crew.versions
    peak = crew.programs.pop(best)
    crew.leave()
    print(f"matrix product: {best} is the fastest, {rates[best] / 1e9:.0f} billion "
          "multiply-adds a second", file=sys.stderr)
    return peak, rates[best]


def programs_of(row, options):
    """Everybody who can do a row. On one thread, what is pinned to it is no other way."""
    able = [p for p in [*row.ours, *row.peers]
            if (not p.remedies or row.remedy in p.remedies) and p.name not in options.without]
    return [p for p in able if not (p.threads == options.threads == 1)]


def fastest(row, peers, crew):
    """Who goes on from the heat."""
    medians = crew.medians()
    best = {}
    for peer in peers:
        if peer.name in medians:
            best.setdefault(peer.framework, []).append(medians[peer.name])
    best = {framework: min(times) for framework, times in best.items()}
    fastest_peer = min((time for name, time in best.items() if name != OURS), default=None)
    named = {target.against for target in row.targets} | {OURS}
    going = []
    for framework, lowest in best.items():
        if framework in named or lowest <= FAR * fastest_peer:
            own = [p for p in peers if p.framework == framework and p.name in medians]
            close = [p for p in own if medians[p.name] <= CLOSE * lowest]
            going += sorted(close, key=lambda p: medians[p.name])[:MOST]
    return going


def take_turns(row, peers, samples, rounds, files, options, peak=None, beside=False):
    """Starts programs on a part of the row's work and lets them take turns."""
    crew, told = Crew(), files.get(row.work.data, samples)
    for peer in peers:
        job = row.job() | (row.settings if peer.framework == OURS else {})
        command = peer.command(options.epoch, told | job, options.threads)
        crew.start(peer.name, command, peer.threads or options.threads)
    if beside:
        for name, (remedy, settings) in row.beside.items():
            job = row.work.job(row.batch, remedy, task=row.task, **settings)
            command = row.ours[0].command(options.epoch, told | job, options.threads)
            crew.start(name, command, options.threads)
    asked = len(peak.seconds) if peak else 0
    for number in range(rounds):
        crew.round(number, peak)
    crew.leave()
    return crew, peak.seconds[asked:] if peak else []


def measure(row, files, options, peak, report):
    """One row of works."""
    samples = min(options.samples, row.work.samples)
    heat_samples = min(row.heat, samples)
    peers = programs_of(row, options)
    heat, _ = take_turns(row, peers, heat_samples, options.rounds or HEAT_ROUNDS, files, options)
    going = fastest(row, peers, heat)
    rounds = options.rounds or row.rounds
    final, product = take_turns(row, going, samples, rounds, files, options, peak, beside=True)
    report["versions"] |= heat.versions
    # The first pass over a layer's input needs no gradient, whatever the remedy.
    job = row.job()
    epochs = row.settings.get("every", 1)
    adds = multiply_adds(row.task, job["input"], job["layers"]) * samples * epochs
    steps = -(-samples // row.batch) * epochs
    return {
        "name": row.name, "kind": "work", "measure": "seconds", "task": row.task,
        "work": row.work.name, "batch": row.batch, "remedy": row.remedy, "samples": samples,
        "settings": row.settings,
        "steps": steps, "multiply_adds": adds,
        "frameworks": {p.name: p.framework for p in peers},
        "heat": {"samples": heat_samples, "programs": heat.values()},
        "programs": final.values(), "beside": list(row.beside), "product": product,
        "missing": heat.missing | final.missing,
        "targets": [[t.against, t.reach] for t in row.targets],
    }


def measure_commands(row, files, options):
    """One row of whole commands."""
    rounds = options.rounds or row.rounds
    lines = [c for c in commands(row.name, options, files.place) if c.name not in options.without]
    programs, missing = {}, {}
    for number in range(rounds):
        shift = number % len(lines)
        for command in lines[shift:] + lines[:shift]:
            if command.name in missing or (command.name in ONCE and command.name in programs):
                continue
            out = files.folder / f"{row.name}-{command.name}-{number}"
            try:
                seconds, peak = whole(command.line(out))
            except Missing as why:
                print(f"  {command.name} is missing: {why}", file=sys.stderr)
                missing[command.name] = str(why)
                continue
            value = seconds if row.measure == "seconds" else peak
            programs.setdefault(command.name, {"values": []})["values"].append(value)
    epochs = STUDY_EPOCHS if row.name == "study" else MEMORY_EPOCHS
    return {
        "name": row.name, "kind": "command", "measure": row.measure, "epochs": epochs,
        "samples": options.samples,
        "frameworks": {c.name: c.framework for c in lines}, "programs": programs,
        "missing": missing, "targets": [[t.against, t.reach] for t in row.targets],
    }


def guess(row, options, rate):
    """Roughly how many seconds a row will take."""
    rounds = options.rounds or row.rounds
    if isinstance(row, CommandRow):
        epochs = STUDY_EPOCHS * (5 * (rounds * 3 + 4)) if row.name == "study" else 4 * rounds
        return epochs * 3 * options.samples / ARTICLE.samples + 15 * rounds
    job, total = row.job(), 0
    per_sample = multiply_adds(row.task, job["input"], job["layers"]) / rate

    def once(peer, samples):
        _, step, slow = GUESS[peer.framework]
        return samples * (per_sample * slow + step / (peer.batch or row.batch))
    peers = programs_of(row, options)
    samples = min(options.samples, row.work.samples)
    heat = min(row.heat, samples)
    for peer in peers:
        compile = 20 if "compiled" in peer.variant else 0
        total += GUESS[peer.framework][0] + compile
        total += once(peer, heat) * (1 + (options.rounds or HEAT_ROUNDS))
    for framework in {p.framework for p in peers} - {"scikit-learn"}:
        peer = next(p for p in peers if p.framework == framework)
        total += GUESS[framework][0] + once(peer, samples) * (1 + rounds)
    return total


def machine(options):
    """What the figures were measured on."""
    processor = platform.processor()
    try:
        with open("/proc/cpuinfo") as file:
            processor = next(l.split(":")[1].strip() for l in file if "model name" in l)
    except (OSError, StopIteration):
        pass
    memory = None
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2 ** 30
    return {"processor": processor, "cores": os.cpu_count(), "threads": options.threads,
            "memory_gib": memory, "system": f"{platform.system()} {platform.machine()}"}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epoch", required=True, help="the built example `epoch`")
    parser.add_argument("--wellfit", required=True, help="the built `wellfit`")
    parser.add_argument("--rounds", type=int, help="instead of each row's own number")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0))
                        if hasattr(os, "sched_getaffinity") else os.cpu_count())
    parser.add_argument("--samples", type=int, default=60_000, help="use only so many")
    parser.add_argument("--rows", action="append", default=[],
                        help="only rows whose name contains this, such as 'article 32' or "
                             "'memory'; may be repeated")
    parser.add_argument("--without", action="append", default=[], metavar="NAME",
                        help="leave a program out; may be repeated")
    parser.add_argument("--data-dir", help="where Fashion-MNIST's IDX files are")
    parser.add_argument("--json", help="write every time to this file, after each row")
    parser.add_argument("--list", action="store_true", help="name rows and programs, and end")
    return parser.parse_args()


def names_of(rows, options, place):
    """Row → the names of its programs."""
    return {row.name: [c.name for c in commands(row.name, options, place)]
            if isinstance(row, CommandRow) else [p.name for p in [*row.ours, *row.peers]]
            for row in rows}


def main():
    options = arguments()
    rows = [r for r in ROWS if not options.rows or any(text in r.name for text in options.rows)]
    if not rows or options.samples < 1 or (options.rounds is not None and options.rounds < 1):
        raise SystemExit("nothing to measure: --rows fits no row (--list names them), or a count "
                         "is below 1")
    names = names_of(rows, options, "DIR")
    if options.list:
        print("\n".join(f"{row}: {', '.join(programs)}" for row, programs in names.items()))
        return
    if unknown := set(options.without) - {name for row in names.values() for name in row} | (
            set(options.without) & {OURS}):
        raise SystemExit(f"--without {unknown.pop()}: no peer in these rows (--list names them)")
    report = {"schema": 2, "date": datetime.date.today().isoformat(), "machine": machine(options),
              "samples": options.samples, "versions": {}, "rows": []}
    with tempfile.TemporaryDirectory() as folder:
        files = data.Files(folder, data.folder(options.data_dir))
        peak, rate = gemm_peak(options, files, report)
        guesses = {row.name: guess(row, options, rate) for row in rows}
        print(f"{len(rows)} rows, perhaps {sum(guesses.values()) / 60:.0f} minutes in all",
              file=sys.stderr)
        for row in rows:
            print(f"{row.name}: perhaps {guesses[row.name]:.0f} s", file=sys.stderr, flush=True)
            start = time.perf_counter()
            is_work = not isinstance(row, CommandRow)
            result = (measure(row, files, options, peak, report) if is_work
                      else measure_commands(row, files, options))
            report["rows"].append(result)
            told = ", ".join(f"{name} {statistics.median(p['values']):.4g}"
                             for name, p in result["programs"].items() if p["values"])
            print(f"  took {time.perf_counter() - start:.0f} s: {told}", file=sys.stderr,
                  flush=True)
            if options.json:
                save(options.json, report)
        peak.close()
    print(tables.everything(report))
    if any(OURS not in row["programs"] for row in report["rows"]):
        raise SystemExit("wellfit itself could not do every row")


def save(path, report):
    """Beside, then renamed: a run that is killed leaves the rows that it has."""
    beside = pathlib.Path(f"{path}.part")
    beside.write_text(json.dumps(report, indent=1) + "\n")
    beside.replace(path)


if __name__ == "__main__":
    main()
