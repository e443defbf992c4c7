"""The annotated images that a peer learns from: read, held out, and varied. Needs numpy and tifffile."""
import json
import pathlib
import resource

import numpy as np
import tifffile

HELD_OUT = 0.15  # the share of annotated images that StarDist's and Cellpose's examples hold out to validate with
STRIP = 256  # px: of a single annotated image, what is validated with


def read_job(path):
    """The job that compare.py has written: its folder and lists of files."""
    job = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    job["folder"] = pathlib.Path(path).parent
    return job


def read_pairs(job):
    """[(image, label map int32)] of what is annotated, in the order of the job."""
    return [(tifffile.imread(image), tifffile.imread(labels).astype(np.int32))
            for image, labels in zip(job["images"], job["labels"])]


def hold_out(pairs, random):
    """(learned from, validated with). A single image is cut: its last 256 columns validate."""
    if len(pairs) == 1:
        image, labels = pairs[0]
        return ([(image[:, :-STRIP], labels[:, :-STRIP])], [(image[:, -STRIP:], labels[:, -STRIP:])])
    order = random.permutation(len(pairs))
    count = max(1, round(HELD_OUT * len(pairs)))
    return [pairs[i] for i in order[count:]], [pairs[i] for i in order[:count]]


def varied(image, labels, random):
    """The same crop turned, mirrored, lighter or darker, with some noise; values of the image are about 0 to 1."""
    turns = int(random.integers(4))
    image, labels = np.rot90(image, turns), np.rot90(labels, turns)
    if random.random() < 0.5:
        image, labels = image[:, ::-1], labels[:, ::-1]
    image = image * random.uniform(0.6, 2) + random.uniform(-0.2, 0.2)
    image = image + random.normal(0, 0.02 * random.random(), image.shape)
    return image.astype(np.float32), np.ascontiguousarray(labels)


def peak_memory():
    """Bytes that this process has held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def write_json(path, content):
    partial = path.with_suffix(".part")
    partial.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    partial.replace(path)


def write_label_map(path, labels):
    tifffile.imwrite(path, labels.astype(np.uint16), compression="zlib")
