"""Training a detector and finding objects with it."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from functools import partial
from typing import Any

import pandas as pd

from priorseg import _native
from priorseg._arrays import Image, Images, Path, annotated_inputs, image_input, image_inputs, is_path, list_images
from priorseg._bioio import is_read_by_bioio
from priorseg._file_bytes import file_bytes, loaded_from
from priorseg._planes import PlanesOfFile, read_image
from priorseg._prior import Prior
from priorseg._progress import Listener, ProgressListener
from priorseg._segmentation import Segmentation, SegmentedFiles
from priorseg._settings import as_json, nested


class Model:
    """A trained detector with the shapes that it knows.

    It is made by `train` or `Model.load` and constant from then on: many threads may segment with one model at
    the same time. It can be pickled, so that Dask or multiprocessing can send it; start processes with
    ``spawn`` or ``forkserver``, since those made by ``fork`` inherit locked threads.
    """

    def __init__(self, native: _native.Model) -> None:
        self._native = native

    @staticmethod
    def load(file: Path, *, device: str = "cpu") -> Model:
        """Read a model that this class, or ``priorseg run`` or ``priorseg train``, has written.

        Parameters
        ----------
        file : path
            ``model.safetensors``. Such a file cannot carry code.
        device : str
            Where networks compute: ``"cpu"``, ``"cuda"`` or ``"cuda:1"``.

        Raises
        ------
        Error
            Where the file is no such model, or the device is not there.
        """
        return Model(_native.Model.load(os.fspath(file), device))

    def save(self, file: Path) -> None:
        """Write one safetensors file that holds the shapes too, under a temporary name until it is whole."""
        self._native.save(os.fspath(file))

    def segment(
        self,
        image: Image,
        *,
        channel: str | int | None = None,
        z: int | str | None = None,
        t: int | str | None = None,
        project: str = "auto",
        axes: str | None = None,
        level: int | str | None = None,
        region: tuple[int, int, int, int] | None = None,
        mask: Path | None = None,
        **inference: Any,
    ) -> Segmentation:
        """Find and outline the objects of one image.

        Parameters
        ----------
        image : path or array
            A file, or [H,W] or [H,W,3] of any number type. Grey values stay as they are; memory of float32 is
            not copied.
        channel : str or int, optional
            Name or number of a channel of a file. Without it that of the model, or the one of which most stands out.
        z, t : int or str, optional
            Slice and frame of a file, from 1, or a range: ``"2:5"``. Without them every frame, and slices as `project`.
        project : {"auto", "best-focus", "max", "mean", "none"}
            How slices become one picture; ``"none"``: each is a picture of its own.
        axes : str, optional
            What the pages of a TIFF are, where it does not say so: ``"ZYX"``, ``"T10C2YX"``.
        level : int or str, optional
            Level of a pyramid: its number, or the size of its pixels, ``"0.5um"``. Without it the full picture.
        region : (x, y, width, height), optional
            Part that is looked at, in pixels of the full picture.
        mask : path, optional
            Picture of the same field, of any size, that is 0 where not to look.
        **inference
            Settings of the group ``detector.inference`` that differ from the model's, e.g.
            ``mask_threshold=0.6``, ``presence=0.4``, ``refine_steps=40``, ``polarity="dark"``.

        Returns
        -------
        Segmentation
            The same label map as that of ``priorseg segment``. Where hardly anything is found of what stands out,
            or an image was inverted, the logger ``priorseg`` gets a warning.

        Raises
        ------
        ValueError
            Where an array has another shape or type, or holds values that are not finite.
        Error
            Where a file is no image, or a setting is wrong.
        """
        if channel is not None and _native.is_colour(str(channel)):
            inference["channel"] = str(channel)
        planes = PlanesOfFile(channel, z, t, project, axes, level, region, mask)
        if is_read_by_bioio(image):
            image = read_image(image, channel=channel, z=z, t=t, project=project)  # type: ignore[arg-type]
            planes = PlanesOfFile()
        labels, table, left_out, warning, evidence, verdict, reasons = self._native.segment(
            planes.of(image_input(image, "the image")), as_json(nested(inference))
        )
        if warning:
            Listener(progress=False).message("warning", warning)
        return Segmentation(labels, pd.DataFrame(table), left_out, **evidence, verdict=verdict, reasons=tuple(reasons))

    def segment_files(
        self,
        images: Path | Iterable[Path],
        folder: Path,
        *,
        save: str | Iterable[str] = (),
        channel: str | int | None = None,
        z: int | str | None = None,
        t: int | str | None = None,
        project: str = "auto",
        axes: str | None = None,
        level: int | str | None = None,
        region: tuple[int, int, int, int] | None = None,
        mask: Path | None = None,
        resume: bool = False,
        progress: bool | ProgressListener = True,
        **inference: Any,
    ) -> SegmentedFiles:
        """Segment files into the output folder that ``priorseg segment`` writes.

        Parameters
        ----------
        images : path or iterable of paths
            Files or folders. Images may be of any size: large ones go through in bands.
        folder : path
            Where label maps, overlays, table and report go. What priorseg did not write is never replaced.
        save : str or iterable of str
            Forms in which objects are written beside label map, overlay and table: ``"rois"`` (ImageJ),
            ``"geojson"`` (QuPath), ``"coco"``, ``"ctc"`` (Cell Tracking Challenge), ``"cellpose"``, ``"ome-tiff"``,
            ``"ome-zarr"`` (0.4), ``"ome-zarr-0.5"``; several as ``"rois,geojson"`` or ``["rois", "geojson"]``.
        channel, z, t, project, axes, level, region, mask
            See `segment`. Of a film or a stack the label map is a stack of the same frames and slices.
        resume : bool
            Leave images alone that are finished, in all these forms.
        progress : bool or callable
            See `train`.
        **inference
            See `segment`.

        Returns
        -------
        SegmentedFiles
            An image that fails does not end the others.
        """
        paths = [images] if is_path(images) else list(images)  # type: ignore[arg-type]
        if not paths:
            raise ValueError("there is no image, expected at least one")
        if channel is not None and _native.is_colour(str(channel)):
            inference["channel"] = str(channel)
        with Listener(progress) as listener:
            files = list_images(paths, listener)
            failures = self._native.segment_files(
                files,
                os.fspath(folder),
                as_json(nested(inference)),
                save if isinstance(save, str) else ",".join(save),
                PlanesOfFile(channel, z, t, project, axes, level, region, mask).native(),
                resume,
                "Model.segment_files",
                listener.progress,
                listener.message,
            )
        table = pd.read_csv(os.path.join(os.fspath(folder), "objects.csv"), dtype={"image": str})
        return SegmentedFiles(os.fspath(folder), table, dict(failures))

    def calibrate(
        self, annotated: Iterable[tuple[Image, Image]], *, progress: bool | ProgressListener = True
    ) -> Model:
        """Make outlines as tight or wide as those of annotated images.

        Parameters
        ----------
        annotated : iterable of (image, label map)
            Paths or arrays. One image with some annotated objects is enough.
        progress : bool or callable
            See `train`.

        Returns
        -------
        Model
            A copy that cuts masks at another level; nothing is learned anew.

        Raises
        ------
        Error
            Where what is found has little in common with the annotation.
        """
        inputs = annotated_inputs(annotated)
        if not inputs:
            raise ValueError("there is no annotated image, expected at least one")
        with Listener(progress) as listener:
            return Model(self._native.calibrated(inputs, listener.progress, listener.message))

    @property
    def settings(self) -> dict[str, Any]:
        """Settings of the detector: the group ``detector`` of `priorseg.settings`."""
        options: dict[str, Any] = json.loads(self._native.options)
        return options

    @property
    def size(self) -> tuple[float, float]:
        """Smallest and largest object that it looks for, sqrt(height * width) of the bounding box in pixels."""
        size = self.settings["size"]
        return size["min"], size["max"]

    @property
    def prior(self) -> Prior:
        """The shapes that it knows."""
        return Prior(self._native.prior)

    @property
    def device(self) -> str:
        """Where networks compute."""
        return self._native.device

    @property
    def trained_steps(self) -> int:
        """Steps of both stages of its training."""
        return self._native.trained_steps

    def __repr__(self) -> str:
        smallest, largest = self.size
        return f"<priorseg.Model, objects of {smallest:g} to {largest:g} px, {self.trained_steps} steps, {self.device}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(loaded_from, device=self.device), (Model.load, file_bytes(self))


def train(
    images: Images,
    *,
    size: tuple[float, float] | None = None,
    channel: str | int | None = None,
    z: int | str | None = None,
    t: int | str | None = None,
    project: str = "auto",
    axes: str | None = None,
    polarity: str | None = None,
    annotated: Iterable[tuple[Image, Image]] = (),
    prior: Prior | None = None,
    folder: Path | None = None,
    restart: bool = False,
    preset: str = "default",
    settings: Mapping[str, Any] | None = None,
    device: str = "cpu",
    progress: bool | ProgressListener = True,
    **named_settings: Any,
) -> Model:
    """Learn to find objects from raw images without labels.

    Ctrl-C ends it at its next step.

    Parameters
    ----------
    images : path, array, or iterable of them
        Files, folders, or arrays [H,W] or [H,W,3] of any number type. All of one kind; some dozens are plenty.
    size : (float, float), optional
        Smallest and largest object in pixels, as sqrt(height * width) of its bounding box. Without it they are
        estimated from the images, and told.
    channel : str or int, optional
        What is looked at: name or number of a channel of a file; of a colour picture ``"grey"`` (mean of the
        colours), ``"red"``, ``"green"``, ``"blue"``, or a stain of tissue: ``"hematoxylin"``, ``"eosin"``,
        ``"dab"``. Without it what the images ask for, and told.
    z, t, project, axes
        See `Model.segment`. All frames are learned from.
    polarity : {"bright", "dark", "absorbing", "relief"}, optional
        Objects are bright or dark on their surroundings, or dark because they absorb the light that goes
        through (brightfield, stained tissue), or stand out by contrast of both kinds, as cells in
        phase contrast. Without it what the images ask for, and told.
    annotated : iterable of (image, label map), optional
        Learn the shapes from these objects instead of synthetic outlines. With ``calibrate=True`` the outlines
        are fitted to them, too.
    prior : Prior, optional
        Shapes to use instead.
    folder : path, optional
        Where checkpoints, losses, settings and the model are written. A training that was interrupted goes on
        from there when the same call is made again, and ends with the same bits. Without it nothing is kept.
    restart : bool
        Ignore what an earlier training left in the folder.
    preset : {"default", "paper"}
        What the settings start from.
    settings : mapping, optional
        Settings by name, nested as `priorseg.settings` shows them or dotted:
        ``{"detector.training.steps": 500}``.
    device : str
        Where networks compute: ``"cpu"``, ``"cuda"`` or ``"cuda:1"``.
    progress : bool or callable
        True shows bars; a callable gets each `Progress`.
    **named_settings
        Settings by name, with two underscores for each dot: ``detector__training__steps=500``, ``seed=2``.

    Returns
    -------
    Model

    Raises
    ------
    ValueError
        Where an array has another shape or type, or holds values that are not finite; without images.
    Error
        Where no image can be read, or a setting is wrong.
    """
    sizes = {} if size is None else dict(zip(("detector.size.min", "detector.size.max"), _checked(size)))
    changes = nested(settings, named_settings, sizes, _appearance(channel, polarity, project))
    says_size = {"min", "max"} & set(changes.get("detector", {}).get("size", {}))
    resolved = _native.resolve_settings(preset, as_json(changes))
    pairs = annotated_inputs(annotated)
    if pairs and prior is not None:
        raise ValueError("found annotated images and a prior, expected one of them: both say what shapes to use")
    with (
        Listener(progress) as listener,
        tempfile.TemporaryDirectory(prefix="priorseg-") if folder is None else nullcontext(folder) as place,
    ):
        return Model(
            _native.Model.train(
                image_inputs(images, listener),
                pairs,
                None if prior is None else prior._native,
                resolved,
                not says_size,
                PlanesOfFile(None, z, t, "auto", axes).native(),
                os.fspath(place),
                restart,
                device,
                listener.progress,
                listener.message,
            )
        )


def _appearance(channel: str | int | None, polarity: str | None, project: str) -> dict[str, str]:
    of_colours = channel is not None and _native.is_colour(str(channel))
    given = {
        "detector.intensity.channel": str(channel) if of_colours else None,
        "detector.planes.channel": str(channel) if channel is not None and not of_colours else None,
        "detector.intensity.polarity": polarity,
        "detector.planes.project": None if project == "auto" else project,
    }
    return {name: value for name, value in given.items() if value is not None}


def _checked(size: tuple[float, float]) -> tuple[float, float]:
    try:
        smallest, largest = (float(length) for length in size)
    except (TypeError, ValueError):
        raise ValueError(f"size is {size!r}, expected (smallest, largest) in pixels") from None
    if not 0 < smallest <= largest:
        raise ValueError(f"size is {size!r}, expected 0 < smallest <= largest, in pixels")
    return smallest, largest


def estimate_size(images: Images, *, progress: bool | ProgressListener = False) -> tuple[float, float]:
    """Estimate how large objects are, from raw images alone.

    Parameters
    ----------
    images : path, array, or iterable of them
        As for `train`; some are enough.
    progress : bool or callable
        See `train`.

    Returns
    -------
    (float, float)
        Smallest and largest in pixels, sqrt(height * width) of the bounding box.

    Raises
    ------
    Error
        Where nothing stands out of the images.
    """
    with Listener(progress) as listener:
        inputs = image_inputs(images, listener)
        resolved = _native.resolve_settings("default", "{}")
        return _native.estimate_size(inputs, resolved, listener.progress, listener.message)
