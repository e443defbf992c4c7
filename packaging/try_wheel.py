"""Finds objects with an installed wheel, while other packages are used in the same process.

usage: try_wheel.py MODEL IMAGE LABEL_MAP [PACKAGE ...]

MODEL, IMAGE and the LABEL_MAP that is to be found come from the command of the build. The packages (torch, cv2, napari,
and priorseg where it is named) are imported and used in the order in which they are named, twice, and have to give the
same both times. Without a name it is priorseg alone. Fails where anything differs.
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


def use_priorseg(model_file, image_file, expected_file):
    import priorseg

    model = priorseg.Model.load(model_file)
    expected = tifffile.imread(expected_file)
    for image in (image_file, tifffile.imread(image_file)):
        found = model.segment(image)
        if not np.array_equal(found.labels, expected):
            sys.exit(f"priorseg finds {len(found)} objects, expected the label map of the command with {expected.max()}")
    image = np.random.default_rng(1).normal(100, 5, (64, 64)).astype(np.float32)
    few = {"prior_masks": 32, "prior__steps": 3, "detector__training__steps": 3, "detector__self_training__steps": 0}
    return priorseg.train([image] * 2, size=(10, 20), progress=False, **few).trained_steps


def main():
    files, packages = sys.argv[1:4], sys.argv[4:] or ["priorseg"]
    uses = {
        "torch": use_torch,
        "cv2": use_cv2,
        "napari": use_napari,
        "priorseg": lambda: use_priorseg(*files),
    }
    first, again = ([uses[name]() for name in packages] for _ in range(2))
    if first != again:
        sys.exit(f"{packages} gave {first} and then {again}, expected the same")
    print("the same label map as the command:", *packages)


if __name__ == "__main__":
    main()
