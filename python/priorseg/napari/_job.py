"""A computation of a widget on a thread of its own: progress, cancel, and how it ended."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from magicgui.widgets import Container, Label, ProgressBar, PushButton
from napari.qt.threading import create_worker
from napari.utils.notifications import show_error
from qtpy.QtCore import QObject, Signal

from priorseg import _native
from priorseg._progress import Progress

if TYPE_CHECKING:
    from napari.qt.threading import FunctionWorker


class Cancelled(Exception):
    """The person at the screen wants no more of it."""


class _Messenger(QObject):
    """Carries progress from the working thread to that of the window."""

    progressed = Signal(object)


class Job(Container):
    """Bar, line of text, and the buttons that start and cancel.

    ``start(work, done)`` runs ``work(tell)`` on a thread: it calls ``tell(Progress)`` now and then, which raises
    `Cancelled` after the button was pressed. ``done(result)`` runs on the thread of the window.
    """

    def __init__(self, title: str, begin: Callable[[], None]) -> None:
        self.begin_button = PushButton(text=title)
        self.cancel_button = PushButton(text="Cancel", enabled=False)
        self.bar = ProgressBar(min=0, max=1, value=0)
        self.line = Label(value="")
        super().__init__(widgets=[self.begin_button, self.cancel_button, self.bar, self.line], labels=False)
        self.begin_button.changed.connect(begin)
        self.cancel_button.changed.connect(self.cancel)
        self._wants_end = threading.Event()
        self._messenger = _Messenger()
        self._messenger.progressed.connect(self._show)
        self.worker: FunctionWorker[Any] | None = None

    @property
    def is_running(self) -> bool:
        return self.worker is not None

    def start(self, work: Callable[[Callable[[Progress], None]], Any], done: Callable[[Any], None]) -> None:
        if self.is_running:
            return
        self._wants_end.clear()
        self.begin_button.enabled, self.cancel_button.enabled = False, True
        self.line.value = "starts ..."
        self.worker = create_worker(work, self._tell, _start_thread=False, _ignore_errors=True)
        self.worker.returned.connect(done)
        self.worker.errored.connect(self._failed)
        self.worker.finished.connect(self._ended)
        self.worker.start()

    def cancel(self) -> None:
        self._wants_end.set()
        if self.is_running:
            self.line.value = "ends at the next step ..."

    def _tell(self, progress: Progress) -> None:
        if self._wants_end.is_set():
            raise Cancelled
        self._messenger.progressed.emit(progress)

    def _show(self, progress: Progress) -> None:
        self.bar.max, self.bar.value = max(1, progress.total), progress.done
        figures = "".join(f", {name} {value:.3g}" for name, value in progress.values.items())
        self.line.value = f"{progress.stage}: {progress.done} of {progress.total}{figures}"

    def _failed(self, error: Exception) -> None:
        if isinstance(error, Cancelled):
            self.line.value = "cancelled"
            return
        self.line.value = str(error)
        if isinstance(error, (_native.Error, ValueError)):
            show_error(str(error))
        else:
            raise error

    def _ended(self) -> None:
        self.worker = None
        self.begin_button.enabled, self.cancel_button.enabled = True, False
