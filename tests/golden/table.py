#!/usr/bin/env python3
"""Says how near wellfit comes to PyTorch: the table of docs/parity.md.

    python3 table.py PROGRAM FILE           writes it
    python3 table.py PROGRAM FILE --check   says whether it is what it would write

PROGRAM is the wellfit binary. It trains every case; the differences are those between its
`history.csv` and `last.safetensors` and what PyTorch left in the case's folder. wellfit
gives the same bits on every machine, so the figures are the same everywhere. Needs only
Python's standard library.
"""

import array
import csv
import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent

HEAD = """# Parity with PyTorch

Every row is a plan that PyTorch 2.15 and wellfit trained from the same weights on the same batches. The figures are the largest differences over all epochs: of the losses |a − b|/(1 + |b|), penalties included; of the accuracies in samples, or of R²; of the tensors after the last epoch (weights, biases and batch norm's running statistics, where PyTorch's are kept) |a − b|/(1 + |b|). Float32 has 24 bits, 6e-8 of a number; an epoch adds up thousands of roundings, in another order here than there.

The plans, the weights and PyTorch's figures are in [`tests/golden`](../tests/golden), with the script that made them; `crates/wellfit/tests/pytorch_golden.rs` compares them in every run of the tests, learning rates and their cuts included. This page was written by

```sh
cargo build --release
python3 tests/golden/table.py target/release/wellfit docs/parity.md
```

| case | what | epochs | losses | accuracy, R² | last tensors |
|---|---|---|---|---|---|
"""


def history(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def tensors(path):
    """Numbers of a safetensors file by name; counts are whole numbers."""
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header, body = json.loads(data[8:8 + length]), data[8 + length:]
    header.pop("__metadata__", None)
    values = {}
    for name, info in header.items():
        first, end = info["data_offsets"]
        numbers = array.array({"F32": "f", "I64": "q"}[info["dtype"]], body[first:end])
        values[name] = numbers.tolist()
    return values


def off(found, wanted):
    return abs(found - wanted) / (1 + abs(wanted))


def row(program, case, folder):
    out = folder / case.name
    command = [program, "train", case / "plan.toml", "--out", out, "--quiet"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    found, wanted = history(out / "history.csv"), history(case / "history.csv")
    if len(found) != len(wanted):
        raise SystemExit(f"{case.name}: {len(found)} epochs, but PyTorch has {len(wanted)}")
    losses = scores = 0.0
    samples = {"train": 200, "val": 80}
    for mine, theirs in zip(found, wanted):
        for column in theirs:
            a, b = float(mine[column]), float(theirs[column])
            if column.endswith(("loss", "penalty")):
                losses = max(losses, off(a, b))
            elif column.endswith("accuracy"):
                scores = max(scores, abs(a - b) * samples[column.split("_")[0]])
            elif column.endswith("r2"):
                scores = max(scores, abs(a - b))
    last = "–"
    if (case / "last.safetensors").exists():
        mine, theirs = tensors(out / "last.safetensors"), tensors(case / "last.safetensors")
        if {name: len(v) for name, v in mine.items()} != {name: len(v) for name, v in theirs.items()}:
            raise SystemExit(f"{case.name}: other tensors")
        pairs = ((a, b) for name in theirs for a, b in zip(mine[name], theirs[name]))
        last = f"{max(off(a, b) for a, b in pairs):.0e}"
    what = (case / "plan.toml").read_text().splitlines()[0]
    what = what.removeprefix("# ").split(". Written by")[0]
    r2 = any("r2" in column for column in wanted[0])
    score = f"{scores:.0e}" if r2 else f"{scores:.0f}"
    return losses, f"| {case.name} | {what} | {len(wanted)} | {losses:.0e} | {score} | {last} |"


def main():
    if len(sys.argv) not in (3, 4) or sys.argv[3:] not in ([], ["--check"]):
        raise SystemExit(__doc__)
    program, file = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    cases = sorted(path.parent for path in HERE.glob("*/plan.toml"))
    with tempfile.TemporaryDirectory() as folder:
        rows = [row(program, case, pathlib.Path(folder)) for case in cases]
    worst = max(losses for losses, _ in rows)
    text = HEAD + "".join(f"{line}\n" for _, line in rows)
    text += f"\n{len(rows)} cases; the largest difference of a loss is {worst:.0e}.\n"
    if not sys.argv[3:]:
        file.write_text(text)
    elif file.read_text() != text:
        raise SystemExit(f"{file} is not what this program gives: write it anew")


if __name__ == "__main__":
    main()
