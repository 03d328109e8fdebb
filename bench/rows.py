"""What a run measures: the rows, who takes part, and what is to be reached."""

from dataclasses import dataclass, field

from programs import OURS, Peer
from works import ARTICLE, CNN, DENSE, REMEDIES, TABULAR, Work

WELLFIT = Peer("wellfit", OURS)
WELLFIT_ONE = Peer("wellfit, 1 thread", OURS, threads=1)


def pytorch(name, variant, **more):
    return Peer(f"PyTorch {name}", "PyTorch", "pytorch.py", variant, **more)


JAX = Peer("JAX", "JAX", "jax_scan.py")
LINEAR = [
    pytorch("as written", "written"),
    pytorch("fused Adam", "fused"),
    pytorch("fused Adam, 1 thread", "fused", threads=1),
    pytorch("fused, penalty by hand", "foreach", remedies=("l1", "l2-norm")),
    pytorch("compiled", "compiled"),
    JAX,
    Peer("scikit-learn", "scikit-learn", "sklearn_mlp.py", remedies=("plain",)),
]
SMALL = [
    pytorch("as written", "written"),
    pytorch("as written, 1 thread", "written", threads=1),
    pytorch("fused Adam", "fused"),
    pytorch("fused Adam, 1 thread", "fused", threads=1),
    pytorch("compiled", "compiled"),
    pytorch("compiled, 1 thread", "compiled", threads=1),
    pytorch("compiled with its optimiser, 1 thread", "compiled-step", threads=1),
    JAX,
    Peer("JAX, 1 thread", "JAX", "jax_scan.py", threads=1),
    Peer("scikit-learn", "scikit-learn", "sklearn_mlp.py", remedies=("plain",)),
]
IMAGES = [
    pytorch("as written", "written"),
    pytorch("fused Adam", "fused"),
    pytorch("fused Adam, 1 thread", "fused", threads=1),
    pytorch("channels_last", "channels-last"),
    pytorch("channels_last, 1 thread", "channels-last", threads=1),
    pytorch("compiled", "compiled"),
    pytorch("compiled, channels_last", "compiled channels-last"),
    pytorch("compiled, channels_last, 1 thread", "compiled channels-last", threads=1),
    JAX,
    Peer("JAX, a call a step", "JAX", "jax_scan.py", "steps"),
]
EVALUATORS = [
    *(pytorch(f"{way}batches of {batch:,}", variant, batch=batch)
      for way, variant, batches in [("", "fused", [250, 1000, 5000, 20_000]),
                                    ("compiled, ", "compiled", [1000, 5000])]
      for batch in batches),
    *(Peer(f"JAX, batches of {batch:,}", "JAX", "jax_scan.py", batch=batch)
      for batch in [1000, 5000]),
]


@dataclass(frozen=True)
class Target:
    """What is to be reached. `against` is

    - a framework: its fastest program's median over ours;
    - `peers`: the same for the fastest of all frameworks;
    - `arithmetic`: the share of the measured time that the multiply-adds alone would take;
    - `plain`: what the remedy adds to ours without it, at most so much;
    - another name: that program's median over ours.
    """

    against: str
    reach: float


@dataclass(frozen=True)
class Row:
    """A work that programs do in turns."""

    name: str
    work: Work
    batch: int
    peers: list
    rounds: int
    # The heat decides who takes part, on so many samples.
    heat: int
    targets: list = field(default_factory=list)
    remedy: str = "plain"
    task: str = "train"
    # Ours, in all the ways that may be the best; and what more it is told.
    ours: tuple = (WELLFIT,)
    settings: dict = field(default_factory=dict)
    # Ours done otherwise in the same rounds: name → (remedy, what more it is told).
    beside: dict = field(default_factory=dict)

    def job(self):
        """What the peers are told, apart from files and threads."""
        return self.work.job(self.batch, self.remedy, task=self.task)


@dataclass(frozen=True)
class CommandRow:
    """Whole commands, timed or weighed. `measure` is `seconds` or `MB`; peers are names of
    commands.py."""

    name: str
    measure: str
    rounds: int
    targets: list


PLAIN = "wellfit plain"
# A full batch divides it at every batch size below.
HEAT = 7_680
# batch → targets of every remedy, and of the share of arithmetic
REACH = {
    32: [Target("JAX", 1.8), Target("PyTorch", 2.5), Target("arithmetic", 0.75)],
    128: [Target("peers", 1.35)],
    512: [Target("peers", 1.1)],
}


def article(batch, remedy):
    """The article's epoch; in the same rounds ours without the remedy."""
    cost = [Target("plain", 0.03)] if batch == 32 and remedy != "plain" else []
    beside = {PLAIN: ("plain", {})} if remedy != "plain" else {}
    return Row(f"article {batch} {remedy}", ARTICLE, batch, LINEAR, 5, HEAT,
               REACH[batch] + cost, remedy, beside=beside)


ROWS = [
    *(article(batch, remedy) for batch in REACH for remedy in REMEDIES),
    Row("article 32 bf16", ARTICLE, 32, [], 5, HEAT, [Target("wellfit float32", 1.4)],
        settings={"precision": "bf16"}, beside={"wellfit float32": ("plain", {})}),
    Row("dense 32 plain", DENSE, 32, LINEAR, 3, HEAT),
    Row("tabular 32", TABULAR, 32, SMALL, 31, 10_000, [Target("PyTorch", 35), Target("JAX", 2.5)],
        ours=(WELLFIT, WELLFIT_ONE)),
    Row("cnn 32", CNN, 32, IMAGES, 3, 1_536, [Target("PyTorch", 2)]),
    Row("cnn 128", CNN, 128, IMAGES, 3, 1_536, [Target("PyTorch", 1.3)]),
    *(Row(f"watch {work.name} {batch}", work, batch, [], rounds, heat, [Target("plain", 0.02)],
          settings={"watch": "watched"} | every,
          beside={PLAIN: ("plain", {"watch": "unwatched"} | every)})
      for work, batch, rounds, heat, every in [
          (ARTICLE, 32, 9, HEAT, {}), (ARTICLE, 512, 9, HEAT, {}),
          (TABULAR, 32, 31, 10_000, {"every": 5}), (CNN, 32, 3, 1_536, {})]),
    Row("evaluate", ARTICLE, 1000, EVALUATORS, 9, 60_000, [Target("PyTorch", 1.3)],
        task="evaluate"),
    CommandRow("study", "seconds", 2, [Target("PyTorch", 3)]),
    CommandRow("memory", "MB", 3, [Target("PyTorch", 3)]),
]
