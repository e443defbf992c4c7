"""How OpenMP's threads wait: as in the program, and unless the user says it."""

from __future__ import annotations

import os

import pytest
from priorseg import _waiting


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY"):
        monkeypatch.delenv(name, raising=False)


def test_threads_spin_as_often_as_the_launcher_says() -> None:
    if "PRIORSEG_SPINS" not in os.environ:
        pytest.skip("PRIORSEG_SPINS is not set: run by ctest")
    assert _waiting.SPINS == os.environ["PRIORSEG_SPINS"]


def test_the_environment_is_afterwards_as_it_was() -> None:
    with _waiting.short_spins():
        assert os.environ["GOMP_SPINCOUNT"] == _waiting.SPINS
    assert "GOMP_SPINCOUNT" not in os.environ


@pytest.mark.parametrize(("name", "value"), [("GOMP_SPINCOUNT", "7"), ("OMP_WAIT_POLICY", "PASSIVE")])
def test_what_the_user_says_counts(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with _waiting.short_spins():
        assert os.environ.get("GOMP_SPINCOUNT") == ("7" if name == "GOMP_SPINCOUNT" else None)
    assert os.environ[name] == value
