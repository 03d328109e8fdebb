"""JAX: the whole epoch, or evaluation, in one compiled lax.scan, Adam by hand, buffers
donated. Variant `steps`: a compiled call for each step instead. Images are NHWC."""

import functools
import os

from serve import serve, task

job = task()
os.environ["JAX_PLATFORMS"] = "cpu"
# Thread counts follow the processors that this process may use.
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:job.threads])

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
from jax import lax  # noqa: E402

jax.config.update("jax_default_prng_impl", "rbg")
x, y = job.x.reshape(-1, *job.shape), jnp.asarray(job.y, jnp.int32)
x = jnp.asarray(x.transpose(0, 2, 3, 1) if len(job.shape) == 3 else x)


def uniform(key, fan_in, *shapes):
    """Weight and bias, uniform in ±1/√fan_in."""
    bound = fan_in ** -0.5
    return tuple(jax.random.uniform(key, shape, minval=-bound, maxval=bound)
                 for key, shape in zip(jax.random.split(key), shapes))


def initial(key):
    """Weights and biases of all layers that have them."""
    shape, parameters = x.shape[1:], []
    for name, values in job.layers:
        key, mine = jax.random.split(key)
        if name == "linear":
            parameters.append(uniform(mine, shape[0], (shape[0], values[0]), (values[0],)))
            shape = (values[0],)
        elif name == "conv":
            out, kernel, padding = values
            fan_in = shape[2] * kernel * kernel
            parameters.append(uniform(mine, fan_in, (kernel, kernel, shape[2], out), (out,)))
            shape = (*(side + 2 * padding - kernel + 1 for side in shape[:2]), out)
        elif name == "max-pool":
            shape = (shape[0] // values[0], shape[1] // values[0], shape[2])
        elif name == "flatten":
            shape = (shape[0] * shape[1] * shape[2],)
    return parameters


def forward(parameters, x, key):
    """Logits; a key means training, and dropout."""
    weights = iter(parameters)
    for name, values in job.layers:
        if name == "linear":
            w, b = next(weights)
            x = x @ w + b
        elif name == "conv":
            w, b = next(weights)
            pad = (values[2], values[2])
            x = lax.conv_general_dilated(x, w, (1, 1), (pad, pad),
                                         dimension_numbers=("NHWC", "HWIO", "NHWC")) + b
        elif name == "max-pool":
            window = (1, values[0], values[0], 1)
            x = lax.reduce_window(x, -jnp.inf, lax.max, window, window, "VALID")
        elif name == "flatten":
            x = x.reshape(len(x), -1)
        elif name == "dropout" and key is not None:
            key, mine = jax.random.split(key)
            x = jnp.where(jax.random.bernoulli(mine, 1 - values[0], x.shape),
                          x / (1 - values[0]), 0)
        elif name == "relu":
            x = jax.nn.relu(x)
    return x


def cross_entropy(logits, y):
    return -jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], axis=1)


def objective(parameters, key, x, y):
    loss = cross_entropy(forward(parameters, x, key), y).mean()
    tensors = jax.tree.leaves(parameters)
    if job.penalty == "l1":
        return loss + job.strength * sum(jnp.abs(w).sum() for w in tensors), loss
    if job.penalty == "l2-norm":
        return loss + job.strength * sum(jnp.sqrt((w * w).sum()) for w in tensors), loss
    return loss, loss


def step(state, rows):
    parameters, m, v, t, key = state
    key, mask = jax.random.split(key)
    gradients, loss = jax.grad(objective, has_aux=True)(parameters, mask, x[rows], y[rows])
    t = t + 1
    m = jax.tree.map(lambda m, g: m + 0.1 * (g - m), m, gradients)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, gradients)
    rate, root = 1e-3 / (1 - 0.9 ** t), jnp.sqrt(1 - 0.999 ** t)
    parameters = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) / root + 1e-8),
                              parameters, m, v)
    return (parameters, m, v, t, key), loss * len(rows)


# The rows of whole batches; the rest makes a smaller one.
FULL = len(x) // job.batch * job.batch


@functools.partial(jax.jit, donate_argnums=0)
def scanned(state, key):
    order = jax.random.permutation(key, len(x))
    state, losses = lax.scan(step, state, order[:FULL].reshape(-1, job.batch))
    total = losses.sum()
    if FULL < len(x):
        state, last = step(state, order[FULL:])
        total += last
    return state, total / len(x)


one_step = jax.jit(step, donate_argnums=0)


def stepped(state, key):
    order = jax.random.permutation(key, len(x))
    total = 0
    for start in range(0, len(x), job.batch):
        state, loss = one_step(state, order[start:start + job.batch])
        total += loss
    return state, total / len(x)


@jax.jit
def evaluated(parameters):
    def sums(x, y):
        logits = forward(parameters, x, None)
        return cross_entropy(logits, y).sum(), (logits.argmax(1) == y).sum()

    def batches(values):
        return values[:FULL].reshape(-1, job.batch, *values.shape[1:])
    losses, hits = lax.map(lambda some: sums(*some), (batches(x), batches(y)))
    loss, hits = losses.sum(), hits.sum()
    if FULL < len(x):
        last = sums(x[FULL:], y[FULL:])
        loss, hits = loss + last[0], hits + last[1]
    return loss / len(x), hits


keys = jax.random.split(jax.random.key(0), 3)
weights = initial(keys[0])
zeros = functools.partial(jax.tree.map, jnp.zeros_like)
state = (weights, zeros(weights), zeros(weights), jnp.float32(0), keys[1])
epoch_of = stepped if "steps" in job.variant else scanned
count = 0


def epoch():
    global state, count
    count += 1
    state, loss = epoch_of(state, jax.random.fold_in(keys[2], count))
    return loss.block_until_ready()


def evaluation():
    loss, hits = evaluated(weights)
    hits.block_until_ready()
    return loss


serve(f"jax {jax.__version__}", evaluation if job.evaluate else epoch)
