#!/usr/bin/env python3
"""Writes the files beside this script: runs as the real programs write them.

Needs torch, keras, lightning, transformers, accelerate, tensorboard, pandas, fastai and
ultralytics, and for burn Cargo; not TensorFlow: Keras runs on PyTorch, and its TensorBoard
callback writes through tensorboard's own writer. Without names it makes all.

    python3 make.py [keras] [lightning] [huggingface] [pytorch] [fastai] [ultralytics] [burn]

`expected.json` holds what the programs themselves say of the run, by file: the columns
that must be read, taken from their memory and not from the files.
"""
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import types
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np
import torch

HERE = Path(__file__).resolve().parent
EXPECTED = HERE / "expected.json"
torch.set_num_threads(1)

rng = np.random.default_rng(7)
X = rng.normal(size=(300, 8)).astype("float32")
Y = (X[:, 0] + 0.5 * X[:, 1] ** 2 + rng.normal(size=300) > 0.5).astype("int64")
TRAIN, VAL = slice(0, 200), slice(200, 300)


def fresh(name):
    """An empty folder, or the place of a file that is not there."""
    path = HERE / name
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    return path


def floats(values):
    return [float(value) for value in values]


def keras_files():
    import keras
    import pandas

    keras.utils.set_random_seed(3)
    csv = fresh("keras_csv_logger.csv")
    events = fresh("keras_tensorboard")

    def model():
        made = keras.Sequential([keras.layers.Dense(32, activation="relu"), keras.layers.Dense(2)])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        made.compile(keras.optimizers.Adam(0.02), loss, metrics=["accuracy"])
        return made

    trained = model()
    tensorboard = keras.callbacks.TensorBoard(str(events), write_graph=False)
    tensorboard._summary_module = summary_without_tensorflow()
    callbacks = [keras.callbacks.CSVLogger(str(csv)), tensorboard]
    with (HERE / "keras_console.txt").open("w") as console, contextlib.redirect_stdout(console):
        history = trained.fit(
            X[TRAIN], Y[TRAIN], validation_data=(X[VAL], Y[VAL]), epochs=12, batch_size=50,
            callbacks=callbacks,
        )
        trained.evaluate(X[VAL], Y[VAL])
    without_names(events)
    figures = history.history
    (HERE / "keras_history.json").write_text(json.dumps(figures))
    pandas.DataFrame(figures).to_csv(HERE / "keras_pandas.csv")
    pandas.DataFrame(figures).to_json(HERE / "keras_pandas.json")

    run = {
        "train_loss": floats(figures["loss"]), "val_loss": floats(figures["val_loss"]),
        "train_score": floats(figures["accuracy"]), "val_score": floats(figures["val_accuracy"]),
    }
    from_0, from_1 = floats(range(12)), floats(range(1, 13))
    expected = {
        "keras_csv_logger.csv": {"origin": "looks like Keras's CSVLogger", "at": from_0, **run},
        "keras_history.json": {"origin": "looks like Keras's history as JSON", "at": from_1, **run},
        "keras_pandas.csv": {"origin": "pandas's to_csv", "at": from_0, **run},
        "keras_pandas.json": {
            "origin": "looks like Keras's history as JSON", "at": from_0, "tolerance": 1e-9, **run},
        "keras_console.txt": {
            "origin": "Keras's console output", "at": from_1, "tolerance": 6e-5, **run},
        "keras_tensorboard": {
            "origin": "Keras's TensorBoard folder", "at": from_0, "tolerance": 1e-6, **run},
    }

    history = model().fit(
        X[TRAIN], Y[TRAIN], validation_data=(X[VAL], Y[VAL]), epochs=6, validation_freq=2,
        verbose=0,
    ).history
    (HERE / "keras_validation_freq.json").write_text(json.dumps(history))
    val = [None if i % 2 == 0 else float(history["val_loss"][i // 2]) for i in range(6)]
    run = {"train_loss": floats(history["loss"]), "val_loss": val}
    expected["keras_validation_freq.json"] = {
        "origin": "looks like Keras's history as JSON", "at": floats(range(1, 7)), **run}

    # A rate that lets the loss become NaN.
    diverged = model()
    diverged.optimizer.learning_rate = 1e30
    csv = fresh("keras_nan.csv")
    history = diverged.fit(
        X[TRAIN], Y[TRAIN], validation_data=(X[VAL], Y[VAL]), epochs=3, verbose=0,
        callbacks=[keras.callbacks.CSVLogger(str(csv))],
    ).history
    (HERE / "keras_nan.json").write_text(json.dumps(history))
    words = {key: [str(float(v)) for v in history[key]] for key in ("loss", "val_loss")}
    for name, origin, at in (("keras_nan.csv", "looks like Keras's CSVLogger", range(3)),
                             ("keras_nan.json", "looks like Keras's history as JSON", range(1, 4))):
        expected[name] = {"origin": origin, "at": floats(at), "train_loss": words["loss"],
                          "val_loss": words["val_loss"]}
    return expected


def summary_without_tensorflow():
    """What Keras's callback asks of `tensorflow.summary`, on tensorboard's own writer."""
    import keras
    from tensorboard.summary import Writer

    current = []

    class FileWriter:
        def __init__(self, folder):
            self.writer = Writer(folder)

        @contextlib.contextmanager
        def as_default(self, step=None):
            current.append(self.writer)
            yield
            current.pop()

        def close(self):
            self.writer.close()

    def scalar(name, value, step):
        if current:
            value, step = (float(keras.ops.convert_to_numpy(x)) for x in (value, step))
            current[-1].add_scalar(name, value, step=int(step))

    return types.SimpleNamespace(create_file_writer=FileWriter, scalar=scalar)


def without_names(folder):
    """Event files are called after the machine and the process; these are not."""
    for i, path in enumerate(sorted(folder.rglob("events.out.tfevents.*"))):
        path.rename(path.with_name(f"events.out.tfevents.{1700000000 + i}.host.1.0"))


def lightning_files():
    import lightning
    from torch.utils.data import DataLoader, TensorDataset

    def loader(part, shuffle):
        data = TensorDataset(torch.from_numpy(X[part]), torch.from_numpy(Y[part]))
        return DataLoader(data, batch_size=20, shuffle=shuffle)

    class Module(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.layers = torch.nn.Sequential(
                torch.nn.Linear(8, 32), torch.nn.ReLU(), torch.nn.Linear(32, 2))
            self.seen = []

        def figures(self, batch):
            x, y = batch
            out = self.layers(x)
            return torch.nn.functional.cross_entropy(out, y), (out.argmax(1) == y).float().mean()

        def training_step(self, batch, _):
            loss, accuracy = self.figures(batch)
            self.log("train_loss", loss, on_step=True, on_epoch=True)
            self.log("train_acc", accuracy, on_step=False, on_epoch=True)
            return loss

        def validation_step(self, batch, _):
            loss, accuracy = self.figures(batch)
            self.log("val_loss", loss)
            self.log("val_acc", accuracy)

        def on_train_epoch_end(self):
            figures = self.trainer.callback_metrics
            self.seen.append({key: float(figures[key]) for key in
                              ("train_loss_epoch", "train_acc", "val_loss", "val_acc")})

        def configure_optimizers(self):
            return torch.optim.Adam(self.parameters(), lr=0.02)

    expected = {}
    lightning.seed_everything(5)
    fresh("lightning")
    events = fresh("lightning_tensorboard")
    for version, options in (("epochs", {}), ("halves", {"val_check_interval": 0.5})):
        loggers = [lightning.pytorch.loggers.CSVLogger(HERE, name="lightning", version=version)]
        if not options:
            loggers.append(lightning.pytorch.loggers.TensorBoardLogger(
                HERE, name=events.name, version="", default_hp_metric=False))
        module = Module()
        trainer = lightning.Trainer(
            max_epochs=5, logger=loggers, log_every_n_steps=3, enable_checkpointing=False,
            enable_progress_bar=False, enable_model_summary=False, accelerator="cpu", **options)
        trainer.fit(module, loader(TRAIN, True), loader(VAL, False))
        if not options:
            expected[f"lightning/{version}"] = {
                "origin": "Lightning's CSVLogger", "at": floats(range(5)), "tolerance": 1e-6,
                "train_loss": [row["train_loss_epoch"] for row in module.seen],
                "train_score": [row["train_acc"] for row in module.seen],
                "val_loss": [row["val_loss"] for row in module.seen],
                "val_score": [row["val_acc"] for row in module.seen],
            }
            expected[events.name] = {
                **expected[f"lightning/{version}"], "origin": "TensorBoard's event files"}
    without_names(events)
    return expected


def huggingface_files():
    import transformers

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = torch.nn.Sequential(
                torch.nn.Linear(8, 32), torch.nn.ReLU(), torch.nn.Linear(32, 2))

        def forward(self, x, labels):
            logits = self.layers(x)
            return {"loss": torch.nn.functional.cross_entropy(logits, labels), "logits": logits}

    def samples(part):
        return [{"x": torch.tensor(x), "labels": int(y)} for x, y in zip(X[part], Y[part])]

    def accuracy(outcome):
        return {"accuracy": float((outcome.predictions.argmax(1) == outcome.label_ids).mean())}

    expected = {}
    for name, strategy in (("huggingface_epochs", {"eval_strategy": "epoch"}),
                           ("huggingface_steps", {"eval_strategy": "steps", "eval_steps": 15})):
        transformers.set_seed(5)
        folder = fresh(name)
        arguments = transformers.TrainingArguments(
            output_dir=str(folder), num_train_epochs=6, per_device_train_batch_size=20,
            learning_rate=0.02, logging_steps=5, save_strategy="no", report_to="none",
            use_cpu=True, disable_tqdm=True, **strategy)
        trainer = transformers.Trainer(
            Network(), arguments, train_dataset=samples(TRAIN), eval_dataset=samples(VAL),
            compute_metrics=accuracy)
        trainer.train()
        trainer.save_state()
        logs = trainer.state.log_history
        evaluations = [log for log in logs if "eval_loss" in log]
        ends = [0.0] + [log["step"] for log in evaluations]
        means = []
        for start, end in zip(ends, ends[1:]):
            between = [log["loss"] for log in logs if "loss" in log and start < log["step"] <= end]
            means.append(float(np.mean(between)))
        # Whether the rounded figures tell the size.
        tells = any(5e-5 * log["eval_samples_per_second"] + 5e-4 * log["eval_runtime"] < 0.4
                    for log in evaluations)
        expected[name] = {
            "origin": "Hugging Face's trainer_state.json", "tolerance": 1e-9,
            "val_size": 100 if tells else None,
            "at": [log["epoch"] for log in evaluations], "train_loss": means,
            "val_loss": [log["eval_loss"] for log in evaluations],
            "val_score": [log["eval_accuracy"] for log in evaluations],
        }
    return expected


def pytorch_files():
    from torch.utils.tensorboard import SummaryWriter

    folder = fresh("pytorch_tensorboard")
    torch.manual_seed(1)
    network = torch.nn.Sequential(torch.nn.Linear(8, 32), torch.nn.ReLU(), torch.nn.Linear(32, 2))
    optimizer = torch.optim.Adam(network.parameters(), lr=0.02)
    x, y = torch.from_numpy(X), torch.from_numpy(Y)
    at, train, val, steps = [], [], [], []
    with SummaryWriter(str(folder), filename_suffix=".golden") as writer:
        for step in range(60):
            rows = torch.randint(0, 200, (20,))
            loss = torch.nn.functional.cross_entropy(network(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            writer.add_scalar("Loss/train", loss.item(), step)
            writer.add_histogram("weights", network[0].weight, step) if step == 0 else None
            steps.append(float(np.float32(loss.item())))
            if step % 10 == 9:
                with torch.no_grad():
                    held = torch.nn.functional.cross_entropy(network(x[VAL]), y[VAL]).item()
                writer.add_scalar("Loss/val", held, step, new_style=True)
                at.append(float(step))
                val.append(held)
                train.append(float(np.mean(steps)))
                steps.clear()
    without_names(folder)
    return {"pytorch_tensorboard": {
        "origin": "TensorBoard's event files", "at": at, "train_loss": train, "val_loss": val,
        "tolerance": 1e-6}}


def fastai_files():
    from fastai.callback.progress import CSVLogger
    from fastai.data.core import DataLoaders
    from fastai.data.load import DataLoader
    from fastai.learner import Learner
    from fastai.metrics import accuracy, error_rate

    def loader(part, shuffle):
        samples = [(torch.tensor(x), torch.tensor(y)) for x, y in zip(X[part], Y[part])]
        return DataLoader(samples, bs=20, shuffle=shuffle, num_workers=0)

    name = "fastai_csv_logger.csv"
    path = fresh(name)
    torch.manual_seed(2)
    network = torch.nn.Sequential(torch.nn.Linear(8, 32), torch.nn.ReLU(), torch.nn.Linear(32, 2))
    loaders = DataLoaders(loader(TRAIN, True), loader(VAL, False))
    learner = Learner(loaders, network, loss_func=torch.nn.functional.cross_entropy, metrics=[error_rate, accuracy],
                      path=HERE, train_bn=False)
    with learner.no_bar(), learner.no_logging():
        learner.fit(5, lr=0.02, cbs=CSVLogger(fname=path.name))
    train, val, _, scores = (floats(column) for column in zip(*learner.recorder.values))
    return {name: {
        "origin": "fastai's CSVLogger", "at": floats(range(5)), "tolerance": 1e-6,
        "train_loss": train, "val_loss": val, "val_score": scores}}


def ultralytics_files():
    """Networks from their description, tiny pictures, nothing fetched."""
    os.environ["YOLO_OFFLINE"] = "true"
    os.environ["YOLO_CONFIG_DIR"] = tempfile.mkdtemp()
    from PIL import Image
    from ultralytics import YOLO, settings

    settings.update({"sync": False, "tensorboard": False})
    work = Path(tempfile.mkdtemp())
    shades = np.random.default_rng(4)

    def picture(path, bright):
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = shades.integers(0, 120, (32, 32, 3), dtype="uint8")
        pixels[8:24, 8:24] += np.uint8(130 * bright)
        Image.fromarray(pixels).save(path)

    for part, count in (("train", 20), ("val", 10)):
        for i in range(count):
            picture(work / "classes" / part / ("dark", "light")[i % 2] / f"{i}.png", i % 2)
            picture(work / "boxes/images" / part / f"{i}.png", 1)
            label = work / "boxes/labels" / part / f"{i}.txt"
            label.parent.mkdir(parents=True, exist_ok=True)
            label.write_text("0 0.5 0.5 0.5 0.5\n")
    boxes = work / "boxes.yaml"
    boxes.write_text(f"path: {work / 'boxes'}\ntrain: images/train\nval: images/val\nnames: [box]\n")

    expected = {}
    for task, network, data, score in (
            ("classify", "yolov8n-cls.yaml", work / "classes", "metrics/accuracy_top1"),
            ("detect", "yolov8n.yaml", boxes, "metrics/mAP50-95(B)")):
        rows = []

        def epoch_ends(trainer):
            losses = trainer.label_loss_items(trainer.tloss, prefix="train")
            values = {**losses, **trainer.metrics}
            total = lambda part: float(np.sum([v for k, v in values.items() if k.startswith(part)]))
            rows.append((total("train/"), total("val/"), float(values[score])))

        model = YOLO(network)
        model.add_callback("on_fit_epoch_end", epoch_ends)
        model.train(data=str(data), epochs=3, imgsz=32, batch=10, workers=0, device="cpu",
                    plots=False, save=False, verbose=False, project=str(work), name=task, seed=1)
        name = f"ultralytics_{task}/results.csv"
        fresh(f"ultralytics_{task}").mkdir()
        shutil.copyfile(work / task / "results.csv", HERE / name)
        train, val, scores = (floats(column) for column in zip(*rows[:3]))
        expected[name] = {
            "origin": "Ultralytics's results.csv", "at": floats(range(1, 4)), "tolerance": 1e-4,
            "train_loss": train, "val_loss": val, "val_score": scores}
    shutil.rmtree(work)
    return expected


BURN = """[package]
name = "burn-run"
version = "0.0.0"
edition = "2024"

[dependencies]
burn = { version = "=0.21.0", default-features = false, features = ["std", "ndarray", "train"] }

[profile.dev]
debug = false
"""


def burn_files():
    """Builds `burn.rs`, which takes minutes, and runs it."""
    folder = fresh("burn")
    with tempfile.TemporaryDirectory() as project:
        (Path(project) / "src").mkdir()
        (Path(project) / "Cargo.toml").write_text(BURN)
        shutil.copyfile(HERE / "burn.rs", Path(project) / "src/main.rs")
        ran = subprocess.run(["cargo", "run", "--quiet", "--", str(folder)], cwd=project,
                             stdout=subprocess.PIPE, text=True, check=True)
    said = json.loads(ran.stdout.splitlines()[-1])
    return {"burn": {"origin": "burn's experiment folder", "at": floats(range(1, 5)),
                     "tolerance": 1e-9, "val_size": 100, **said}}


def main():
    makers = {"keras": keras_files, "lightning": lightning_files,
              "huggingface": huggingface_files, "pytorch": pytorch_files,
              "fastai": fastai_files, "ultralytics": ultralytics_files, "burn": burn_files}
    asked = sys.argv[1:] or list(makers)
    expected = json.loads(EXPECTED.read_text()) if EXPECTED.exists() else {}
    for name in asked:
        expected |= makers[name]()
    EXPECTED.write_text(json.dumps(expected, indent=1, sort_keys=True) + "\n")


main()
