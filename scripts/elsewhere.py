#!/usr/bin/env python3
"""Trains real runs with other programs, for `wellfit diagnose` to judge.

Keras (its CSVLogger), Lightning (its CSVLogger's metrics.csv) and Hugging Face's trainer
(trainer_state.json of its last checkpoint) each train a network with one hidden layer on
3,000 images of Fashion-MNIST, validated on 5,000 others, four times:

    overlong     1,000 units, Adam at 1e-3, 30 epochs: far too wide and far too long
    stopped      128 units, dropout 0.5, Adam at 1e-3, until the program's own early
                 stopping with a patience of 3 ends it, 60 epochs at most
    slow         128 units, Adam at 1e-5, 6 epochs: a rate far too small
    fast         128 units, SGD at 100: a rate far too large, 6 epochs

    scripts/elsewhere.py OUT [keras] [lightning] [huggingface]

writes OUT/keras-overlong.csv, OUT/lightning-overlong.csv, OUT/huggingface-overlong.json and
so on, each the file that the program wrote, and takes about 2.5 minutes on one core. Seeds
are fixed; the last digits depend on the machine. docs/runs.md says how wellfit judges them.

Needs Python 3.11, Debian's package dataset-fashion-mnist or a folder with its .gz files
given with --source, and what docs/runs.md was written with:
    pip install torch==2.15.0 keras==3.15.1 lightning==2.6.6 transformers==5.23.0 \\
        accelerate==1.15.0 numpy==2.4.6
"""

import argparse
import dataclasses
import gzip
import os
import pathlib
import shutil
import tempfile

os.environ["KERAS_BACKEND"] = "torch"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np
import torch

SEED = 1
TRAINING, VALIDATION = slice(0, 3000), slice(55000, 60000)
FEATURES, CLASSES = 28 * 28, 10
BATCH = 32


@dataclasses.dataclass(frozen=True)
class Recipe:
    """What is trained, and how."""

    width: int
    lr: float
    epochs: int
    dropout: float = 0.0
    optimizer: str = "adam"
    patience: int | None = None


RECIPES = {
    "overlong": Recipe(width=1000, lr=1e-3, epochs=30),
    "stopped": Recipe(width=128, lr=1e-3, epochs=60, dropout=0.5, patience=3),
    "slow": Recipe(width=128, lr=1e-5, epochs=6),
    "fast": Recipe(width=128, lr=100.0, epochs=6, optimizer="sgd"),
}


def read(folder, name, header):
    """The bytes of one IDX file, without its header."""
    content = gzip.decompress((folder / f"train-{name}-ubyte.gz").read_bytes())
    return np.frombuffer(content, dtype="uint8", offset=header)


def parts(folder):
    """Images as rows of values from 0 to 1 and their classes: training, then validation."""
    images = read(folder, "images-idx3", 16).reshape(-1, FEATURES)
    labels = read(folder, "labels-idx1", 8)
    return [
        ((images[rows] / 255).astype("float32"), labels[rows].astype("int64"))
        for rows in (TRAINING, VALIDATION)
    ]


def network(recipe):
    return torch.nn.Sequential(
        torch.nn.Linear(FEATURES, recipe.width),
        torch.nn.ReLU(),
        torch.nn.Dropout(recipe.dropout),
        torch.nn.Linear(recipe.width, CLASSES),
    )


def tensors(part):
    return torch.utils.data.TensorDataset(*map(torch.from_numpy, part))


def keras_run(recipe, training, validation, file, _):
    import keras

    keras.utils.set_random_seed(SEED)
    model = keras.Sequential([
        keras.layers.Dense(recipe.width, activation="relu"),
        keras.layers.Dropout(recipe.dropout),
        keras.layers.Dense(CLASSES),
    ])
    optimizer = {"adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD}[recipe.optimizer]
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer(recipe.lr), loss, metrics=["accuracy"])
    callbacks = [keras.callbacks.CSVLogger(str(file.with_suffix(".csv")))]
    if recipe.patience:
        callbacks.append(keras.callbacks.EarlyStopping(patience=recipe.patience))
    model.fit(*training, validation_data=validation, epochs=recipe.epochs, batch_size=BATCH,
              callbacks=callbacks, verbose=0)


def lightning_run(recipe, training, validation, file, work):
    import lightning
    from torch.nn.functional import cross_entropy
    from torch.utils.data import DataLoader

    lightning.seed_everything(SEED, verbose=False)

    class Classifier(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.network = network(recipe)

        def figures(self, part, batch):
            images, labels = batch
            outputs = self.network(images)
            loss = cross_entropy(outputs, labels)
            accuracy = (outputs.argmax(1) == labels).float().mean()
            figures = {f"{part}_loss": loss, f"{part}_acc": accuracy}
            self.log_dict(figures, on_step=False, on_epoch=True)
            return loss

        def training_step(self, batch, _):
            return self.figures("train", batch)

        def validation_step(self, batch, _):
            self.figures("val", batch)

        def configure_optimizers(self):
            kinds = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}
            return kinds[recipe.optimizer](self.parameters(), lr=recipe.lr)

    callbacks = []
    if recipe.patience:
        callbacks.append(lightning.pytorch.callbacks.EarlyStopping(
            "val_loss", patience=recipe.patience))
    logger = lightning.pytorch.loggers.CSVLogger(work, name="", version="")
    trainer = lightning.Trainer(
        max_epochs=recipe.epochs, logger=logger, callbacks=callbacks, accelerator="cpu",
        num_sanity_val_steps=0, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False)
    trainer.fit(
        Classifier(), DataLoader(tensors(training), batch_size=BATCH, shuffle=True),
        DataLoader(tensors(validation), batch_size=500))
    shutil.copyfile(work / "metrics.csv", file.with_suffix(".csv"))


def huggingface_run(recipe, training, validation, file, work):
    import transformers
    from torch.nn.functional import cross_entropy

    transformers.set_seed(SEED)

    class Classifier(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.network = network(recipe)

        def forward(self, images, labels):
            logits = self.network(images)
            return {"loss": cross_entropy(logits, labels), "logits": logits}

    def collate(samples):
        images, labels = map(torch.stack, zip(*samples))
        return {"images": images, "labels": labels}

    def accuracy(outcome):
        return {"accuracy": float((outcome.predictions.argmax(1) == outcome.label_ids).mean())}

    stopping = {}
    if recipe.patience:
        stopping = {"load_best_model_at_end": True, "metric_for_best_model": "eval_loss"}
    arguments = transformers.TrainingArguments(
        output_dir=str(work), num_train_epochs=recipe.epochs, learning_rate=recipe.lr,
        optim={"adam": "adamw_torch", "sgd": "sgd"}[recipe.optimizer], seed=SEED,
        per_device_train_batch_size=BATCH, per_device_eval_batch_size=500,
        eval_strategy="epoch", logging_strategy="epoch", save_strategy="epoch",
        save_only_model=True, save_total_limit=2, report_to="none", use_cpu=True,
        disable_tqdm=True, **stopping)
    callbacks = []
    if recipe.patience:
        callbacks.append(transformers.EarlyStoppingCallback(recipe.patience))
    trainer = transformers.Trainer(
        Classifier(), arguments, data_collator=collate, train_dataset=tensors(training),
        eval_dataset=tensors(validation), compute_metrics=accuracy, callbacks=callbacks)
    # What it would print is what it writes.
    trainer.remove_callback(transformers.PrinterCallback)
    trainer.train()
    states = work.glob("checkpoint-*/trainer_state.json")
    last = max(states, key=lambda path: int(path.parent.name.removeprefix("checkpoint-")))
    shutil.copyfile(last, file.with_suffix(".json"))


PROGRAMS = {"keras": keras_run, "lightning": lightning_run, "huggingface": huggingface_run}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", default=list(PROGRAMS))
    parser.add_argument("--source", type=pathlib.Path,
                        default="/usr/share/datasets/fashion-mnist")
    arguments = parser.parse_args()
    unknown = set(arguments.programs) - set(PROGRAMS)
    if unknown:
        parser.error(f"no such program: {', '.join(sorted(unknown))}; there are {', '.join(PROGRAMS)}")
    torch.set_num_threads(1)
    training, validation = parts(arguments.source)
    arguments.out.mkdir(parents=True, exist_ok=True)
    for program in arguments.programs:
        for name, recipe in RECIPES.items():
            with tempfile.TemporaryDirectory() as work:
                file = arguments.out / f"{program}-{name}"
                PROGRAMS[program](recipe, training, validation, file, pathlib.Path(work))
            print(file)


if __name__ == "__main__":
    main()
