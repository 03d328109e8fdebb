"""Peak memory of the article's run, training and evaluation: wellfit and PyTorch.

A process's peak is what the operating system reports when it has ended
(`ru_maxrss`). For the scale, the same program with nothing to train is shown too.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

import data

PEER = pathlib.Path(__file__).parent / "peers" / "pytorch_article.py"
PLAN = """\
[data]
source = "{source}"
validation = "test"

[model]
layers = [{{ type = "linear", out = 1000 }}, {{ type = "relu" }}, {{ type = "linear", out = 10 }}]

[train]
epochs = {epochs}
batch_size = 32
optimizer = {{ type = "adam", lr = 1e-3 }}
"""


def peak(command):
    """Runs `command` to its end; its largest resident set, in MB."""
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            output.seek(0)
            raise SystemExit(f"{' '.join(map(str, command))} failed:\n{output.read()}")
    # Linux counts in KiB, macOS in bytes.
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True, help="the built `wellfit`")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--data-dir", help="where Fashion-MNIST's IDX files are")
    options = parser.parse_args()
    place = data.folder(options.data_dir)
    threads, epochs = str(options.threads), str(options.epochs)
    article = pathlib.Path(__file__).parent.parent / "examples" / "article.toml"
    with tempfile.TemporaryDirectory() as folder:
        plan = pathlib.Path(folder) / "plan.toml"
        plan.write_text(PLAN.format(source=place, epochs=epochs))
        ours = [options.program, "train", plan, "--out", f"{folder}/run", "--threads", threads]
        study = [options.program, "study", article, "--out", f"{folder}/study",
                 "--threads", threads, "--epochs", epochs, "--seeds", "1",
                 "--set", f'data.source="{place}"']
        peer = [sys.executable, PEER, place, epochs, threads]
        rows = [
            ("wellfit, one run", ours),
            ("wellfit, the article's study, one seed", study),
            ("PyTorch, one run", peer),
            ("PyTorch, imported only", [sys.executable, "-c", "import torch"]),
        ]
        print(f"Peak memory, {epochs} epochs on Fashion-MNIST, {threads} threads.\n")
        print("| what | MB |\n| --- | --- |")
        for name, command in rows:
            print(f"| {name} | {peak(command):.0f} |", flush=True)


if __name__ == "__main__":
    main()
