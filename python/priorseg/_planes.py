"""Which planes of a file are meant, and what a file holds."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from priorseg import _bioio, _native
from priorseg._arrays import Path
from priorseg._bioio import is_read_by_bioio


class PlanesOfFile(NamedTuple):
    """What a user says of channel, slices, frames, projection, axes, level of a pyramid, region and mask."""

    channel: str | int | None = None
    z: int | str | None = None
    t: int | str | None = None
    project: str = "auto"
    axes: str | None = None
    level: int | str | None = None
    region: tuple[int, int, int, int] | None = None
    mask: Path | None = None

    def _texts(self) -> tuple[str, ...]:
        channel = None if self.channel is not None and _native.is_colour(str(self.channel)) else self.channel
        region = None if self.region is None else ",".join(map(str, self.region))
        mask = None if self.mask is None else os.fspath(self.mask)
        said = (channel, self.z, self.t, self.project, self.axes, self.level, region, mask)
        return tuple("" if value is None else str(value) for value in said)

    def native(self) -> _native.PlaneChoice:
        return _native.planes(*self._texts())

    def of(self, image: _native.ImageInput) -> _native.ImageInput:
        return image.with_planes(*self._texts())


def read_image(
    file: Path,
    *,
    channel: str | int | None = None,
    z: int | str | None = None,
    t: int | str | None = None,
    project: str = "auto",
    axes: str | None = None,
    level: int | str | None = None,
    region: tuple[int, int, int, int] | None = None,
    mask: Path | None = None,
) -> npt.NDArray[np.float32]:
    """Read an image as priorseg looks at it.

    Parameters
    ----------
    file : path
        TIFF, PNG, JPEG, BMP, OME-Zarr or a whole slide; CZI, ND2 or LIF where bioio and its reader are installed.
    channel, z, t, project, axes, level, region, mask
        See `Model.segment`. Without a channel the first one is read.

    Returns
    -------
    ndarray of float32
        [H,W], or [H,W,3] of colours; of several frames or slices [N,H,W] or [N,H,W,3]. Values of the file.

    Raises
    ------
    Error
        Where the file is no image, or a plane is not there.
    """
    planes = PlanesOfFile(channel, z, t, project, axes, level, region, mask)
    if is_read_by_bioio(file):
        pictures = _bioio.read_pictures(file, planes)
        return pictures[0] if len(pictures) == 1 else np.stack(pictures)
    chosen = planes.of(_native.ImageInput(os.fspath(file)))
    pictures = [np.moveaxis(np.asarray(picture), 0, -1) for picture in _native.read_pictures(chosen)]
    stack = np.stack([picture[..., 0] if picture.shape[-1] == 1 else picture for picture in pictures])
    return stack[0] if len(stack) == 1 else stack


def describe_image(file: Path, *, axes: str | None = None) -> dict[str, Any]:
    """Tell what a file holds.

    Parameters
    ----------
    file : path
        TIFF, PNG, JPEG, BMP, OME-Zarr or a whole slide; CZI, ND2 or LIF where bioio and its reader are installed.
    axes : str, optional
        See `Model.segment`.

    Returns
    -------
    dict
        ``frames``, ``slices``, ``channels``, ``channel_names``, ``colour``, ``height`` and ``width`` (px),
        ``um_per_pixel`` (x and y, None where it is not known), ``source`` (who says so), and ``remarks``: what was
        guessed, left out, or taken of several planes.

    Raises
    ------
    Error
        Where the file is no image.
    """
    if is_read_by_bioio(file):
        return _bioio.describe(file)
    about: dict[str, Any] = _native.describe_image(
        PlanesOfFile(axes=axes).of(_native.ImageInput(os.fspath(file)))
    )
    return about
