"""Priors and models as bytes, for pickling: the content of the file that they are saved to."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from typing import Protocol, TypeVar

Loaded = TypeVar("Loaded")


class Saved(Protocol):
    def save(self, file: str) -> None: ...


def file_bytes(saved: Saved) -> bytes:
    """What ``saved.save()`` writes."""
    with tempfile.TemporaryDirectory(prefix="priorseg-") as folder:
        file = os.path.join(folder, "pickled.safetensors")
        saved.save(file)
        with open(file, "rb") as stream:
            return stream.read()


def loaded_from(load: Callable[..., Loaded], content: bytes, **options: str) -> Loaded:
    """What ``load()`` makes of a file of that content."""
    with tempfile.TemporaryDirectory(prefix="priorseg-") as folder:
        file = os.path.join(folder, "pickled.safetensors")
        with open(file, "wb") as stream:
            stream.write(content)
        return load(file, **options)
