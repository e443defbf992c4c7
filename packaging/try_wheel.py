"""Finds objects with an installed wheel, while other packages are used in the same process before and after it.

usage: try_wheel.py MODEL IMAGE LABEL_MAP [PACKAGE ...]

MODEL, IMAGE and the LABEL_MAP that is to be found come from the command of the build. Each PACKAGE (torch, cv2, napari) is
imported, used, used again after priorseg, and has to give the same then; so has priorseg. Fails where anything differs.
"""

import sys

import numpy as np
import tifffile


def use_torch():
    import torch

    torch.manual_seed(1)
    network = torch.nn.Sequential(torch.nn.Conv2d(1, 8, 3), torch.nn.ReLU(), torch.nn.Conv2d(8, 1, 3))
    optimizer = torch.optim.Adam(network.parameters())
    images = torch.rand(2, 1, 64, 64)
    for _ in range(3):
        optimizer.zero_grad()
        loss = network(images).square().mean() + torch.linalg.inv(torch.eye(8) + torch.rand(8, 8)).abs().mean()
        loss.backward()
        optimizer.step()
    return float(loss.detach())


def use_cv2():
    import cv2

    noise = np.random.default_rng(1).integers(0, 255, (256, 256)).astype(np.uint8)
    blurred = cv2.GaussianBlur(noise, (5, 5), 2)
    encoded = cv2.imencode(".png", blurred)[1]
    return int(cv2.imdecode(encoded, cv2.IMREAD_UNCHANGED).sum()) + len(cv2.imencode(".jpg", blurred)[1])


def use_napari():
    import napari
    from qtpy.QtWidgets import QApplication

    viewer = napari.Viewer(show=False)
    labels = viewer.add_labels(np.eye(64, dtype=np.int32))
    picture = viewer.screenshot(canvas_only=True, flash=False)
    QApplication.processEvents()
    found = int(labels.data.sum()), picture.shape
    viewer.close()
    return found


USES = {"torch": use_torch, "cv2": use_cv2, "napari": use_napari}


def find_objects(model_file, image_file, expected_file):
    import priorseg

    model = priorseg.Model.load(model_file)
    expected = tifffile.imread(expected_file)
    for image in (image_file, tifffile.imread(image_file)):
        found = model.segment(image)
        if not np.array_equal(found.labels, expected):
            sys.exit(f"priorseg finds {len(found)} objects, expected the label map of the command with {expected.max()}")
    image = np.random.default_rng(1).normal(100, 5, (64, 64)).astype(np.float32)
    few = {"prior_masks": 32, "prior__steps": 3, "detector__training__steps": 3, "detector__self_training__steps": 0}
    trained = priorseg.train([image] * 2, size=(10, 20), progress=False, **few)
    return trained.trained_steps


def main():
    files, packages = sys.argv[1:4], sys.argv[4:]
    before = [USES[name]() for name in packages]
    steps = find_objects(*files)
    between = [USES[name]() for name in packages]
    again = find_objects(*files)
    if (between, again) != (before, steps):
        sys.exit(f"found {before} before priorseg and {between} after it, expected the same")
    print("the same label map as the command", *(f"beside {name}" for name in packages))


if __name__ == "__main__":
    main()
