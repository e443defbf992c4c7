#!/usr/bin/env python3
"""Runs the preset `paper` over a grid of its silent choices and writes one line of figures a run.

    paper_grid.py PROGRAM OUT psc=phc-c2dl-psc:PhC-C2DL-PSC --vary detector.loss.kl_weight=0.001,0.1 \\
        --vary fill=0.9,1 --seeds 1,2,3 --steps 500,1000

Each combination of data, system, seed, steps and varied settings is one `priorseg experiment` in a folder of its own.
What is there already is not run again, so the same command goes on where it was stopped, and a longer grid adds to a
shorter one. Priors and prepared images are shared between the runs that need the same. OUT/grid.csv is written anew
after each run and holds every run of OUT.

`fill` stands for the three settings of that name, which have to agree. `--fast` takes networks that cost a part of the
paper's: figures that were obtained with it say so in the column `networks`.

To choose by figures without touching test images, let the folder hold only images that are learned from: of a part of
PhC-C2DL-PSC the program learns from the first half and measures on the rest.
"""

import argparse
import csv
import itertools
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

THRESHOLDS = [".3", ".4", ".5", ".6", ".7", ".8", ".9"]
FAST = ["prior.encoder.kind=strided", "prior.decoder.kind=dense", "prior.decoder.channels=[128,256]",
        "detector.encoder.kind=strided", "detector.localizer.channels=[24,48,96]", "detector.localizer.reduction=2"]
OF_THE_PRIOR = ("prior", "shapes", "mask_patches", "synthetic_objects")


def settings_of(name, value):
    """What one varied name stands for."""
    names = ["prior.fill", "shapes.fill", "mask_patches.fill"] if name == "fill" else [name]
    return [f"{each}={value}" for each in names]


def folder_name(parts):
    return re.sub(r"[^A-Za-z0-9.=_-]+", "-", "_".join(str(part) for part in parts if part != ""))


class Run:
    """One combination."""

    def __init__(self, args, data, system, seed, steps, varied):
        self.args, self.system, self.seed, self.steps, self.varied = args, system, seed, steps, dict(varied)
        self.name, place = data.split("=", 1)
        self.data_set, self.source = place.split(":", 1)
        self.overrides = list(args.set) + (FAST if args.fast else [])
        for name, value in varied:
            self.overrides += settings_of(name, value)
        self.networks = "fast" if args.fast else "paper's"
        parts = [system, f"s{seed}", steps, "fast" if args.fast else "", *args.set,
                 *(f"{n}={v}" for n, v in varied)]
        self.folder = Path(args.out) / self.name / folder_name(parts)

    @property
    def result(self):
        return self.folder / self.system / "result.json"

    def shared_prior(self):
        """Runs whose priors are the same share a file; the program looks itself whether the file fits."""
        of_prior = [entry for entry in self.overrides if entry.startswith(OF_THE_PRIOR)]
        parts = [self.name, self.system, f"s{self.seed}", *of_prior]
        return Path(self.args.out) / "priors" / (folder_name(parts)[:200] + ".safetensors")

    def prepare(self):
        (self.folder / self.system).mkdir(parents=True, exist_ok=True)
        images = (Path(self.args.out) / self.name / "data").absolute()
        images.mkdir(exist_ok=True)
        if not (self.folder / "data").exists():
            (self.folder / "data").symlink_to(images)
        own = self.folder / self.system / "prior.safetensors"
        if self.shared_prior().exists() and not own.exists():
            shutil.copyfile(self.shared_prior(), own)

    def execute(self):
        args = self.args
        words = [args.program, "-q", "--threads", str(args.threads), "--device", args.device, "experiment",
                 self.data_set, self.source, "--systems", self.system, "--steps-ours", str(self.steps), "--seed",
                 str(self.seed), "--test-images", str(args.test_images), "--panels", "0", "-o", str(self.folder)]
        if args.crop is not None:
            words += ["--crop", str(args.crop)]
        for entry in self.overrides:
            words += ["--set", entry]
        self.prepare()
        failed = subprocess.run(words).returncode != 0
        own = self.folder / self.system / "prior.safetensors"
        if own.exists():
            self.shared_prior().parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(own, self.shared_prior())
        if failed:
            print(f"failed: {' '.join(words)}", file=sys.stderr)
        else:
            (self.folder / "run.json").write_text(json.dumps(
                {"data": self.name, "networks": self.networks, "varied": self.varied, "set": args.set}))
        return not failed


def write_table(out):
    """Every run of the folder, in a stable order."""
    rows = []
    for about in sorted(Path(out).glob("*/*/run.json")):
        run = json.loads(about.read_text())
        for file in sorted(about.parent.glob("*/result.json")):
            result = json.loads(file.read_text())
            settings = " ".join([*run["set"], *(f"{n}={v}" for n, v in run["varied"].items())])
            rows.append([run["data"], result["system"], run["networks"], result["steps"], result["seed"], settings,
                         *(f"{ap:.3f}" for ap in result["AP"]), f"{result['mAP']:.3f}",
                         f"{result['pooled_F1']:.3f}", f"{result['training_seconds']:.0f}"])
    partial = Path(out) / "grid.csv.part"
    with partial.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["data", "system", "networks", "steps", "seed", "settings", *THRESHOLDS, "mAP", "F1", "seconds"])
        writer.writerows(rows)
    partial.replace(Path(out) / "grid.csv")


def combinations(args):
    names = [entry.split("=", 1)[0] for entry in args.vary]
    values = [re.split(r",(?![^\[]*\])", entry.split("=", 1)[1]) for entry in args.vary]
    for seed, steps, data, system, *chosen in itertools.product(
            args.seeds.split(","), args.steps.split(","), args.data, args.systems.split(","), *values):
        yield Run(args, data, system, int(seed), int(steps), list(zip(names, chosen)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("out")
    parser.add_argument("data", nargs="+", metavar="NAME=DATASET:FOLDER")
    parser.add_argument("--vary", action="append", default=[], metavar="SETTING=V1,V2,...")
    parser.add_argument("--set", action="append", default=[], metavar="SETTING=VALUE", help="the same for all runs")
    parser.add_argument("--systems", default="ours-synthetic", help="with commas; also ours-annotation")
    parser.add_argument("--seeds", default="1")
    parser.add_argument("--steps", default="1000")
    parser.add_argument("--fast", action="store_true", help="cheaper networks than the paper's")
    parser.add_argument("--crop", type=int, help="side of the squares, as in 'priorseg experiment'")
    parser.add_argument("--test-images", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dry-run", action="store_true", help="list the runs that are left")
    args = parser.parse_args()
    left = [run for run in combinations(args) if not run.result.exists()]
    if args.dry_run:
        print("\n".join(str(run.folder) for run in left))
        return 0
    Path(args.out).mkdir(parents=True, exist_ok=True)
    failures = 0
    for number, run in enumerate(left, 1):
        print(f"{number} of {len(left)}: {run.folder}", flush=True)
        failures += not run.execute()
        write_table(args.out)
    write_table(args.out)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
