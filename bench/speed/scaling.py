#!/usr/bin/env python3
"""Hours and money for a million images and for one huge slide on 1 to 256 machines: the model of docs/user/scaling.md.

usage: scaling.py [NAME=VALUE ...]      e.g. scaling.py cores=16 price=0.03 disk_gb_s=5

Simulates jobs that take every N-th image (priorseg segment --shard K/N, one job a core) from a shared disk, and the merge of
what they found. Every number that it starts from is a setting; those that are measured say so.
"""

import random
import sys

SETTINGS = {
    "cores": 2,  # of a machine
    "price": 0.04,  # of a core for an hour, in any currency: an assumption
    "megapixels_s": 1.8,  # of a core, float32: measured, 4 images of 2048 x 2048 px, busy AMD EPYC
    "images": 1_000_000,
    "image_mp": 0.362,  # 520 x 696 px
    "objects": 78,  # an image: measured, 24 simulated images
    "spread": 0.5,  # times of images differ by up to this share: an assumption
    "start_s": 0.5,  # of a job: measured
    "list_s": 18e-6,  # of a job for each image of the whole list: measured, 100,000 files
    "merge_image_s": 0.6e-3,  # measured, 400 images
    "merge_object_s": 8.6e-6,  # measured, 400,000 objects
    "merge_object_bytes": 460,  # memory: measured, 400,000 objects
    "read_mb": 0.34,  # an image, packed 16 bit: measured, 24 simulated images
    "write_mb": 0.67,  # label map and overlay: measured, 24 simulated images
    "files": 3,  # an image: read, label map, overlay
    "disk_gb_s": 1.0,  # of all machines together: an assumption
    "disk_files_s": 5000,  # opened or made a second, of all machines together: an assumption
    "slide_mp": 40_000,  # 200,000 x 200,000 px
    "block": 4096,  # px of a block of the slide
    "halo": 128,  # px around it
}


def simulate_images(machines, s):
    """Seconds until the last job has ended, and what they wait for."""
    jobs = machines * s["cores"]
    draw = random.Random(1)
    seconds_an_image = s["image_mp"] / s["megapixels_s"]
    shares = [0.0] * jobs
    sample = min(s["images"], 200 * jobs)  # the spread of a sum of many is told well enough by some
    for i in range(sample):
        shares[i % jobs] += seconds_an_image * draw.uniform(1 - s["spread"], 1 + s["spread"])
    mean = s["images"] / jobs * seconds_an_image
    late = (max(shares) - sum(shares) / jobs) * (s["images"] / sample) ** 0.5
    computing = s["start_s"] + s["list_s"] * s["images"] + mean + late
    disk = s["images"] * (s["read_mb"] + s["write_mb"]) / 1000 / s["disk_gb_s"]
    files = s["images"] * s["files"] / s["disk_files_s"]
    return max((computing, "processors"), (disk, "disk"), (files, "files"))


def table_of_images(s):
    merge = s["images"] * (s["merge_image_s"] + s["objects"] * s["merge_object_s"])
    print(f"merge: {merge / 60:.0f} minutes, {s['images'] * s['objects'] * s['merge_object_bytes'] / 1e9:.0f} GB of memory")
    print("| machines | hours | of them merging | waits for | price | efficiency |\n|---|---|---|---|---|---|")
    alone = None
    for machines in (1, 4, 16, 64, 256):
        seconds, cause = simulate_images(machines, s)
        total = seconds + merge
        paid = (seconds * machines * s["cores"] + merge) / 3600 * s["price"]
        alone = alone or total
        print(f"| {machines} | {total / 3600:.2f} | {merge / 3600:.2f} | {cause} | {paid:.2f} | {alone / total / machines:.2f} |")


def table_of_slide(s):
    extra = (1 + 2 * s["halo"] / s["block"]) ** 2
    blocks = s["slide_mp"] * 1e6 / s["block"] ** 2
    print("| machines | hours | price | efficiency |\n|---|---|---|---|")
    for machines in (1, 16, 256):
        workers = machines * s["cores"]
        rounds = -(-blocks // workers)
        seconds = s["start_s"] + rounds * s["block"] ** 2 / 1e6 * extra / s["megapixels_s"]
        ideal = s["slide_mp"] / s["megapixels_s"] / workers
        print(f"| {machines} | {seconds / 3600:.2f} | {seconds * workers / 3600 * s['price']:.2f} | {ideal / seconds:.2f} |")


def main():
    settings = dict(SETTINGS)
    for word in sys.argv[1:]:
        name, _, value = word.partition("=")
        if name not in settings or not value:
            sys.exit(f"'{word}': expected NAME=VALUE with one of {', '.join(settings)}")
        settings[name] = type(settings[name])(float(value))
    print("A million images" if settings["images"] == 1_000_000 else f"{settings['images']} images")
    table_of_images(settings)
    print("One slide, in blocks")
    table_of_slide(settings)


if __name__ == "__main__":
    main()
