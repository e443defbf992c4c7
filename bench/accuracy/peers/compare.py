#!/usr/bin/env python3
"""Trains StarDist and Cellpose 3 from nothing on more and more annotated images, and scores them like priorseg.

    compare.py PROGRAM DATA OUT [--peers stardist,cellpose] [--budgets 1,5,20,100] [--steps 3000] [--seed 1]

DATA holds train/images, train/labels, val/images and val/labels, as $PRIORSEG_TEST_DATA/bbbc039 does. A budget is a
number of images of train, evenly spread over their names like those of `priorseg experiment --budget`; the first is
always among them. What a peer holds out to validate with counts as annotated. PROGRAM scores the label maps of
val/images. OUT gets

    environments/<peer>/     a virtual environment with the versions of requirements-<peer>.txt
    <peer>/<budget>/         job.json, model, losses, labels/, training.json, prediction.json, scores.json and logs
    peers.md, peers.svg      the table and the picture of all that OUT holds, figures.json their numbers

What is there is not done again, so the same command goes on where it was stopped, except within a training. Nothing
pretrained is used and nothing downloaded but the packages. Needs Python 3.11 or later, and the network the first time.

The lock files: uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
--no-emit-index-url requirements-PEER.in -o requirements-PEER.txt
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import zlib

from table import figures_of, table_of

HERE = pathlib.Path(__file__).resolve().parent
PEERS = ("stardist", "cellpose")


def fail(message):
    raise SystemExit(f"compare.py: {message}")


def spread(items, count):
    """`count` items, evenly spread, the first among them."""
    return [items[i * len(items) // count] for i in range(count)]


def numbers_of(text, option):
    numbers = text.split(",")
    if not all(number.isdigit() and int(number) > 0 for number in numbers):
        fail(f"{option} is '{text}', expected whole numbers above 0 with commas, e.g. 1,5,20")
    return [int(number) for number in numbers]


def steps_of_budgets(budgets, text):
    """{budget: steps}; one number of steps stands for all budgets."""
    steps = numbers_of(text, "--steps")
    if len(steps) not in (1, len(budgets)):
        fail(f"--steps has {len(steps)} numbers, expected one, or one for each of the {len(budgets)} budgets")
    return dict(zip(budgets, steps * len(budgets) if len(steps) == 1 else steps))


def images_of(data, part):
    """[(image, label map)] of a part of the data, by name."""
    folder = data / part / "images"
    images = sorted(folder.iterdir()) if folder.is_dir() else []
    if not images:
        fail(f"there is no image in {folder}, expected train/ and val/ with images/ and labels/ below DATA")
    pairs = [(image, data / part / "labels" / image.name) for image in images]
    missing = [labels for _, labels in pairs if not labels.is_file()]
    if missing:
        fail(f"{missing[0]} is missing, expected a label map of the same name for every image")
    return pairs


def job_of(data, budget, given, steps):
    """What a peer is told: the annotated images of the budget, and the images to segment."""
    annotated, test = images_of(data, "train"), images_of(data, "val")
    if budget > len(annotated):
        fail(f"the budget {budget} is more than the {len(annotated)} images in {data / 'train'}")
    chosen = spread(annotated, budget)
    return {"images": [str(image) for image, _ in chosen], "labels": [str(labels) for _, labels in chosen],
            "test_images": [str(image) for image, _ in test], "seed": given.seed, "steps": steps,
            "bfloat16": given.bfloat16}


def write_job(folder, job):
    path = folder / "job.json"
    if path.exists() and json.loads(path.read_text(encoding="utf-8")) != job:
        fail(f"{folder} was made with other images, steps, seed or precision; remove it, or choose another OUT")
    (folder / "labels").mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(job, indent=1) + "\n", encoding="utf-8")


def call(words, log, threads=1):
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "PYTHONDONTWRITEBYTECODE": "1"}
    with log.open("w", encoding="utf-8") as output:
        failed = subprocess.run([str(word) for word in words], stdout=output, stderr=output, env=environment,
                                check=False).returncode
    if failed:
        fail(f"'{words[0]}' ended with exit code {failed}, see {log}")


def environment_of(peer, out):
    """The Python of the peer's environment, which is made where it is not there or of another lock file."""
    folder, lock = out / "environments" / peer, HERE / f"requirements-{peer}.txt"
    wanted, made_from = f"{sys.version} {zlib.crc32(lock.read_bytes())}", folder / "made_from"
    if not made_from.exists() or made_from.read_text(encoding="utf-8") != wanted:
        print(f"{peer}: installing {lock.name}", flush=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        log = out / "environments" / f"{peer}.log"
        call([sys.executable, "-m", "venv", "--clear", folder], log)
        call([folder / "bin" / "pip", "install", "--disable-pip-version-check", "--require-hashes", "--requirement",
              lock], log)
        made_from.write_text(wanted, encoding="utf-8")
    return folder / "bin" / "python"


def measure(peer, budget, job, given):
    """Trains, segments and scores, as far as that is not done."""
    folder = given.out / peer / str(budget)
    write_job(folder, job)
    for verb, result in (("train", "training.json"), ("predict", "prediction.json")):
        if not (folder / result).exists():
            print(f"{peer}, {budget} annotated: {verb}", flush=True)
            call([environment_of(peer, given.out), HERE / f"{peer}_peer.py", verb, folder / "job.json"],
                 folder / f"{verb}.log", given.threads)
    if not (folder / "scores.json").exists():
        call([given.program, "evaluate", "-q", folder / "labels", given.data / "val" / "labels", "--json",
              folder / "scores.json"], folder / "evaluate.log")


def write_results(out):
    figures = figures_of(out)
    for name, text in (("figures.json", json.dumps(figures, indent=1) + "\n"), ("peers.md", table_of(figures))):
        partial = out / f"{name}.part"
        partial.write_text(text, encoding="utf-8")
        partial.replace(out / name)
    print(table_of(figures))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, help_text in (("program", "priorseg"), ("data", "folder with train/ and val/"), ("out", "folder")):
        parser.add_argument(name, type=pathlib.Path, help=help_text)
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--budgets", default="1,5,20,100", help="numbers of annotated images")
    parser.add_argument("--steps", default="3000", help="of a training; or one number for each budget, with commas. "
                        "StarDist's own default is 40000")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--bfloat16", action="store_true", help="train StarDist's convolutions in bfloat16, twice as "
                        "fast on processors that can")
    given = parser.parse_args()
    given.program, given.data, given.out = (path.absolute() for path in (given.program, given.data, given.out))
    peers, budgets = given.peers.split(","), numbers_of(given.budgets, "--budgets")
    if unknown := [peer for peer in peers if peer not in PEERS]:
        fail(f"'{unknown[0]}' is no peer, expected some of {', '.join(PEERS)}")
    if not given.program.is_file():
        fail(f"there is no program {given.program}")
    steps = steps_of_budgets(budgets, given.steps)
    for peer in peers:
        for budget in budgets:
            measure(peer, budget, job_of(given.data, budget, given, steps[budget]), given)
            write_results(given.out)
    call([environment_of(peers[0], given.out), HERE / "picture.py", given.out / "figures.json",
          given.out / "peers.svg"], given.out / "picture.log")


if __name__ == "__main__":
    main()
