"""The models that were learned or loaded since napari was started, for all widgets."""

from __future__ import annotations

import atexit

from psygnal import Signal

from priorseg._model import Model


class Models:
    added = Signal(str)  # its name

    def __init__(self) -> None:
        self._by_name: dict[str, Model] = {}

    def add(self, name: str, model: Model) -> str:
        """Gives the name that it has from now on: another one where the name is taken."""
        number, free = 1, name
        while free in self._by_name:
            number += 1
            free = f"{name} {number}"
        self._by_name[free] = model
        self.added.emit(free)
        return free

    def names(self) -> list[str]:
        return list(self._by_name)

    def clear(self) -> None:
        self._by_name.clear()

    def __getitem__(self, name: str) -> Model:
        return self._by_name[name]


models = Models()
atexit.register(models.clear)  # while the native module is still there
