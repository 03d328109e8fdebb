"""How an epoch's cost grows with width, depth, batch size, samples and channels, on one
thread and on all, ours beside PyTorch. Writes a CSV of medians and draws it.

At each point the programs take turns, as in compare.py. PyTorch has fused Adam (for
convolutions channels_last as well), which is its fastest eager way; the plot shows the
better of its thread counts.
"""

import argparse
import csv
import pathlib
import statistics
import sys
import tempfile
from dataclasses import replace

import data
import growth_plot
from compare import machine, take_turns
from programs import OURS, Peer
from rows import Row
from works import ARTICLE, CNN

# Divisible by every batch size below, so that no point has a smaller last batch.
SAMPLES, CNN_SAMPLES = 15_360, 1_536
FIELDS = ["panel", "x", "program", "threads", "samples", "rounds", "median_seconds",
          "lowest_seconds", "highest_seconds", "processor", "version"]


def points():
    """Panel → (x, work, batch, samples)."""
    hidden = "linear:256,relu,"
    return {
        "width": [(w, replace(ARTICLE, layers=f"linear:{w},relu,linear:10"), 32, SAMPLES)
                  for w in [125, 250, 500, 1000, 2000, 4000]],
        "depth": [(d, replace(ARTICLE, layers=hidden * d + "linear:10"), 32, SAMPLES)
                  for d in [1, 2, 3, 4, 6, 8]],
        "batch": [(b, ARTICLE, b, SAMPLES) for b in [8, 16, 32, 64, 128, 256, 512, 1024]],
        "samples": [(n, ARTICLE, 32, n) for n in [960, 1920, 3840, 7680, 15_360, 30_720, 60_000]],
        "channels": [(c, replace(CNN, layers=CNN.layers.replace("conv:32:", f"conv:{c}:").replace(
            "conv:64:", f"conv:{2 * c}:")), 32, CNN_SAMPLES) for c in [8, 16, 32, 64]],
    }


def peers(panel, threads):
    """Ours and PyTorch, on one thread and on all."""
    variant = "channels-last" if panel == "channels" else "fused"
    counts = sorted({1, threads})
    return [Peer(f"{name}, {count}", name, script, variant if script else "", threads=count)
            for name, script in [(OURS, ""), ("PyTorch", "pytorch.py")] for count in counts]


def measure(panel, point, files, options):
    """The lines of one point."""
    x, work, batch, samples = point
    samples = min(samples, options.samples)
    row = Row(f"{panel} {x}", work, batch, [], options.rounds, samples)
    crew, _ = take_turns(row, peers(panel, options.threads), samples, options.rounds, files,
                         options)
    lines = []
    for name, values in crew.values().items():
        program, threads = name.rsplit(", ", 1)
        seconds = values["values"]
        lines.append({
            "panel": panel, "x": x, "program": program, "threads": threads, "samples": samples,
            "rounds": len(seconds), "median_seconds": f"{statistics.median(seconds):.6g}",
            "lowest_seconds": f"{min(seconds):.6g}", "highest_seconds": f"{max(seconds):.6g}",
            "processor": machine(options)["processor"], "version": crew.versions[name]})
    told = ", ".join(f"{line['program']} ×{line['threads']} {line['median_seconds']}"
                     for line in lines)
    print(f"{panel} {x}: {told}", file=sys.stderr, flush=True)
    return lines, [f"{panel} {x}: {name}: {why}" for name, why in crew.missing.items()]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epoch", required=True, help="the built example `epoch`")
    parser.add_argument("--csv", type=pathlib.Path, default=pathlib.Path("docs/growth.csv"))
    parser.add_argument("--plot", type=pathlib.Path, default=pathlib.Path("docs/images/growth.svg"))
    parser.add_argument("--panels", default="", help="only panels whose name contains this")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2, help="beside one thread")
    parser.add_argument("--samples", type=int, default=60_000, help="at most so many a point")
    parser.add_argument("--data-dir", help="where Fashion-MNIST's IDX files are")
    options = parser.parse_args()
    chosen = {name: found for name, found in points().items() if options.panels in name}
    if not chosen or min(options.rounds, options.threads, options.samples) < 1:
        raise SystemExit(f"nothing to measure: --panels is part of one of {', '.join(points())}, "
                         "counts are at least 1")
    lines, missing = [], []
    with tempfile.TemporaryDirectory() as folder:
        files = data.Files(folder, data.folder(options.data_dir))
        for panel, found in chosen.items():
            for point in found:
                more, lost = measure(panel, point, files, options)
                lines += more
                missing += lost
    with options.csv.open("w", newline="") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
    growth_plot.draw(options.csv, options.plot)
    print(f"{options.csv} and {options.plot}")
    if missing:
        raise SystemExit("Missing:\n" + "\n".join(missing))


if __name__ == "__main__":
    main()
