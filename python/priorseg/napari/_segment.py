"""The widget that segments a layer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from magicgui.widgets import CheckBox, ComboBox, Container, FileEdit, create_widget
from napari.utils.notifications import show_error, show_warning

from priorseg._model import Model
from priorseg._progress import Progress
from priorseg.napari._job import Job
from priorseg.napari._models import models
from priorseg.napari._pictures import Place, picture, place_shown, places, shape_of

if TYPE_CHECKING:
    import napari
    from napari.layers import Image

Found = tuple[npt.NDArray[np.int32], pd.DataFrame, list[str]]


class Segment(Container):
    """Finds the objects of an image layer: a Labels layer with a row of features for each."""

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        self._viewer = napari_viewer
        self.image = create_widget(label="image", annotation="napari.layers.Image")
        self.model = ComboBox(label="model", choices=lambda _: models.names(), nullable=True)
        self.file = FileEdit(label="or file", mode="r", filter="*.safetensors", nullable=True, value=None)
        self.shown_only = CheckBox(label="only the plane shown", value=False)
        self.job = Job("Segment", self._begin)
        super().__init__(widgets=[self.image, self.model, self.file, self.shown_only, self.job])
        if models.names():
            self.model.value = models.names()[-1]
        models.added.connect(self._offer)
        self.file.changed.connect(self._load)

    def _offer(self, name: str) -> None:
        self.model.reset_choices()
        self.model.value = name

    def _load(self, file: Path | None) -> None:
        if file is None or not file.is_file():
            return
        try:
            models.add(file.name, Model.load(file))
        except Exception as error:  # of the native module: one line for the person
            show_error(str(error))

    def _begin(self) -> None:
        layer = self.image.value
        if layer is None or self.model.value is None:
            missing = "image layer" if layer is None else "model"
            show_error(f"there is no {missing}, expected one: learn one or open its file")
            return
        model = models[self.model.value]
        step = tuple(self._viewer.dims.current_step)
        chosen = [place_shown(layer, step)] if self.shown_only.value else places(layer)

        def work(tell: Callable[[Progress], None]) -> Found:
            return segmented(layer, model, chosen, tell)

        self.job.start(work, lambda found: self._show(layer, found))

    def _show(self, layer: Image, found: Found) -> None:
        labels, features, remarks = found
        self._viewer.add_labels(
            labels,
            name=f"{layer.name} objects",
            features=features,
            scale=layer.scale,
            translate=layer.translate,
            units=layer.units,
        )
        self.job.line.value = f"{len(features)} objects"
        if remarks:
            shown = "; ".join(remarks[:3]) + (f"; and {len(remarks) - 3} more" if len(remarks) > 3 else "")
            show_warning(shown)


def segmented(layer: Image, model: Model, chosen: list[Place], tell: Callable[[Progress], None]) -> Found:
    """Label map of the shape of the layer, features and what is to be told; labels go on from plane to plane."""
    labels = np.zeros(shape_of(layer), np.int32)
    tables, remarks = [], []
    last = 0
    for number, place in enumerate(chosen):
        tell(Progress("segment", number, len(chosen), {}))
        result = model.segment(picture(layer, place))
        labels[place] = np.where(result.labels > 0, result.labels + last, 0)
        tables.append(features_of(result.objects, last, place))
        last += len(result)
        if result.verdict != "good":
            where = f"plane {','.join(str(at + 1) for at in place)}: " if place else ""
            remarks.append(f"{where}{result.verdict}: {', '.join(result.reasons)}")
    tell(Progress("segment", len(chosen), len(chosen), {}))
    return labels, pd.concat(tables, ignore_index=True), remarks


def features_of(objects: pd.DataFrame, first_label: int, place: Place) -> pd.DataFrame:
    """Rows of ``objects.csv`` as napari takes them: ``index`` is the label; axes before the last two are added."""
    features = objects.rename(columns={"label": "index"})
    features["index"] += first_label
    for axis, at in enumerate(place):
        features[f"axis_{axis}"] = at
    return features
