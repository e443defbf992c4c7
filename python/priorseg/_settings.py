"""Settings as keywords and dictionaries. The native library knows their names, ranges and meanings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from priorseg import _native


def settings(preset: str = "default", **changes: Any) -> dict[str, Any]:
    """All settings of a training, as nested dictionaries.

    Parameters
    ----------
    preset : {"default", "paper"}
        ``"paper"`` is Chen et al. 2020 to the letter.
    **changes
        Settings that differ, see `train`.

    Returns
    -------
    dict
        As in ``settings.json`` of the command.

    Raises
    ------
    Error
        Where a setting is not known or out of its range.
    """
    resolved: dict[str, Any] = json.loads(_native.resolve_settings(preset, json.dumps(nested(changes))))
    return resolved


def settings_schema() -> dict[str, Any]:
    """Names, types, ranges, defaults and meanings of all settings, as a JSON Schema (draft 2020-12)."""
    schema: dict[str, Any] = json.loads(_native.settings_schema())
    return schema


def nested(*changes: Mapping[str, Any] | None) -> dict[str, Any]:
    """One nested dictionary of several: names may be dotted or joined by two underscores; the later one wins.

    >>> nested({"detector.size.min": 3}, {"detector__size__max": 9})
    {'detector': {'size': {'min': 3, 'max': 9}}}
    """
    merged: dict[str, Any] = {}
    for each in changes:
        _merge(merged, each or {})
    return merged


def _merge(target: dict[str, Any], changes: Mapping[str, Any]) -> None:
    for name, value in changes.items():
        *groups, last = str(name).replace("__", ".").split(".")
        inner = target
        for group in groups:
            inner = inner.setdefault(group, {})
        if isinstance(value, Mapping):
            _merge(inner.setdefault(last, {}), value)
        else:
            inner[last] = _plain(value)


def _plain(value: Any) -> Any:
    """Numbers of numpy as those of Python, tuples as lists."""
    if hasattr(value, "tolist"):
        return value.tolist()
    return [_plain(each) for each in value] if isinstance(value, (list, tuple)) else value


def as_json(changes: Mapping[str, Any]) -> str:
    return json.dumps(changes, allow_nan=False)
