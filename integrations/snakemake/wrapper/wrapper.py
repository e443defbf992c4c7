"""Runs priorseg segment on the images of a rule (Snakemake wrapper). Snakemake defines `snakemake`."""

# ruff: noqa: F821

import subprocess
from pathlib import Path

DONE_BUT_NOT_TO_BE_TRUSTED = 3

out = Path(snakemake.output.table).parent
images = snakemake.input.images
words = [
    snakemake.params.get("program", "priorseg"),
    "segment",
    *([images] if isinstance(images, str) else images),
    "--model",
    snakemake.input.model,
    "-o",
    out,
    "--threads",
    snakemake.threads,
    "-q",
]
if snakemake.params.get("save"):
    words += ["--save", snakemake.params.save]
words += snakemake.params.get("extra", [])
done = subprocess.run([str(word) for word in words], check=False, capture_output=True, text=True)
text = done.stdout + done.stderr
if snakemake.log:
    Path(snakemake.log[0]).write_text(text)
if done.returncode not in (0, DONE_BUT_NOT_TO_BE_TRUSTED):
    raise RuntimeError(f"priorseg segment ended with {done.returncode}:\n{text}")
