"""The article's run in PyTorch, for bench/memory: FOLDER EPOCHS THREADS."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

import torch  # noqa: E402
from torch import nn  # noqa: E402

import data  # noqa: E402

folder, epochs, threads = sys.argv[1:]
torch.manual_seed(0)
torch.set_num_threads(int(threads))


def tensors(part):
    images, labels = data.fashion(pathlib.Path(folder), part)
    return torch.tensor(images).float().div_(255), torch.tensor(labels).long()


(x, y), (val_x, val_y) = tensors("train"), tensors("t10k")
model = nn.Sequential(nn.Linear(784, 1000), nn.ReLU(), nn.Linear(1000, 10))
optimizer = torch.optim.Adam(model.parameters(), fused=True)


@torch.no_grad()
def judge(x, y):
    model.eval()
    logits = torch.cat([model(batch) for batch in x.split(1000)])
    return nn.functional.cross_entropy(logits, y).item(), (logits.argmax(1) == y).float().mean().item()


for epoch in range(int(epochs)):
    model.train()
    for rows in torch.randperm(len(x)).split(32):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
        optimizer.step()
    print(epoch + 1, *judge(x, y), *judge(val_x, val_y))
