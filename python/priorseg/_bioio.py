"""Formats of microscopes that the program does not read: through bioio, where its readers are installed."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from priorseg import _native
from priorseg._arrays import Path

if TYPE_CHECKING:
    from priorseg._planes import PlanesOfFile

READERS = {".czi": "bioio-czi", ".nd2": "bioio-nd2", ".lif": "bioio-lif"}

Picture = npt.NDArray[np.float32]


def is_read_by_bioio(file: object) -> bool:
    return isinstance(file, (str, os.PathLike)) and os.path.splitext(os.fspath(file))[1].lower() in READERS


def _opened(file: Path) -> Any:
    name = os.fspath(file)
    if not os.path.exists(name):
        raise _native.Error(f"cannot read {name}: there is no such file")
    reader = READERS[os.path.splitext(name)[1].lower()]
    try:
        return importlib.import_module("bioio").BioImage(name)
    except ImportError as error:
        raise _native.Error(f"cannot read {name}: its format needs bioio; pip install bioio {reader}") from error
    except Exception as error:  # every reader has exceptions of its own
        raise _native.Error(f"cannot read {name}: bioio says: {error}; is {reader} installed?") from error


def _number(said: int | str | None, names: list[str], what: str, file: Path) -> int:
    """Index of a channel by its name or number; without either the first."""
    if said is None:
        return 0
    for index, name in enumerate(names):
        if name.lower() == str(said).lower():
            return index
    if str(said).isdigit() and 1 <= int(said) <= len(names):
        return int(said) - 1
    raise _native.Error(
        f"cannot read {os.fspath(file)}: {what} '{said}' is asked for, but there are {len(names)} ({', '.join(names)})"
    )


def _chosen(said: int | str | None, count: int, what: str, file: Path) -> range:
    """Indices of "3" or "2:5", from 1; without either all."""
    if said is None:
        return range(count)
    first, _, last = str(said).partition(":")
    if first.isdigit() and (last or first).isdigit() and 1 <= int(first) <= int(last or first) <= count:
        return range(int(first) - 1, int(last or first))
    raise _native.Error(f"cannot read {os.fspath(file)}: {what} {said} is asked for, but there are {count}")


def _projected(slices: list[Picture], project: str) -> list[Picture]:
    if len(slices) == 1 or project == "none":
        return slices
    if project == "max":
        return [np.max(slices, axis=0)]
    if project == "mean":
        return [np.stack(slices).mean(axis=0, dtype=np.float64).astype(np.float32)]
    if project in ("auto", "best-focus"):
        return [max(slices, key=lambda picture: _native.slice_sharpness(picture[np.newaxis]))]
    raise _native.Error(f"project is '{project}', expected auto, none, max, mean or best-focus")


def read_pictures(file: Path, planes: PlanesOfFile) -> list[Picture]:
    """Each picture of a file, [H,W], frame by frame and slice by slice. Of several scenes the first."""
    image = _opened(file)
    channel = _number(planes.channel, list(map(str, image.channel_names)), "channel", file)
    pictures: list[Picture] = []
    for frame in _chosen(planes.t, image.dims.T, "frame", file):
        depth = _chosen(planes.z, image.dims.Z, "slice", file)
        slices = [np.asarray(image.get_image_data("YX", T=frame, Z=z, C=channel), np.float32) for z in depth]
        pictures += _projected(slices, planes.project)
    return pictures


def describe(file: Path) -> dict[str, Any]:
    """What `describe_image` tells."""
    image = _opened(file)
    size = image.physical_pixel_sizes
    scenes = len(image.scenes)
    return {
        "frames": image.dims.T,
        "slices": image.dims.Z,
        "channels": image.dims.C,
        "channel_names": list(map(str, image.channel_names)),
        "colour": False,
        "height": image.dims.Y,
        "width": image.dims.X,
        "um_per_pixel": (size.X, size.Y) if size.X and size.Y else None,
        "source": "bioio",
        "remarks": [f"it holds {scenes} scenes, of which the first is taken"] if scenes > 1 else [],
    }
