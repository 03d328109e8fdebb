"""The works that are measured: networks, data, remedies, and their arithmetic.

A network is a text that every program reads, ours and the peers:

    linear:OUT  relu  dropout:P  conv:OUT:KERNEL:PADDING  max-pool:SIZE  flatten

separated by commas; convolutions have stride 1. The input is `784` or
`CHANNELSxHEIGHTxWIDTH`. Needs only Python's standard library.
"""

from dataclasses import dataclass, replace

# Remedy → (dropout's p, penalty); the article's strengths.
REMEDIES = {
    "plain": (0, "none"),
    "dropout": (0.5, "none"),
    "l1": (0, "l1:1e-4"),
    "l2-norm": (0, "l2-norm:1e-2"),
}


@dataclass(frozen=True)
class Work:
    """A network on a data set."""

    name: str
    # A set of data.py.
    data: str
    # `784` or `1x28x28`.
    input: str
    layers: str
    # Samples of an epoch.
    samples: int

    def with_dropout(self, p):
        """Dropout before the first and the last linear layer, as the article has it."""
        layers = self.layers.split(",")
        linear = [i for i, layer in enumerate(layers) if layer.startswith("linear:")]
        for i in [linear[-1], linear[0]]:
            layers.insert(i, f"dropout:{p}")
        return replace(self, layers=",".join(layers))

    def job(self, batch, remedy, **more):
        """What a program is told, apart from files and threads."""
        p, penalty = REMEDIES[remedy]
        layers = self.with_dropout(p).layers if p else self.layers
        job = {"input": self.input, "layers": layers, "penalty": penalty, "batch": batch}
        return job | more


ARTICLE = Work("article", "fashion", "784", "linear:1000,relu,linear:10", 60_000)
# The same on inputs without a zero: half of a picture's values are 0.
DENSE = replace(ARTICLE, name="dense", data="dense")
TABULAR = Work("tabular", "table", "20", "linear:64,relu,linear:64,relu,linear:2", 10_000)
CNN = Work("cnn", "fashion", "1x28x28",
           "conv:32:3:1,relu,max-pool:2,conv:64:3:1,relu,max-pool:2,flatten,"
           "linear:128,relu,linear:10", 60_000)


def sizes(text):
    """`784` → (784,), `1x28x28` → (1, 28, 28)."""
    return tuple(int(size) for size in text.split("x"))


def parse(layers):
    """`linear:10,relu` → [("linear", [10]), ("relu", [])]; dropout's p stays a float."""
    def number(text):
        return float(text) if "." in text else int(text)
    split = [layer.split(":") for layer in layers.split(",")]
    return [(name, [number(value) for value in values]) for name, *values in split]


def products(input, layers):
    """Multiply-adds of the forward pass of one sample, for each layer with weights.

    Products with the zeros of a convolution's padding count too; biases, activations,
    pooling, the loss and the optimiser do not."""
    shape, counts = sizes(input), []
    for name, values in parse(layers):
        if name == "linear":
            inputs = shape[0] if len(shape) == 1 else shape[0] * shape[1] * shape[2]
            counts.append(inputs * values[0])
            shape = (values[0],)
        elif name == "conv":
            (channels, height, width), (out, kernel, padding) = shape, values
            height, width = (side + 2 * padding - kernel + 1 for side in (height, width))
            counts.append(out * height * width * channels * kernel * kernel)
            shape = (out, height, width)
        elif name == "max-pool":
            shape = (shape[0], shape[1] // values[0], shape[2] // values[0])
        elif name == "flatten":
            shape = (shape[0] * shape[1] * shape[2],)
        elif name not in ["relu", "dropout"]:
            raise ValueError(f"no layer {name}")
    return counts


def multiply_adds(task, input, layers):
    """Multiply-adds of one sample. Evaluation: the forward pass. Training: also each
    layer's gradient of its weights, and of its input for all layers but the first."""
    forward = products(input, layers)
    if task == "evaluate":
        return sum(forward)
    return 3 * sum(forward) - forward[0]
