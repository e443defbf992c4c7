"""What an object outline may look like."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from priorseg import _native
from priorseg._arrays import Images, Path, label_map_inputs
from priorseg._file_bytes import file_bytes, loaded_from
from priorseg._progress import Listener, ProgressListener
from priorseg._settings import as_json, nested


class Prior:
    """A shape prior: the decoder of an autoencoder that was trained on masks of single objects.

    It is made by `Prior.synthetic`, `Prior.learn` or `Prior.load`, is constant from then on, may be used by many
    threads at the same time, and can be pickled.
    """

    def __init__(self, native: _native.Prior) -> None:
        self._native = native

    @staticmethod
    def synthetic(
        *,
        preset: str = "default",
        settings: Mapping[str, Any] | None = None,
        progress: bool | ProgressListener = True,
        **named_settings: Any,
    ) -> Prior:
        """Learn from drawn outlines: ellipses, rods, spindles, free contours.

        Parameters
        ----------
        preset, settings, progress, **named_settings
            As for `train`, e.g. ``shapes__max_axis_ratio=2``.

        Returns
        -------
        Prior
        """
        resolved = _native.resolve_settings(preset, as_json(nested(settings, named_settings)))
        with Listener(progress) as listener:
            return Prior(_native.Prior.synthetic(resolved, listener.progress, listener.message))

    @staticmethod
    def learn(
        label_maps: Images,
        *,
        preset: str = "default",
        settings: Mapping[str, Any] | None = None,
        progress: bool | ProgressListener = True,
        **named_settings: Any,
    ) -> Prior:
        """Learn from the objects of label maps; one annotated image is enough.

        Parameters
        ----------
        label_maps : path, array or iterable of them
            Files, folders, or [H,W] arrays of whole numbers: 0 = background, one number an object.
        preset, settings, progress, **named_settings
            As for `train`.

        Returns
        -------
        Prior

        Raises
        ------
        Error
            Where no object is whole and large enough.
        """
        resolved = _native.resolve_settings(preset, as_json(nested(settings, named_settings)))
        with Listener(progress) as listener:
            inputs = label_map_inputs(label_maps, listener)
            return Prior(_native.Prior.learn(inputs, resolved, listener.progress, listener.message))

    @staticmethod
    def load(file: Path) -> Prior:
        """Read a prior that this class, or ``priorseg prior``, has written."""
        return Prior(_native.Prior.load(os.fspath(file)))

    def save(self, file: Path) -> None:
        """Write one safetensors file, under a temporary name until it is whole."""
        self._native.save(os.fspath(file))

    def sample(self, count: int = 1, *, seed: int = 1) -> npt.NDArray[np.float32]:
        """Draw shapes.

        Parameters
        ----------
        count : int
            How many.
        seed : int
            The same seed draws the same shapes.

        Returns
        -------
        ndarray of float32, [count,S,S]
            Masks in [0,1]; cut at 0.5 they are outlines.
        """
        if count < 1:
            raise ValueError(f"count is {count}, expected at least 1")
        return np.asarray(self._native.sample(count, seed), np.float32)

    @property
    def examples(self) -> npt.NDArray[np.float32]:
        """Up to 64 of the masks that it was trained on, [N,S,S] in [0,1]."""
        return np.asarray(self._native.examples, np.float32)

    @property
    def reconstruction_iou(self) -> float:
        """Mean IoU of the masks that it was trained on with their reconstructions, 0 to 1."""
        return self._native.reconstruction_iou

    @property
    def origin(self) -> str:
        """Where its shapes came from."""
        return self._native.origin

    @property
    def settings(self) -> dict[str, Any]:
        """Settings of its network and training."""
        options: dict[str, Any] = json.loads(self._native.options)
        return options

    def __repr__(self) -> str:
        return f"<priorseg.Prior, {self.origin.split(' ', 1)[0]}, IoU {self.reconstruction_iou:.3f}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return loaded_from, (Prior.load, file_bytes(self))
