"""A tiny job that the tests of faults run again and again, and what they compare."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

PROGRAM = os.environ["PRIORSEG_PROGRAM"]
NOT_TO_BE_TRUSTED = 3  # exit code: done; what tiny networks find may be anything

DETECTOR = {
    "localizer.channels": "[8,8,16]", "localizer.reduction": "1", "encoder.kind": "strided",
    "encoder.channels": "[8,8,16]", "training.batch_size": "2", "training.crop_size": "64",
    "inference.min_contrast": "2", "inference.presence": "0.1", "inference.min_score": "0",
    "training.precision": "float32", "self_training.refine_steps": "1",
}


def settings(steps: int, self_steps: int = 0, checkpoint_every: int = 10) -> list[str]:
    values = DETECTOR | {"training.steps": str(steps), "self_training.steps": str(self_steps),
                         "training.checkpoint_every": str(checkpoint_every)}
    words = ["-q", "--threads", "1", "--size", "14:24", "--set", "prior_masks=64", "--set", "prior.steps=20",
             "--set", "prior.batch_size=16"]
    for name, value in values.items():
        words += ["--set", f"detector.{name}={value}"]
    return words


def run(*words: object, before: list[str] | None = None, **options: object) -> subprocess.CompletedProcess[str]:
    """The program, behind the words `before` (a tracer), to its end."""
    command = [*(before or []), PROGRAM, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=300, check=False,
                          **options)


def is_done(result: subprocess.CompletedProcess[str]) -> bool:
    return result.returncode in (0, NOT_TO_BE_TRUSTED)


class Workshop:
    """Images and a model, made once."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="priorseg-faults-")
        self.folder = Path(self._folder.name)
        made = run("simulate", "-q", "-n", 3, "--image-size", "96x80", "--size", "14:24", "-o", self.folder / "sim")
        assert made.returncode == 0, made.stderr
        self.images = self.folder / "sim" / "images"
        self.model = self.folder / "model.safetensors"
        learned = run(*self.learning(self.folder / "learned"))
        assert is_done(learned), learned.stderr
        shutil.copy(self.folder / "learned" / "model.safetensors", self.model)

    def learning(self, out: Path) -> list[object]:
        return ["run", self.images, "-o", out, *settings(40, self_steps=10)]

    def segmenting(self, out: Path) -> list[object]:
        return ["segment", self.images, "--model", self.model, "-q", "--threads", 1, "--save", "rois,geojson,coco",
                "--resume", "-o", out]


_workshop: list[Workshop] = []


def workshop() -> Workshop:
    if not _workshop:
        _workshop.append(Workshop())
    return _workshop[0]


# Dates, durations and the words of the command differ between runs that are otherwise the same.
VOLATILE = re.compile(rb"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?|\d+(\.\d+)? (s|min|ms)\b")
# Tell of calls, or of times: only that they are whole is compared.
TOLD_OTHERWISE = {"report.html": b"</html>", "provenance.json": b"}", "manifest.jsonl": b"}"}


def results(out: Path) -> dict[str, str]:
    """The files of an output folder, and a checksum of each. The folder's own notes are not results."""
    found = {}
    for file in sorted(out.rglob("*")):
        name = str(file.relative_to(out))
        if file.is_dir() or name.startswith(".priorseg"):
            continue
        content = VOLATILE.sub(b"", file.read_bytes().replace(str(out).encode(), b""))
        if name in TOLD_OTHERWISE:
            is_whole = content.rstrip(b"\n").endswith(TOLD_OTHERWISE[name].rstrip(b"\n")) and content
            found[name] = "whole" if is_whole else "cut short"
        elif name == "objects.csv" or name == "losses.csv":
            found[name] = hashlib.sha1(b"\n".join(sorted(content.splitlines()))).hexdigest()
        else:
            found[name] = hashlib.sha1(content).hexdigest()
    return found


class FaultTest(unittest.TestCase):
    """Tests with an output folder of their own."""

    maxDiff = None

    def setUp(self) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="priorseg-faults-")
        self.folder = Path(self._temporary.name)
        self.out = self.folder / "out"

    def tearDown(self) -> None:
        for file in self.folder.rglob("*"):
            if file.is_dir() and not file.is_symlink():
                file.chmod(0o700)
        self._temporary.cleanup()

    def undisturbed(self, words: list[object]) -> dict[str, str]:
        """What `words` (for self.out) give where nothing happens."""
        result = run(*words)
        self.assertTrue(is_done(result), result.stderr)
        found = results(self.out)
        shutil.rmtree(self.out)
        return found

    def assert_goes_on_to(self, words: list[object], expected: dict[str, str]) -> None:
        result = run(*words)
        self.assertTrue(is_done(result), f"{result.returncode}: {result.stderr}")
        self.assertEqual(results(self.out), expected)

    def assert_told_in_one_line(self, result: subprocess.CompletedProcess[str], code: int = 1) -> None:
        errors = [line for line in result.stderr.splitlines() if line.startswith("priorseg: error: ")]
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertEqual(len(errors), 1, result.stderr)


def ended_by(result: subprocess.CompletedProcess[str]) -> int:
    """The signal that ended the program, 0 = none."""
    return -result.returncode if result.returncode < 0 else 0


CRASHES = {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL}
