"""Rows of whole commands: the article's study, and the peak memory of its run.

The peak is that of the largest process (`ru_maxrss`); PyTorch's arms side by side are
processes of their own, so memory is taken of one run only.
"""

import pathlib
import sys
from dataclasses import dataclass

from programs import OURS

BENCH = pathlib.Path(__file__).parent
PEER = BENCH / "peers" / "pytorch_study.py"
# Epochs of the study's arms and of the run whose memory is taken.
STUDY_EPOCHS, MEMORY_EPOCHS = 2, 1
# Whatever takes so long that it decides nothing runs once.
ONCE = ["PyTorch as written"]


@dataclass(frozen=True)
class Command:
    """A command by name; ours get a fresh folder for their results in each round."""

    name: str
    framework: str
    words: list
    ours: bool = False

    def line(self, out):
        return [*map(str, self.words), *(["--out", str(out)] if self.ours else [])]


def ours(name, framework, options, place, what, file, more):
    subset = ["--set", f"data.subset={options.samples}"] if options.samples < 60_000 else []
    words = [options.wellfit, what, BENCH / file, "--data-dir", place, "--quiet",
             "--threads", options.threads, *more, *subset]
    return Command(name, framework, words, ours=True)


def peer(name, options, place, epochs, way, *arms):
    words = [sys.executable, PEER, place, epochs, options.samples, options.threads, way, *arms]
    return Command(name, "PyTorch", words)


def commands(row, options, place):
    """The commands of a row. A framework of "" is shown, but compared with nothing."""
    if row == "study":
        epochs = ["--epochs", STUDY_EPOCHS]
        return [
            ours("wellfit", OURS, options, place, "study", "study.toml", epochs),
            peer("PyTorch as written", options, place, STUDY_EPOCHS, "written"),
            peer("PyTorch tuned", options, place, STUDY_EPOCHS, "best"),
            peer("PyTorch tuned, arms side by side", options, place, STUDY_EPOCHS,
                 "side-by-side"),
        ]
    epochs = ["--set", f"train.epochs={MEMORY_EPOCHS}"]
    study = ["--epochs", MEMORY_EPOCHS]
    return [
        ours("wellfit", OURS, options, place, "train", "plan.toml", epochs),
        ours("wellfit, the study", "", options, place, "study", "study.toml", study),
        peer("PyTorch tuned", options, place, MEMORY_EPOCHS, "best", "baseline"),
        Command("PyTorch, imported only", "", [sys.executable, "-c", "import torch"]),
    ]
