"""JAX: the whole epoch in one compiled lax.scan, Adam by hand, buffers donated."""

import functools
import os

from serve import L1, L2_NORM, P, serve, task

job = task()
os.environ["JAX_PLATFORMS"] = "cpu"
# Thread counts follow the processors that this process may use.
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:job.threads])

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402

jax.config.update("jax_default_prng_impl", "rbg")
x, y = jnp.asarray(job.x), jnp.asarray(job.y, jnp.int32)


def linear(key, inputs, outputs):
    bound = inputs ** -0.5
    weight, bias = jax.random.split(key)
    return (jax.random.uniform(weight, (inputs, outputs), minval=-bound, maxval=bound),
            jax.random.uniform(bias, (outputs,), minval=-bound, maxval=bound))


def drop(key, x):
    return jnp.where(jax.random.bernoulli(key, 1 - P, x.shape), x / (1 - P), 0)


def objective(parameters, key, x, y):
    first, second = jax.random.split(key)
    (w1, b1), (w2, b2) = parameters
    if job.remedy == "dropout":
        x = drop(first, x)
    hidden = jax.nn.relu(x @ w1 + b1)
    if job.remedy == "dropout":
        hidden = drop(second, hidden)
    logits = hidden @ w2 + b2
    chosen = jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], axis=1)
    loss, tensors = -chosen.mean(), jax.tree.leaves(parameters)
    if job.remedy == "l1":
        return loss + L1 * sum(jnp.abs(w).sum() for w in tensors), loss
    if job.remedy == "l2-norm":
        return loss + L2_NORM * sum(jnp.sqrt((w * w).sum()) for w in tensors), loss
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


@functools.partial(jax.jit, donate_argnums=0)
def epoch_of(state, key):
    order = jax.random.permutation(key, len(x))
    full = len(x) // job.batch * job.batch
    state, losses = jax.lax.scan(step, state, order[:full].reshape(-1, job.batch))
    total = losses.sum()
    if full < len(x):
        state, last = step(state, order[full:])
        total += last
    return state, total / len(x)


keys = jax.random.split(jax.random.key(0), 4)
weights = [linear(keys[0], 784, 1000), linear(keys[1], 1000, 10)]
zeros = functools.partial(jax.tree.map, jnp.zeros_like)
state = (weights, zeros(weights), zeros(weights), jnp.float32(0), keys[2])
count = 0


def epoch():
    global state, count
    count += 1
    state, loss = epoch_of(state, jax.random.fold_in(keys[3], count))
    return loss.block_until_ready()


serve(f"jax {jax.__version__}", epoch)
