"""Tables of an output folder as Parquet."""

from __future__ import annotations

import os
from pathlib import Path as FilePath

import pandas as pd

from priorseg import _native
from priorseg._arrays import Path

TABLES = ("objects", "images", "summary", "tracks")
NAMES = {"image", "film", "level", "verdict", "reason", "left_out"}
PLACES = {"Metadata_Plate", "Metadata_Well", "Metadata_Site", "Metadata_Channel"}


def write_parquet(folder: Path) -> list[FilePath]:
    """Write the tables of an output folder as Parquet, beside the CSV files they are made from.

    The columns are those of the CSV files: names are text, also those of plates and wells, and all else are
    numbers, unknown ones null. The metadata ``priorseg`` of each file holds ``provenance.json``. It needs the package
    ``pyarrow``.

    Parameters
    ----------
    folder : path
        An output folder with ``objects.csv``; ``images.csv``, ``summary.csv`` and ``tracks.csv`` are taken where they
        are there.

    Returns
    -------
    list of pathlib.Path
        The files that were written. Earlier ones of these names are replaced.

    Raises
    ------
    Error
        Where ``pyarrow`` is missing, the folder has no ``objects.csv``, or a file cannot be written.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise _native.Error("writing Parquet needs the package pyarrow: pip install pyarrow") from error
    place = FilePath(os.fspath(folder))
    if not (place / "objects.csv").exists():
        raise _native.Error(f"{place} holds no objects.csv, expected an output folder of priorseg")
    provenance = place / "provenance.json"
    written = []
    for name in TABLES:
        source = place / f"{name}.csv"
        if not source.exists():
            continue
        header = pd.read_csv(source, nrows=0).columns
        text = {column: str for column in header if column in NAMES | PLACES}
        # A name may be "NA": only an empty field is unknown.
        frame = pd.read_csv(source, dtype=text, keep_default_na=False, na_values=[""])
        table = pyarrow.Table.from_pandas(frame, preserve_index=False)
        made_with = provenance.read_bytes() if provenance.exists() else b""
        table = table.replace_schema_metadata({**(table.schema.metadata or {}), b"priorseg": made_with})
        file = place / f"{name}.parquet"
        partial = file.with_name(f".partial-{os.getpid()}-{name}.parquet")
        try:
            pyarrow.parquet.write_table(table, partial)
            partial.replace(file)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise _native.Error(f"cannot write {file}: {error.strerror or error}") from error
        written.append(file)
    return written
