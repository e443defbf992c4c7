"""The widget that learns from a layer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from magicgui.widgets import Container, FileEdit, FloatSpinBox, Label, PushButton, SpinBox, create_widget
from napari.utils.notifications import show_error, show_info

from priorseg._model import Model, train
from priorseg._progress import Progress
from priorseg._settings import nested, settings
from priorseg.napari._job import Job
from priorseg.napari._models import models
from priorseg.napari._pictures import evenly_spread, sizes_drawn

if TYPE_CHECKING:
    import napari

MOST_PICTURES = 64  # that are learned from
SIZES = "sizes (priorseg)"  # name of the layer that sizes are drawn in


class Learn(Container):
    """Learns from the raw pictures of an image layer; the model is then there in the widget *Segment*."""

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        self._viewer = napari_viewer
        self.image = create_widget(label="image", annotation="napari.layers.Image")
        self.draw = PushButton(text="Draw sizes", tooltip="rectangles around a small and a large object")
        self.smallest = FloatSpinBox(label="smallest (px)", min=0, max=10000, value=0)
        self.largest = FloatSpinBox(label="largest (px)", min=0, max=10000, value=0)
        note = Label(value="0: sizes are estimated")
        steps = int(settings()["detector"]["training"]["steps"])
        self.steps = SpinBox(label="steps", min=10, max=1000000, value=steps, tooltip="fewer: sooner, and worse")
        self.file = FileEdit(label="save as", mode="w", filter="*.safetensors", nullable=True, value=None)
        self.job = Job("Learn", self._begin)
        super().__init__(
            widgets=[self.image, self.draw, self.smallest, self.largest, note, self.steps, self.file, self.job]
        )
        self.draw.changed.connect(self._draw_sizes)
        self.settings: dict[str, Any] = {}  # further ones, for whoever calls this from Python

    def _draw_sizes(self) -> None:
        """A layer for rectangles: what is drawn there is the size."""
        layer = self.image.value
        if layer is None:
            show_error("there is no image layer, expected one to draw sizes on")
            return
        if SIZES in self._viewer.layers:
            shapes = self._viewer.layers[SIZES]
        else:
            shapes = self._viewer.add_shapes(
                name=SIZES, ndim=2, scale=layer.scale[-2:], face_color="transparent", edge_color="yellow"
            )
            shapes.events.data.connect(self._take_sizes)
        self._viewer.layers.selection.active = shapes
        shapes.mode = "add_rectangle"

    def _take_sizes(self) -> None:
        if SIZES not in self._viewer.layers or self.image.value is None:
            return
        sizes = sizes_drawn(self._viewer.layers[SIZES], self.image.value)
        if sizes is not None:
            self.smallest.value, self.largest.value = round(sizes[0], 1), round(sizes[1], 1)

    def _begin(self) -> None:
        layer = self.image.value
        if layer is None:
            show_error("there is no image layer, expected one to learn from")
            return
        size = (self.smallest.value, self.largest.value) if self.smallest.value and self.largest.value else None
        changes = nested(self.settings, {"detector.training.steps": self.steps.value})

        def work(tell: Callable[[Progress], None]) -> Model:
            pictures = list(evenly_spread(layer, MOST_PICTURES))
            return train(pictures, size=size, settings=changes, progress=tell)

        self.job.start(work, lambda model: self._take(layer.name, model))

    def _take(self, name: str, model: Model) -> None:
        name = models.add(name, model)
        smallest, largest = model.size
        self.job.line.value = f"'{name}' is learned: objects of {smallest:.0f} to {largest:.0f} px"
        file: Path | None = self.file.value
        if file is not None and file.name:
            model.save(file)
            show_info(f"the model is saved as {file}")
