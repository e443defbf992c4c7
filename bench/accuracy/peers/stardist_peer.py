"""Trains StarDist from nothing, and segments with it: stardist_peer.py train|predict JOB. Called by compare.py.

As StarDist's example of training in 2D does: 32 rays on a grid of 2, patches of 256 x 256 px, four a step, Adam with
3e-4, halved where the validation loss does not fall for a tenth of the epochs, the best weights kept, both thresholds
chosen on the images held out. The training has EPOCHS epochs, each of a part of the job's steps. With "bfloat16" in the
job convolutions are trained in that precision, weights stay float32, and images are segmented in float32. SIGTERM ends
a training with its epoch; what was reached by then is the result, and training.json tells the steps.
"""
import os
import pathlib
import signal
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf
import tifffile
from csbdeep.utils import normalize
from stardist import fill_label_holes
from stardist.models import Config2D, StarDist2D

from images import hold_out, peak_memory, read_job, read_pairs, varied, write_json, write_label_map

EPOCHS = 100
VALIDATION_PATCHES = 4  # at least: one patch for each image held out would be a single one for few images


def prepared(image):
    return normalize(image, 1, 99.8).astype(np.float32)


def opened(job):
    return StarDist2D(None, name="model", basedir=str(job["folder"]))


class EndWithEpoch(tf.keras.callbacks.Callback):
    """Ends the training after the epoch in which SIGTERM came."""

    def __init__(self):
        super().__init__()
        self.wanted = False
        signal.signal(signal.SIGTERM, self.ask)

    def ask(self, *_):
        self.wanted = True

    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = self.model.stop_training or self.wanted


def compute_in_bfloat16():
    """A probability of 1 - 1e-7 is 1 in bfloat16, where the loss is infinite: sigmoids stay in float32."""
    os.environ["TF_AUTO_MIXED_PRECISION_GRAPH_REWRITE_DENYLIST_ADD"] = "Sigmoid,SigmoidGrad"
    tf.config.optimizer.set_experimental_options({"auto_mixed_precision_onednn_bfloat16": True})


def train(job):
    if job["bfloat16"]:
        compute_in_bfloat16()
    tf.keras.utils.set_random_seed(job["seed"])
    random = np.random.default_rng(job["seed"])
    pairs = [(prepared(image), fill_label_holes(labels)) for image, labels in read_pairs(job)]
    learned, validated = hold_out(pairs, random)
    config = Config2D(n_rays=32, grid=(2, 2), n_channel_in=1, train_epochs=EPOCHS, train_tensorboard=False,
                      train_steps_per_epoch=max(1, job["steps"] // EPOCHS),
                      train_n_val_patches=max(VALIDATION_PATCHES, len(validated)),
                      train_reduce_lr={"factor": 0.5, "patience": EPOCHS // 10, "min_delta": 0})
    model = StarDist2D(config, name="model", basedir=str(job["folder"]))
    model.prepare_for_training()
    model.callbacks += [tf.keras.callbacks.CSVLogger(str(job["folder"] / "losses.csv")), EndWithEpoch(),
                        tf.keras.callbacks.TerminateOnNaN()]
    started = time.time(), time.process_time()
    history = model.train(*zip(*learned), validation_data=tuple(zip(*validated)), seed=job["seed"],
                          augmenter=lambda image, labels: varied(image, labels, random)).history
    seconds, processor = time.time() - started[0], time.process_time() - started[1]
    if not np.isfinite(history["loss"]).all():
        raise SystemExit(f"the loss is not finite after {len(history['loss'])} epochs")
    thresholds = model.optimize_thresholds(*zip(*validated))
    write_json(job["folder"] / "training.json", {
        "steps": len(history["loss"]) * config.train_steps_per_epoch, "seconds": seconds,
        "processor_seconds": processor, "peak_bytes": peak_memory(),
        "learned_from": len(learned), "held_out": len(validated),
        "thresholds": {name: float(value) for name, value in thresholds.items()},
        "losses": [float(loss) for loss in history["loss"]],
        "validation_losses": [float(loss) for loss in history["val_loss"]],
        "learning_rates": [float(rate) for rate in history["learning_rate"]]})


def predict(job):
    model = opened(job)
    started = time.time(), time.process_time()
    for path in map(pathlib.Path, job["test_images"]):
        labels, _ = model.predict_instances(prepared(tifffile.imread(path)))
        write_label_map(job["folder"] / "labels" / f"{path.stem}.tif", labels)
    write_json(job["folder"] / "prediction.json", {
        "images": len(job["test_images"]), "seconds": time.time() - started[0],
        "processor_seconds": time.process_time() - started[1], "peak_bytes": peak_memory()})


if __name__ == "__main__":
    tf.config.threading.set_intra_op_parallelism_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    tf.config.threading.set_inter_op_parallelism_threads(1)
    {"train": train, "predict": predict}[sys.argv[1]](read_job(sys.argv[2]))
