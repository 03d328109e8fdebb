"""PyTorch: an epoch, or an evaluation in `inference_mode`, in the ways its variant names:

    written         Adam as it comes; without it: fused Adam, denormals flushed
    foreach         the penalty's gradient by `_foreach` calls, past autograd
    compiled        `torch.compile` on the objective
    compiled-step   `torch.compile` on the optimiser's step too
    channels-last   images and convolutions in channels_last

Batches are indexed from one tensor; a DataLoader would add seconds of its own.
"""

import torch
from serve import serve, task
from torch import nn

job = task()
torch.manual_seed(0)
torch.set_num_threads(job.threads)
x, y = torch.from_numpy(job.x), torch.from_numpy(job.y).long()
x = x.reshape(-1, *job.shape)

# How a layer is made from its values and the shape it is given.
LAYERS = {
    "linear": lambda shape, out: nn.Linear(shape[0], out),
    "relu": lambda shape: nn.ReLU(),
    "dropout": lambda shape, p: nn.Dropout(p),
    "conv": lambda shape, out, kernel, padding: nn.Conv2d(shape[0], out, kernel,
                                                          padding=padding),
    "max-pool": lambda shape, size: nn.MaxPool2d(size),
    "flatten": lambda shape: nn.Flatten(),
}
model = nn.Sequential()
for name, values in job.layers:
    with torch.no_grad():
        given = model(x[:2]).shape[1:]
    model.append(LAYERS[name](given, *values))
if "channels-last" in job.variant:
    model = model.to(memory_format=torch.channels_last)
    x = x.contiguous(memory_format=torch.channels_last)
parameters = list(model.parameters())
if "written" not in job.variant:
    torch.set_flush_denormal(True)
optimizer = torch.optim.Adam(
    parameters, fused=not job.variant & {"written", "compiled-step"})


def objective(x, y):
    """Cross-entropy and, apart, cross-entropy with the penalty."""
    loss = nn.functional.cross_entropy(model(x), y)
    if job.penalty == "none" or "foreach" in job.variant:
        return loss, loss
    if job.penalty == "l1":
        return loss, loss + job.strength * sum(w.abs().sum() for w in parameters)
    return loss, loss + job.strength * sum(w.norm(2) for w in parameters)


@torch.no_grad()
def penalty_by_hand():
    """The penalty's gradient in two calls for all tensors, past autograd."""
    gradients = [w.grad for w in parameters]
    if job.penalty == "l1":
        torch._foreach_add_(gradients, torch._foreach_sign(parameters), alpha=job.strength)
    else:
        norms = torch._foreach_norm(parameters)
        terms = torch._foreach_mul(parameters, [job.strength / norm.item() for norm in norms])
        torch._foreach_add_(gradients, terms)


def judge(x, y):
    """Summed cross-entropy and hits."""
    logits = model(x)
    return (nn.functional.cross_entropy(logits, y, reduction="sum"),
            (logits.argmax(1) == y).sum())


step = optimizer.step
if job.variant & {"compiled", "compiled-step"}:
    objective = torch.compile(objective, dynamic=False)
    judge = torch.compile(judge, dynamic=False)
if "compiled-step" in job.variant:
    step = torch.compile(step)


def epoch():
    model.train()
    order = torch.randperm(len(x))
    total = torch.zeros(())
    for start in range(0, len(x), job.batch):
        rows = order[start:start + job.batch]
        loss, whole = objective(x[rows], y[rows])
        optimizer.zero_grad()
        whole.backward()
        if "foreach" in job.variant:
            penalty_by_hand()
        step()
        total += loss.detach() * len(rows)
    return total / len(x)


@torch.inference_mode()
def evaluation():
    model.eval()
    loss, hits = torch.zeros(()), torch.zeros((), dtype=torch.long)
    for some, labels in zip(x.split(job.batch), y.split(job.batch)):
        sums = judge(some, labels)
        loss += sums[0]
        hits += sums[1]
    hits.item()
    return loss / len(x)


serve(f"torch {torch.__version__}", evaluation if job.evaluate else epoch)
