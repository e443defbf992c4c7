#!/usr/bin/env python3
"""A folder of many images, some of them broken in the ways that files break, through `priorseg segment`.

usage: broken_files.py PROGRAM MODEL FOLDER [--files 2000] [--broken 0.05] [--side 256] [--threads 1]

It simulates a hundred images, copies them under many names, breaks some, and tells time, memory and exit code, and
whether every broken file was named, every whole one was segmented, and nothing else was told to have failed. Memory is
the most that the program held at a time.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import resource
import shutil
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ORIGINALS = 100


def cut_short(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(8, len(data) // 2)]


def without_header(data: bytes, chance: random.Random) -> bytes:
    return chance.randbytes(64) + data[64:]


def empty(data: bytes, chance: random.Random) -> bytes:
    return b""


def text(data: bytes, chance: random.Random) -> bytes:
    return b"<html>404 not found</html>"


def zeroed(data: bytes, chance: random.Random) -> bytes:
    """What a copy onto a full disk leaves."""
    return bytes(len(data))


def wrong_directory(data: bytes, chance: random.Random) -> bytes:
    """The place of the first directory lies behind the end."""
    return data[:4] + struct.pack("<I", 2**31) + data[8:]


WAYS: list[Callable[[bytes, random.Random], bytes]] = [
    cut_short,
    without_header,
    empty,
    text,
    zeroed,
    wrong_directory,
]


def make_folder(program: str, folder: Path, files: int, share: float, side: int) -> dict[str, str]:
    """Returns how each broken file is broken, by name."""
    simulate = [program, "simulate", "-q", "-n", str(ORIGINALS), "--preset", "nuclei", "--seed", "1"]
    subprocess.run([*simulate, "--image-size", f"{side}x{side}", "-o", folder / "simulated"], check=True)
    originals = sorted((folder / "simulated" / "images").iterdir())
    images = folder / "images"
    images.mkdir()
    chance = random.Random(1)
    broken = {}
    for index in chance.sample(range(files), round(files * share)):
        broken[f"image_{index:05}.tif"] = WAYS[len(broken) % len(WAYS)].__name__
    ways = {way.__name__: way for way in WAYS}
    for index in range(files):
        name = f"image_{index:05}.tif"
        original = originals[index % len(originals)]
        if name in broken:
            (images / name).write_bytes(ways[broken[name]](original.read_bytes(), chance))
        else:
            shutil.copy(original, images / name)
    return broken


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("model")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--broken", type=float, default=0.05)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--threads", default="1")
    given = parser.parse_args()
    given.folder.mkdir(parents=True)
    broken = make_folder(given.program, given.folder, given.files, given.broken, given.side)

    out = given.folder / "out"
    words = [given.program, "segment", given.folder / "images", "--model", given.model, "-o", out, "-q"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    done = subprocess.run(
        [*words, "--threads", given.threads], check=False, capture_output=True, text=True, env=dict(os.environ)
    )
    seconds = time.monotonic() - start
    used = resource.getrusage(resource.RUSAGE_CHILDREN)

    with open(out / "images.csv", encoding="utf-8", newline="") as table:
        failed = {row["image"] for row in csv.DictReader(table) if row["verdict"] == "failed"}
    named = {name for name in broken if f"{name}" in done.stderr}
    segmented = {file.name for file in (out / "labels").iterdir()}
    errors = [line for line in done.stderr.splitlines() if "error:" in line]
    result = {
        "files": given.files,
        "broken": len(broken),
        "ways": sorted(set(broken.values())),
        "side_px": given.side,
        "threads": given.threads,
        "exit_code": done.returncode,
        "seconds": round(seconds, 1),
        "processor_seconds": round(used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime, 1),
        "memory_MB": used.ru_maxrss // 1024,
        "broken_named": len(named),
        "failed_in_table": len(failed),
        "segmented": len(segmented),
        "lines_of_errors": len(errors),
    }
    print(json.dumps(result, indent=1))
    right = (
        done.returncode == 1
        and named == set(broken)
        and failed == set(broken)
        and len(segmented) == given.files - len(broken)
        and not segmented & set(broken)
    )
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
