"""Writes that fail, files that cannot be read or vanish: told in one line, and the job goes on
from there to the result that it would have had."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
import unittest

import tracer
from job import CRASHES, PROGRAM, FaultTest, ended_by, is_done, results, run, workshop

# 0 = each of them; else so many, evenly spread.
PLACES = int(os.environ.get("PRIORSEG_FAULT_PLACES", "5"))


def spread(count: int) -> list[int]:
    """Numbers of 1 to count."""
    if PLACES == 0 or count <= PLACES:
        return list(range(1, count + 1))
    return sorted({1 + round(i * (count - 1) / (PLACES - 1)) for i in range(PLACES)})


def can_mount() -> bool:
    return subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0


@unittest.skipIf(tracer.missing(), tracer.missing())
class FailingCalls(FaultTest):
    def assert_survives(self, words: list[object]) -> None:
        expected = self.undisturbed(words)
        count = tracer.count(tracer.WRITES, [PROGRAM, *map(str, words)])
        shutil.rmtree(self.out)
        told = 0
        for number in spread(count):
            with self.subTest(write=number, of=count):
                result = run(*words, before=tracer.failing(tracer.WRITES, "ENOSPC", number))
                self.assertNotIn(ended_by(result), CRASHES, result.stderr)
                if is_done(result):  # what failed was tried again, or was no result
                    self.assertEqual(results(self.out), expected)
                else:
                    told += 1
                self.assert_goes_on_to(words, expected)
            shutil.rmtree(self.out, ignore_errors=True)
        print(f"{words[0]}: {len(spread(count))} of {count} writes failed, {told} times that ended the job", flush=True)

    def test_writes_of_segmenting(self) -> None:
        self.assert_survives(workshop().segmenting(self.out))

    def test_writes_of_training_and_all(self) -> None:
        self.assert_survives(workshop().learning(self.out))

    def test_reads_of_images(self) -> None:
        words = workshop().segmenting(self.out)
        expected = self.undisturbed(words)
        images = sorted(workshop().images.iterdir())[1:]
        calls = tracer.READS + ",mmap,fstat"
        count = tracer.count(calls, [PROGRAM, *map(str, words)], images)
        shutil.rmtree(self.out)
        self.assertGreater(count, 0)
        for number in spread(count):
            with self.subTest(read=number, of=count):
                result = run(*words, before=tracer.failing(calls, "EIO", number, images))
                self.assertNotIn(ended_by(result), CRASHES, result.stderr)
                if is_done(result):
                    self.assertEqual(results(self.out), expected)
                else:
                    self.assertIn(".tif", result.stderr)
                    self.assertIn("labels/sim_000.tif", results(self.out))  # the batch went on
                self.assert_goes_on_to(words, expected)
            shutil.rmtree(self.out, ignore_errors=True)
        print(f"segment: {len(spread(count))} of {count} reads of images failed", flush=True)


@unittest.skipUnless(can_mount(), "no right to mount a small disk")
class SmallDisk(FaultTest):
    """The output folder lies on a disk of its own."""

    def test_folder_that_cannot_be_written(self) -> None:
        words = list(map(str, workshop().segmenting(self.folder / "disk" / "out")))
        (self.folder / "disk").mkdir()
        script = 'mount -t tmpfs -o ro none "$1" && shift && exec "$@"'
        result = subprocess.run(["unshare", "-m", "sh", "-c", script, "sh", str(self.folder / "disk"), PROGRAM, *words],
                                capture_output=True, text=True, check=False)
        self.assert_told_in_one_line(result)
        self.assertIn("cannot write into the output folder", result.stderr)


class VanishingInput(FaultTest):
    def test_images_that_are_removed_meanwhile(self) -> None:
        images = self.folder / "images"
        images.mkdir()
        original = sorted(workshop().images.iterdir())[0]
        for number in range(60):
            shutil.copy(original, images / f"copy{number:02}.tif")
        process = subprocess.Popen([PROGRAM, "segment", images, "--model", workshop().model, "-q", "--threads", "1",
                                    "-o", self.out], stderr=subprocess.PIPE, text=True)
        while process.poll() is None and not list(self.out.glob("labels/*.tif")):
            time.sleep(0.002)
        for number in range(40, 60):
            (images / f"copy{number:02}.tif").unlink()
        _, told = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 1, told)
        self.assertIn("copy59.tif", told)
        self.assertEqual(len(list(self.out.glob("labels/*.tif"))), 40)


if __name__ == "__main__":
    unittest.main()
