"""How threads of OpenMP wait for each other: said before the library that reads it is loaded."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

SPINS = "2000"  # as PRIORSEG_SPINS of CMakeLists.txt


@contextmanager
def short_spins() -> Iterator[None]:
    """Has OpenMP, if it is loaded inside, spin shortly, unless the user has said how it waits.

    The environment is afterwards as it was: programs that are started later choose for themselves. Where another
    package has loaded the same OpenMP before, it stays as that one found it.
    """
    if "GOMP_SPINCOUNT" in os.environ or "OMP_WAIT_POLICY" in os.environ:
        yield
        return
    os.environ["GOMP_SPINCOUNT"] = SPINS
    try:
        yield
    finally:
        os.environ.pop("GOMP_SPINCOUNT", None)
