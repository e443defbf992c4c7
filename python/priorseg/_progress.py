"""How long computations tell what they do: progress bars, callables and log messages."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tqdm import tqdm

_logger = logging.getLogger("priorseg")
_LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


@dataclass(frozen=True)
class Progress:
    """How far a long computation is.

    Attributes
    ----------
    stage : str
        What is being done, e.g. ``"train detector"``.
    done, total : int
        Units of that stage that are finished, and all of them.
    values : mapping of str to float
        Figures worth showing, e.g. ``{"loss": 0.7}``.
    """

    stage: str
    done: int
    total: int
    values: Mapping[str, float]


ProgressListener = Callable[[Progress], object]


class Listener:
    """Shows progress and messages of one call: as a bar, to the user's callable, or not at all.

    Messages always go to the logger ``priorseg``. A bar shows them, too.

    Parameters
    ----------
    progress : bool or callable
        True: bars of tqdm. A callable gets each `Progress`; what it raises ends the computation.
    """

    def __init__(self, progress: bool | ProgressListener) -> None:
        self._shows_bars = progress is True
        self._callable = progress if callable(progress) else None
        self._bar: tqdm[Any] | None = None
        self._stage = ""

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, *_: object) -> None:
        self._close_bar()

    def progress(self, stage: str, done: int, total: int, values: dict[str, float]) -> None:
        if self._callable is not None:
            self._callable(Progress(stage, done, total, values))
        if self._shows_bars:
            self._show(stage, done, total, values)

    def message(self, level: str, text: str) -> None:
        _logger.log(_LEVELS[level], text)
        if self._shows_bars and level == "info":  # what is worse is shown by the logger already
            from tqdm.auto import tqdm

            tqdm.write(text)

    def _show(self, stage: str, done: int, total: int, values: dict[str, float]) -> None:
        from tqdm.auto import tqdm

        if self._bar is None or stage != self._stage:
            self._close_bar()
            self._bar = tqdm(total=total, desc=stage)
            self._stage = stage
        self._bar.set_postfix(values, refresh=False)
        self._bar.update(done - self._bar.n)

    def _close_bar(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
