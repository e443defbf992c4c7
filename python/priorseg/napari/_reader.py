"""Opens what priorseg wrote: label maps as Labels with the columns of ``objects.csv`` as features."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import dask
import dask.array
import numpy as np
import numpy.typing as npt
import pandas as pd
import tifffile
from napari.utils.notifications import show_info, show_warning

from priorseg import _native

LayerData = tuple[Any, dict[str, Any], str]
Reader = Callable[[Any], list[LayerData]]
MOST_LAYERS = 12  # images of different sizes that a folder is opened with
IMAGE_ENDINGS = (".tif", ".tiff", ".png", ".jpg", ".jpeg", ".bmp")


def get_reader(path: str | Sequence[str]) -> Reader | None:
    """napari may be told to open all TIFFs with this: those of others are left to its own reader."""
    first = path if isinstance(path, str) else path[0]
    if isinstance(path, str) and is_output_folder(Path(path)):
        return read_folder
    if isinstance(path, str) and is_label_map(Path(path)):
        return read_label_map
    if not isinstance(path, str) and all(is_label_map(Path(each)) for each in path):
        return read_label_maps
    if Path(first).suffix.lower() in (".tif", ".tiff") or Path(first).is_dir():
        from napari_builtins.io import napari_get_reader

        reader: Reader | None = napari_get_reader(path)
        return reader
    return None


def is_output_folder(folder: Path) -> bool:
    return (folder / "labels").is_dir() and (folder / "objects.csv").is_file()


def is_label_map(file: Path) -> bool:
    """A label map of ``labels/`` of an output folder, or another TIFF in which priorseg tells of its model."""
    if file.suffix.lower() not in (".tif", ".tiff") or not file.is_file():
        return False
    if file.parent.name == "labels" and is_output_folder(file.parent.parent):
        return True
    try:
        with tifffile.TiffFile(file) as tiff:
            tags = tiff.pages.first.tags
            software = tags["Software"].value if "Software" in tags else ""
            told = tags["ImageDescription"].value if "ImageDescription" in tags else ""
    except (tifffile.TiffFileError, OSError, IndexError):
        return False
    return str(software).startswith("priorseg ") and "model" in str(told)


def read_label_map(path: str) -> list[LayerData]:
    """The label map with the rows of its image, where a table lies in the folder above; and the raw image."""
    file = Path(path)
    folder = file.parent.parent
    labels = tifffile.imread(file).astype(np.int32)
    features = features_of_image(objects_of(folder), stem_of(file))
    layers = [labels_layer(labels, f"{stem_of(file)} objects", features)]
    image = raw_image_of(folder, stem_of(file)) if is_output_folder(folder) else None
    return layers if image is None else [image_layer(image, stem_of(file), labels.shape), *layers]


def read_label_maps(paths: Sequence[str]) -> list[LayerData]:
    return [layer for path in paths for layer in read_label_map(path)]


def read_folder(path: str) -> list[LayerData]:
    """Every image of an output folder. Those of one size are one stack, whose labels go on from image to image."""
    folder = Path(path)
    files = sorted(file for file in (folder / "labels").iterdir() if file.suffix == ".tif")
    if not files:
        raise _native.Error(f"{folder / 'labels'} holds no label map, expected those that priorseg wrote")
    shapes = {shape_of(file) for file in files}
    if len(files) > 1 and len(shapes) == 1 and len(next(iter(shapes))) == 2:
        return stacked(folder, files, next(iter(shapes)))
    if len(files) > MOST_LAYERS:
        show_warning(f"{len(files)} images of different sizes: the first {MOST_LAYERS} are opened; drop the others")
    return read_label_maps([str(file) for file in files[:MOST_LAYERS]])


def stacked(folder: Path, files: list[Path], shape: tuple[int, ...]) -> list[LayerData]:
    """Images and label maps of one size, each read when it is looked at."""
    objects = objects_of(folder)
    tables, lazy_labels = [], []
    last = 0
    for number, file in enumerate(files):
        features = features_of_image(objects, stem_of(file))
        lazy = dask.delayed(label_map_from)(file, last)
        lazy_labels.append(dask.array.from_delayed(lazy, shape, np.int32))
        tables.append(features.assign(index=features["index"] + last, axis_0=number))
        last += int(features["index"].max()) if len(features) else 0
    name = folder.resolve().name
    features = pd.concat(tables, ignore_index=True)
    layers = [labels_layer(dask.array.stack(lazy_labels), f"{name} objects", features)]
    images = [image for file in files if (image := raw_image_of(folder, stem_of(file))) is not None]
    if len(images) == len(files):
        first = _native_picture(images[0])
        read = dask.delayed(_native_picture)
        lazy_images = [dask.array.from_delayed(read(image), first.shape, first.dtype) for image in images]
        if first.shape[:2] == shape:
            layers.insert(0, (dask.array.stack(lazy_images), {"name": name, "rgb": first.ndim == 3}, "image"))
    else:
        show_info(f"the raw images of {name} were not found beside it: open them yourself")
    return layers


def labels_layer(labels: Any, name: str, features: pd.DataFrame) -> LayerData:
    return labels, {"name": name, "features": features}, "labels"


def image_layer(file: Path, name: str, shape: tuple[int, ...]) -> LayerData:
    pixels = _native_picture(file)
    return pixels, {"name": name, "rgb": pixels.ndim == len(shape) + 1 and pixels.shape[-1] == 3}, "image"


def _native_picture(file: Path) -> npt.NDArray[Any]:
    """The pixels with the type of the file."""
    if file.suffix.lower() in (".tif", ".tiff"):
        pixels: npt.NDArray[Any] = tifffile.imread(file)
    else:
        from napari_builtins.io import imread

        pixels = np.asarray(imread(str(file)))
    return pixels[..., :3] if pixels.ndim >= 3 and pixels.shape[-1] == 4 else pixels


def label_map_from(file: Path, last: int) -> npt.NDArray[np.int32]:
    labels = tifffile.imread(file).astype(np.int32)
    return np.where(labels > 0, labels + last, 0).astype(np.int32)


def shape_of(file: Path) -> tuple[int, ...]:
    with tifffile.TiffFile(file) as tiff:
        return tuple(tiff.series[0].shape)


def stem_of(file: Path) -> str:
    name = file.name
    for ending in (".ome.tif", ".ome.tiff", "_cp_masks.tif"):
        if name.lower().endswith(ending):
            return name[: -len(ending)]
    return file.stem


def objects_of(folder: Path) -> pd.DataFrame:
    """``objects.csv``; empty without one. A name may be "NA": only an empty field is unknown."""
    table = folder / "objects.csv"
    if not table.is_file():
        return pd.DataFrame({"image": pd.Series(dtype=str), "label": pd.Series(dtype=int)})
    return pd.read_csv(table, dtype={"image": str}, keep_default_na=False, na_values=[""])


def features_of_image(objects: pd.DataFrame, stem: str) -> pd.DataFrame:
    """Its rows, as napari takes them: ``index`` is the label."""
    return objects[objects["image"] == stem].rename(columns={"label": "index"}).reset_index(drop=True)


def raw_image_of(folder: Path, stem: str) -> Path | None:
    """Where the image of a label map lies: in the output folder, beside it, or in ``images/`` there."""
    for place in (folder, folder / "images", folder.parent, folder.parent / "images"):
        for ending in IMAGE_ENDINGS:
            for file in (place / (stem + ending), place / (stem + ".ome" + ending)):
                if file.is_file():
                    return file
    return None
