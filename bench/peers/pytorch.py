"""PyTorch: as written, with fused Adam, and compiled.

Batches are indexed from one tensor; a DataLoader would add seconds of its own.
"""

import torch
from serve import L1, L2_NORM, P, serve, task
from torch import nn

job = task()
torch.manual_seed(0)
torch.set_num_threads(job.threads)
x, y = torch.from_numpy(job.x), torch.from_numpy(job.y).long()

hidden, output = nn.Linear(784, 1000), nn.Linear(1000, 10)
if job.remedy == "dropout":
    model = nn.Sequential(nn.Dropout(P), hidden, nn.ReLU(), nn.Dropout(P), output)
else:
    model = nn.Sequential(hidden, nn.ReLU(), output)
parameters = list(model.parameters())
optimizer = torch.optim.Adam(parameters, fused=job.variant != "written")
if job.variant != "written":
    torch.set_flush_denormal(True)


def objective(x, y):
    """Cross-entropy and, apart, cross-entropy with the penalty."""
    loss = nn.functional.cross_entropy(model(x), y)
    if job.variant == "foreach":
        return loss, loss
    if job.remedy == "l1":
        return loss, loss + L1 * sum(w.abs().sum() for w in parameters)
    if job.remedy == "l2-norm":
        return loss, loss + L2_NORM * sum(w.norm(2) for w in parameters)
    return loss, loss


@torch.no_grad()
def penalty_by_hand():
    """The penalty's gradient in two calls for all tensors, past autograd."""
    gradients = [w.grad for w in parameters]
    if job.remedy == "l1":
        torch._foreach_add_(gradients, torch._foreach_sign(parameters), alpha=L1)
    else:
        norms = torch._foreach_norm(parameters)
        terms = torch._foreach_mul(parameters, [L2_NORM / norm.item() for norm in norms])
        torch._foreach_add_(gradients, terms)


if job.variant == "compiled":
    objective = torch.compile(objective, dynamic=False)


def epoch():
    model.train()
    order = torch.randperm(len(x))
    total = torch.zeros(())
    for start in range(0, len(x), job.batch):
        rows = order[start:start + job.batch]
        loss, whole = objective(x[rows], y[rows])
        optimizer.zero_grad()
        whole.backward()
        if job.variant == "foreach":
            penalty_by_hand()
        optimizer.step()
        total += loss.detach() * len(rows)
    return total / len(x)


serve(f"torch {torch.__version__}", epoch)
