"""Which planes of a file are meant, and what a file holds."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from priorseg import _native
from priorseg._arrays import Path


class PlanesOfFile(NamedTuple):
    """What a user says of channel, slices, frames, projection and axes."""

    channel: str | int | None = None
    z: int | str | None = None
    t: int | str | None = None
    project: str = "auto"
    axes: str | None = None

    def _texts(self) -> tuple[str, str, str, str, str]:
        channel = None if self.channel is not None and _native.is_colour(str(self.channel)) else self.channel
        given = ("" if value is None else str(value) for value in (channel, self.z, self.t, self.project, self.axes))
        return tuple(given)  # type: ignore[return-value]

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
) -> npt.NDArray[np.float32]:
    """Read an image as priorseg looks at it.

    Parameters
    ----------
    file : path
        TIFF, PNG, JPEG or BMP.
    channel, z, t, project, axes
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
    chosen = PlanesOfFile(channel, z, t, project, axes).of(_native.ImageInput(os.fspath(file)))
    pictures = [np.moveaxis(np.asarray(picture), 0, -1) for picture in _native.read_pictures(chosen)]
    stack = np.stack([picture[..., 0] if picture.shape[-1] == 1 else picture for picture in pictures])
    return stack[0] if len(stack) == 1 else stack


def describe_image(file: Path, *, axes: str | None = None) -> dict[str, Any]:
    """Tell what a file holds.

    Parameters
    ----------
    file : path
        TIFF, PNG, JPEG or BMP.
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
    about: dict[str, Any] = _native.describe_image(
        PlanesOfFile(axes=axes).of(_native.ImageInput(os.fspath(file)))
    )
    return about
