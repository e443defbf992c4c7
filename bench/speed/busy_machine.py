#!/usr/bin/env python3
"""How a training fares on an idle machine and beside programs that compute, by how long OpenMP's waiting threads spin.

usage: busy_machine.py PROGRAM FOLDER [--loops 2] [--steps 60] [--repeats 3] [--spins default passive 1000 2000 ...]

`default` is what the launcher chooses, `passive` is OMP_WAIT_POLICY=PASSIVE, `system` what OpenMP does by itself (GCC:
GOMP_SPINCOUNT=300000), a number is a GOMP_SPINCOUNT. The ways take turns, so that what else happens on the machine meets
all of them. Tells wall clock and processor time, the least of the repeats of each.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

NOT_TO_BE_TRUSTED = 3  # exit code: done, but what was found is not to be trusted
OF_THE_SYSTEM = 300_000  # spins of GCC's OpenMP where nothing is said


def environment(way: str) -> dict[str, str]:
    names = {name: value for name, value in os.environ.items() if name not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")}
    if way == "passive":
        names["OMP_WAIT_POLICY"] = "PASSIVE"
    elif way == "system":
        names["GOMP_SPINCOUNT"] = str(OF_THE_SYSTEM)
    elif way != "default":
        names["GOMP_SPINCOUNT"] = way
    return names


def run(command: list[object], way: str) -> tuple[float, float]:
    """Wall clock and processor time, s."""
    start = time.monotonic()
    process = subprocess.Popen([str(part) for part in command], env=environment(way), stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, NOT_TO_BE_TRUSTED):
        sys.exit(f"failed: {' '.join(str(part) for part in command)}")
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime


def training(program: Path, folder: Path, threads: int, steps: int) -> list[object]:
    shutil.rmtree(folder / "out", ignore_errors=True)
    return [program, "-q", "--threads", threads, "train", folder / "images" / "images", "--prior",
            folder / "prior.safetensors", "--size", "18:56", "--channel", "grey", "--polarity", "bright",
            "--set", f"detector.training.steps={steps}", "--set", "detector.self_training.steps=0", "-o", folder / "out"]


def measure(program: Path, folder: Path, loops: int, options: argparse.Namespace) -> dict[str, dict[str, float]]:
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(loops)]
    times: dict[str, list[tuple[float, float]]] = {way: [] for way in options.spins}
    try:
        for _ in range(options.repeats):
            for way in options.spins:
                times[way].append(run(training(program, folder, options.threads, options.steps), way))
    finally:
        for process in busy:
            process.kill()
    return {way: {"seconds": min(wall for wall, _ in taken), "processor_seconds": min(used for _, used in taken)}
            for way, taken in times.items()}


def prepare(program: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "prior.safetensors").exists():
        run([program, "simulate", "--preset", "nuclei", "-n", 8, "--seed", 1, "-o", folder / "images"], "default")
        run([program, "-q", "prior", "synthetic", "-o", folder / "prior.safetensors", "--set", "prior.steps=200",
             "--set", "prior_masks=400"], "default")


def table(figures: dict[str, dict[str, dict[str, float]]]) -> list[str]:
    places = list(figures)
    lines = ["| waiting threads | " + " | ".join(f"{place}: wall clock, processor time" for place in places) + " |",
             "|---|" + "---|" * len(places)]
    for way in figures[places[0]]:
        cells = [f"{figures[place][way]['seconds']:.1f} s, {figures[place][way]['processor_seconds']:.1f} s"
                 for place in places]
        lines.append(f"| {way} | " + " | ".join(cells) + " |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--loops", type=int, default=2)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--spins", nargs="+", default=["default", "system", "passive"])
    options = parser.parse_args()
    prepare(options.program, options.folder)
    figures = {"idle": measure(options.program, options.folder, 0, options),
               f"beside {options.loops} loops": measure(options.program, options.folder, options.loops, options)}
    (options.folder / "busy_machine.json").write_text(json.dumps(figures, indent=2) + "\n")
    print("\n".join(table(figures)))


if __name__ == "__main__":
    main()
