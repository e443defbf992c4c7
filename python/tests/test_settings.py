"""Settings as keywords and dictionaries."""

from __future__ import annotations

import json
import os
import pickle
import subprocess

import numpy as np
import pytest
from priorseg._settings import nested

import priorseg


def test_names_are_nested_dotted_or_joined() -> None:
    expected = {"a": {"b": 1, "c": [2, 3]}, "d": 4}
    assert nested({"a": {"b": 1}}, {"a.c": (2, 3)}, {"d": np.int64(4)}) == expected
    assert nested({"a__b": 5, "a__c": np.array([2, 3]), "d": 4}, {"a.b": 1}) == expected


def test_the_later_one_wins_and_presets_differ() -> None:
    settings = priorseg.settings(detector__size__min=9, seed=5)
    assert settings["detector"]["size"]["min"] == 9
    assert settings["seed"] == 5
    assert settings["preset"] == "default"
    assert priorseg.settings("paper")["detector"] != priorseg.settings()["detector"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"detector__sise": 1}, "'detector.sise' is not known"),
        ({"detector__size__min": -1}, "detector.size.min"),
        ({"detector__size__min": "small"}, "detector.size.min"),
    ],
)
def test_wrong_settings_are_told_by_name(changes: dict[str, object], message: str) -> None:
    with pytest.raises(priorseg.Error, match=message):
        priorseg.settings(**changes)


def test_errors_are_named_as_users_import_them() -> None:
    with pytest.raises(priorseg.Error) as raised:
        priorseg.settings("best")
    assert type(raised.value).__module__ == "priorseg"
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value)


def test_an_unknown_preset_is_told() -> None:
    with pytest.raises(priorseg.Error, match="preset"):
        priorseg.settings("best")


def test_the_schema_is_that_of_the_command() -> None:
    program = os.environ.get("PRIORSEG_PROGRAM")
    if not program:
        pytest.skip("PRIORSEG_PROGRAM does not name the command line program")
    shown = subprocess.run([program, "info", "--settings", "--json"], check=True, capture_output=True).stdout
    assert json.loads(shown) == priorseg.settings_schema()
