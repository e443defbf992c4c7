#!/usr/bin/env python3
"""Runs the short speed benchmarks and writes their figures into one folder.

usage: summary.py PROGRAM BENCH_FOLDER OUTPUT_FOLDER

PROGRAM is priorseg, BENCH_FOLDER holds bench_train_step and bench_operators. Writes OUTPUT_FOLDER/summary.json and
OUTPUT_FOLDER/summary.md; what it needs on the way goes into OUTPUT_FOLDER/work. Everything runs on images that the program
simulates. Takes about five minutes on two cores.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

THREADS = 2
LARGE_SIDE = 2048  # px of the image that inference is timed on
REPEATS = 3
NOT_TO_BE_TRUSTED = 3  # exit code: done, but what was found is not to be trusted


def run(command, **options):
    """Runs a command; returns its wall time in seconds and its peak memory in bytes."""
    start = time.monotonic()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL, **options)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    if os.waitstatus_to_exitcode(status) not in (0, NOT_TO_BE_TRUSTED):
        sys.exit(f"failed: {' '.join(str(part) for part in command)}")
    return seconds, usage.ru_maxrss * 1024


def measure_start(program):
    return min(run([program, "--help"])[0] for _ in range(REPEATS))


def train_model(program, folder):
    """A short training: what it finds need not be good, but it must find about as many objects as there are."""
    run([program, "simulate", "--preset", "nuclei", "-n", 12, "--seed", 1, "-o", folder / "train"])
    seconds, memory = run([program, "--threads", THREADS, "run", folder / "train" / "images", "--size", "18:56",
                           "--set", "detector.training.steps=250",
                           "--set", "detector.self_training.steps=0",
                           "--set", "detector.inference.presence=0.1", "-o", folder / "out"])
    return folder / "out" / "model.safetensors", memory


FEW, MANY = 2, 10  # copies of the large image


def prepare_inference(program, folder):
    """Folders `few` and `many` with copies of one large image."""
    run([program, "simulate", "--preset", "nuclei", "-n", 1, "--seed", 3, "--image-size",
         f"{LARGE_SIDE}x{LARGE_SIDE}", "-o", folder / "large"])
    image = next((folder / "large" / "images").iterdir())
    for name, copies in (("few", FEW), ("many", MANY)):
        (folder / name).mkdir()
        for i in range(copies):
            shutil.copy(image, folder / name / f"copy{i}.tif")


def measure_inference(program, model, folder, threads=THREADS, precision="float32"):
    """Megapixels a second from file to label map: the difference between segmenting many copies and few, so that neither the
    start nor the reading of the model counts. The overlay and the table are made as always."""
    def segment(images):
        shutil.rmtree(folder / "segmented", ignore_errors=True)
        return run([program, "--threads", threads, "segment", images, "--model", model, "--precision", precision,
                    "-o", folder / "segmented"])

    speeds, peak = [], 0
    for _ in range(REPEATS):
        few, _ = segment(folder / "few")
        many, memory = segment(folder / "many")
        peak = max(peak, memory)
        speeds.append((MANY - FEW) * LARGE_SIDE**2 / 1e6 / (many - few))
    objects = sum(1 for _ in (folder / "segmented" / "objects.csv").open()) - 1
    return speeds, peak, objects // MANY


def spread(speeds):
    return {"value": statistics.median(speeds), "minimum": min(speeds), "maximum": max(speeds)}


def shown(speeds):
    return f"{statistics.median(speeds):.2f} megapixels/s ({min(speeds):.2f} to {max(speeds):.2f})"


def operator_table(bench_folder, folder):
    file = folder / "operators.json"
    run([bench_folder / "bench_operators", "--benchmark_min_time=0.1", f"--benchmark_out={file}",
         "--benchmark_out_format=json"], stderr=subprocess.DEVNULL)
    lines = ["| benchmark | ms |", "|---|---|"]
    for entry in json.loads(file.read_text())["benchmarks"]:
        lines.append(f"| `{entry['name']}` | {entry['real_time']:.2f} |")
    return lines


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    program, bench_folder, output = (Path(argument).resolve() for argument in sys.argv[1:])
    folder = output / "work"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)

    step_table = subprocess.run([bench_folder / "bench_train_step", folder / "train_step.json"], check=True,
                                capture_output=True, text=True).stdout
    summary = json.loads((folder / "train_step.json").read_text())
    summary["start_seconds"] = measure_start(program)
    model, training_memory = train_model(program, folder)
    prepare_inference(program, folder)
    speeds, inference_memory, objects = measure_inference(program, model, folder)
    speeds_of_one, _, _ = measure_inference(program, model, folder, threads=1)
    short_speeds, _, _ = measure_inference(program, model, folder, precision="bfloat16")
    efficiency = statistics.median(speeds) / statistics.median(speeds_of_one) / THREADS
    summary["inference_megapixels_per_second"] = spread(speeds)
    summary["inference_megapixels_per_second_bfloat16"] = spread(short_speeds)
    summary["inference_thread_efficiency"] = efficiency
    summary["inference_objects"] = objects
    summary["peak_memory_bytes"] = inference_memory
    summary["training_peak_memory_bytes"] = training_memory
    (output / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")

    lines = ["# Speed", "", step_table.rstrip(), "",
             f"Inference, {LARGE_SIDE} x {LARGE_SIDE}, 16 bit, {objects} objects found, file to label map, overlay and table: "
             f"{shown(speeds)}, peak memory {inference_memory / 2**20:.0f} MiB; with one thread {shown(speeds_of_one)}: parallel "
             f"efficiency {efficiency:.2f}; bfloat16: {shown(short_speeds)}. Training: peak memory {training_memory / 2**20:.0f} MiB. "
             f"`priorseg --help`: {summary['start_seconds']:.2f} s.", ""]
    lines += operator_table(bench_folder, folder)
    text = "\n".join(lines) + "\n"
    (output / "summary.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
