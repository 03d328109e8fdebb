"""Runs the same epoch with every program in turn and prints medians and ratios.

For each row (data, batch size, remedy) every program is started once, trains one
epoch to warm up, and then waits; each round asks one after the other for an epoch,
so that a slow spell of the machine hits all alike. Times are of the training pass.
"""

import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile

import data

PEERS = pathlib.Path(__file__).parent / "peers"
OURS = "wellfit"
# Ours without the row's remedy, in the same rounds: what a remedy costs.
PLAIN = "wellfit plain"
# Name → script, variant, the remedies it can do.
PENALTIES = ["l1", "l2-norm"]
REMEDIES = ["plain", "dropout", *PENALTIES]
PROGRAMS = {
    "PyTorch as written": ("pytorch.py", "written", REMEDIES),
    "PyTorch fused Adam": ("pytorch.py", "fused", REMEDIES),
    "PyTorch fused, penalty by hand": ("pytorch.py", "foreach", PENALTIES),
    "PyTorch compiled": ("pytorch.py", "compiled", REMEDIES),
    "JAX": ("jax_scan.py", "", REMEDIES),
    "scikit-learn": ("sklearn_mlp.py", "", ["plain"]),
}
ROWS = [
    *(("fashion", batch, remedy) for batch in [32, 128] for remedy in REMEDIES),
    *(("dense", batch, "plain") for batch in [32, 128]),
]


class Program:
    """A program that trains an epoch when told to."""

    def __init__(self, command, threads):
        env = os.environ | {"OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads)}
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.errors, text=True, env=env)
        self.seconds, self.loss = [], None

    def line(self):
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            self.errors.seek(0)
            last = self.errors.read().strip().splitlines()[-1:]
            raise RuntimeError(last[0] if last else f"ended with {self.process.returncode}")
        return line

    def ready(self):
        """Waits for the warm-up; the program's version."""
        while not (line := self.line()).startswith("ready "):
            pass
        return line.removeprefix("ready ").strip()

    def epoch(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        seconds, loss = self.line().split()
        self.seconds.append(float(seconds))
        self.loss = float(loss)

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def measure(row, files, options, versions):
    """Seconds and last loss by program, for one row."""
    kind, batch, remedy = row
    def command(remedy):
        return [*files[kind], str(batch), remedy, str(options.threads)]

    common = command(remedy)
    commands = {OURS: [options.program, *common]}
    if remedy != "plain":
        commands[PLAIN] = [options.program, *command("plain")]
    for name, (script, variant, remedies) in PROGRAMS.items():
        if remedy in remedies and name not in options.without:
            commands[name] = [sys.executable, str(PEERS / script), *common, variant]
    programs = {}
    for name, command in commands.items():
        program = Program(command, options.threads)
        try:
            versions[name] = program.ready()
            programs[name] = program
        except RuntimeError as error:
            print(f"{name} cannot do this: {error}", file=sys.stderr)
            if name in [OURS, PLAIN]:
                raise SystemExit(1) from None
    for round_ in range(options.rounds):
        names = list(programs)
        # Everybody is first once in a while.
        shift = round_ % len(names)
        for name in names[shift:] + names[:shift]:
            programs[name].epoch()
    for program in programs.values():
        program.close()
    return {name: {"seconds": p.seconds, "median": statistics.median(p.seconds), "loss": p.loss}
            for name, p in programs.items()}


def best(result, start):
    medians = [r["median"] for name, r in result.items() if name.startswith(start)]
    return min(medians, default=None)


def over_plain(result):
    """The median over the rounds of what the remedy adds to an epoch of ours."""
    pairs = zip(result[OURS]["seconds"], result[PLAIN]["seconds"])
    return statistics.median(ours / plain for ours, plain in pairs) - 1


def table(results):
    """Markdown: seconds an epoch, and what they mean."""
    names = [OURS, *(n for n in PROGRAMS if any(n in r["programs"] for r in results))]
    head = ["data", "batch", "remedy", *names, "JAX / ours", "best PyTorch / ours", "over plain"]
    lines = [head, ["---"] * len(head)]
    for r in results:
        result = r["programs"]
        ours = result[OURS]["median"]
        cells = [r["data"], str(r["batch"]), r["remedy"]]
        cells += [f"{result[n]['median']:.3f}" if n in result else "" for n in names]
        for start in ["JAX", "PyTorch"]:
            peer = best(result, start)
            cells.append(f"{peer / ours:.2f}" if peer else "")
        cells.append(f"{100 * over_plain(result):+.1f} %" if PLAIN in result else "")
        lines.append(cells)
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def spread(results):
    """How much the last training losses within a row differ, relative to the lowest."""
    losses = [[p["loss"] for name, p in r["programs"].items() if name != PLAIN] for r in results]
    return max((max(row) - min(row)) / min(row) for row in losses)


def processor():
    try:
        with open("/proc/cpuinfo") as file:
            return next(line.split(":")[1].strip() for line in file if "model name" in line)
    except (OSError, StopIteration):
        return platform.processor()


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True, help="the built example `epoch`")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0))
                        if hasattr(os, "sched_getaffinity") else os.cpu_count())
    parser.add_argument("--samples", type=int, default=60_000, help="use only so many")
    parser.add_argument("--rows", default="", help="only rows that contain this, such as "
                                                   "'fashion 32' or 'plain'")
    parser.add_argument("--without", action="append", default=[], choices=PROGRAMS,
                        help="leave a peer out; may be repeated")
    parser.add_argument("--data-dir", help="where Fashion-MNIST's IDX files are")
    parser.add_argument("--json", help="write every time to this file")
    return parser.parse_args()


def main():
    options = arguments()
    rows = [row for row in ROWS if options.rows in " ".join(map(str, row))]
    if not rows or options.rounds < 1 or options.samples < 1:
        raise SystemExit("nothing to measure: --rows fits no row, or a count is below 1")
    versions, results = {}, []
    with tempfile.TemporaryDirectory() as folder:
        files = {}
        sets = {"fashion": lambda: data.fashion(data.folder(options.data_dir)),
                "dense": lambda: data.dense(60_000)}
        for kind in {kind for kind, _, _ in rows}:
            images, labels = sets[kind]()
            files[kind] = [f"{folder}/{kind}-images", f"{folder}/{kind}-labels"]
            images[:options.samples].tofile(files[kind][0])
            labels[:options.samples].tofile(files[kind][1])
        for row in rows:
            result = measure(row, files, options, versions)
            kind, batch, remedy = row
            results.append({"data": kind, "batch": batch, "remedy": remedy, "programs": result})
            told = ", ".join(f"{n} {r['median']:.3f}" for n, r in result.items())
            print(f"{kind} {batch} {remedy}: {told}", file=sys.stderr)
    print(f"Seconds an epoch ({min(options.samples, 60_000)} samples, 784-1000-10, Adam, float32, "
          f"training pass only), median of {options.rounds}, {options.threads} threads on "
          f"{processor()}.\n")
    print(table(results))
    print(f"\nDid all do the same work? Within a row, the programs' training losses of the last "
          f"epoch differ by at most {spread(results):.1%}.")
    print("; ".join(sorted(set(versions.values()))))
    if options.json:
        report = {"processor": processor(), "threads": options.threads, "rounds": options.rounds,
                  "samples": options.samples, "versions": versions, "rows": results}
        pathlib.Path(options.json).write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
