"""Trains Cellpose 3 from nothing, and segments with it: cellpose_peer.py train|predict JOB. Called by compare.py.

As Cellpose's documentation does for a new model: no weights to start from, objects scaled to 30 px, eight crops of
224 x 224 px a step, AdamW with .005 and Cellpose's schedule; the last weights count. An epoch has all images that are
learned from, at least eight. The loss of the images held out is there for every tenth epoch.
"""
import os
import pathlib
import sys
import time

import numpy as np
import tifffile
import torch
from cellpose import models, train as cellpose_train

from images import hold_out, peak_memory, read_job, read_pairs, write_json, write_label_map

BATCH = 8
GREY = [0, 0]


def train(job):
    np.random.seed(job["seed"])
    torch.manual_seed(job["seed"])
    learned, validated = hold_out(read_pairs(job), np.random.default_rng(job["seed"]))
    images = max(BATCH, len(learned))
    steps_an_epoch = -(-images // BATCH)
    model = models.CellposeModel(gpu=False, pretrained_model=False)
    started = time.time(), time.process_time()
    _, losses, validation_losses = cellpose_train.train_seg(
        model.net, *map(list, zip(*learned)), test_data=[image for image, _ in validated],
        test_labels=[labels for _, labels in validated], channels=GREY, batch_size=BATCH, nimg_per_epoch=images,
        n_epochs=max(1, job["steps"] // steps_an_epoch), save_path=job["folder"], model_name="model")
    write_json(job["folder"] / "training.json", {
        "steps": len(losses) * steps_an_epoch, "seconds": time.time() - started[0],
        "processor_seconds": time.process_time() - started[1], "peak_bytes": peak_memory(),
        "learned_from": len(learned), "held_out": len(validated), "losses": [float(loss) for loss in losses],
        "validation_losses": [float(loss) for loss in validation_losses if loss > 0]})


def predict(job):
    model = models.CellposeModel(gpu=False, pretrained_model=str(job["folder"] / "models" / "model"))
    started = time.time(), time.process_time()
    for path in map(pathlib.Path, job["test_images"]):
        labels = model.eval(tifffile.imread(path), channels=GREY)[0]
        write_label_map(job["folder"] / "labels" / f"{path.stem}.tif", labels)
    write_json(job["folder"] / "prediction.json", {
        "images": len(job["test_images"]), "seconds": time.time() - started[0],
        "processor_seconds": time.process_time() - started[1], "peak_bytes": peak_memory()})


if __name__ == "__main__":
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    {"train": train, "predict": predict}[sys.argv[1]](read_job(sys.argv[2]))
