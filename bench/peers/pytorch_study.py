"""The article's study in PyTorch, as a whole command: arms one after the other, or side by
side, each evaluated on both sets after every epoch.

    pytorch_study.py FOLDER EPOCHS SAMPLES THREADS written|best|side-by-side [ARM…]

`written` is the code one finds: a DataLoader, Adam as it comes, the penalty through
autograd, `loss.item()` each step. `best` indexes batches from one tensor, has fused Adam,
the penalty's gradient by `_foreach` calls, denormals flushed and evaluates large batches
in `inference_mode`. `side-by-side` trains as many arms at once as there are threads, each
with one. All arms when none is named. SAMPLES limits the training set.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

import torch  # noqa: E402
from torch import nn  # noqa: E402
from torch.utils.data import DataLoader, TensorDataset  # noqa: E402

import data  # noqa: E402

ARMS = ["baseline", "dropout", "l1", "l2-norm", "plateau"]
P, L1, L2_NORM = 0.5, 1e-4, 1e-2


def tensors(folder, samples):
    """Training and validation set."""
    sets = []
    for part, limit in [("train", samples), ("t10k", None)]:
        images, labels = data.fashion(pathlib.Path(folder), part)
        images, labels = torch.tensor(images[:limit]), torch.tensor(labels[:limit])
        sets.append((images.float().div_(255), labels.long()))
    return sets


def network(arm):
    hidden, output = nn.Linear(784, 1000), nn.Linear(1000, 10)
    if arm == "dropout":
        return nn.Sequential(nn.Dropout(P), hidden, nn.ReLU(), nn.Dropout(P), output)
    return nn.Sequential(hidden, nn.ReLU(), output)


def plateau(optimizer):
    return torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=0.5, patience=0, threshold=1e-3, threshold_mode="abs", min_lr=1e-5)


def tell(arm, epoch, judged):
    print(arm, epoch + 1, *(f"{figure:.4f}" for pair in judged for figure in pair), flush=True)


class Written:
    """The plain way."""

    def __init__(self, train, validation):
        self.train = DataLoader(TensorDataset(*train), 32, shuffle=True)
        self.judged = [DataLoader(TensorDataset(*part), 32) for part in (train, validation)]

    def judge(self, model, loader):
        model.eval()
        loss, hits, count = 0.0, 0, 0
        with torch.no_grad():
            for x, y in loader:
                logits = model(x)
                loss += nn.functional.cross_entropy(logits, y).item() * len(y)
                hits += (logits.argmax(1) == y).sum().item()
                count += len(y)
        return loss / count, hits / count

    def run(self, arm, epochs):
        model = network(arm)
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
        schedule = plateau(optimizer)
        for epoch in range(epochs):
            model.train()
            total = 0.0
            for x, y in self.train:
                optimizer.zero_grad()
                loss = nn.functional.cross_entropy(model(x), y)
                if arm == "l1":
                    loss = loss + L1 * sum(w.abs().sum() for w in model.parameters())
                if arm == "l2-norm":
                    loss = loss + L2_NORM * sum(w.norm(2) for w in model.parameters())
                loss.backward()
                optimizer.step()
                total += loss.item() * len(y)
            judged = [self.judge(model, loader) for loader in self.judged]
            if arm == "plateau":
                schedule.step(judged[1][0])
            tell(arm, epoch, judged)


class Best:
    """The fastest eager way."""

    def __init__(self, train, validation):
        torch.set_flush_denormal(True)
        self.train, self.judged = train, [train, validation]

    @torch.inference_mode()
    def judge(self, model, x, y):
        model.eval()
        logits = torch.cat([model(some) for some in x.split(1000)])
        hits = (logits.argmax(1) == y).float().mean()
        return nn.functional.cross_entropy(logits, y).item(), hits.item()

    @torch.no_grad()
    def penalise(self, arm, parameters):
        gradients = [w.grad for w in parameters]
        if arm == "l1":
            torch._foreach_add_(gradients, torch._foreach_sign(parameters), alpha=L1)
        if arm == "l2-norm":
            norms = torch._foreach_norm(parameters)
            terms = torch._foreach_mul(parameters, [L2_NORM / norm.item() for norm in norms])
            torch._foreach_add_(gradients, terms)

    def run(self, arm, epochs):
        model, (x, y) = network(arm), self.train
        parameters = list(model.parameters())
        optimizer = torch.optim.Adam(parameters, lr=1e-3, fused=True)
        schedule = plateau(optimizer)
        for epoch in range(epochs):
            model.train()
            total = torch.zeros(())
            for rows in torch.randperm(len(x)).split(32):
                optimizer.zero_grad()
                loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
                loss.backward()
                self.penalise(arm, parameters)
                optimizer.step()
                total += loss.detach() * len(rows)
            judged = [self.judge(model, *part) for part in self.judged]
            if arm == "plateau":
                schedule.step(judged[1][0])
            tell(arm, epoch, judged)


def arm_alone(arm, folder, epochs, samples):
    """A process of its own, with one thread."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    Best(*tensors(folder, samples)).run(arm, epochs)


def main():
    folder, epochs, samples, threads, way, *arms = sys.argv[1:]
    epochs, samples, threads, arms = int(epochs), int(samples), int(threads), arms or ARMS
    if way == "side-by-side":
        from torch.multiprocessing import Pool
        with Pool(threads) as pool:
            pool.starmap(arm_alone, [(arm, folder, epochs, samples) for arm in arms], 1)
        return
    torch.set_num_threads(threads)
    study = {"written": Written, "best": Best}[way](*tensors(folder, samples))
    for arm in arms:
        torch.manual_seed(0)
        study.run(arm, epochs)


if __name__ == "__main__":
    main()
