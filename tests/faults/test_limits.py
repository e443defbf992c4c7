"""Memory and disks that are too small: told in one line, and nothing that is half written is taken for whole."""

from __future__ import annotations

import resource
import subprocess
import unittest
from collections.abc import Callable
from pathlib import Path

from job import CRASHES, PROGRAM, FaultTest, ended_by, is_done, results, run, workshop


def can_mount() -> bool:
    return subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0


def limited(megabytes: int, *words: object) -> subprocess.CompletedProcess[str]:
    """The program with so much address space. What never ends would be a failure."""
    size = megabytes * 1_000_000
    return run(*words, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (size, size)))


class LimitedMemory(FaultTest):
    def test_ends_or_is_refused_with_every_limit(self) -> None:
        words = workshop().segmenting(self.out)
        expected = self.undisturbed(words)
        done = 0
        for megabytes in (500, 800, 1100, 1240, 1260, 1300, 1500, 2000, 4000):
            with self.subTest(megabytes=megabytes):
                result = limited(megabytes, *words)
                self.assertNotIn(ended_by(result), CRASHES, result.stderr)
                if is_done(result):
                    done += 1
                    self.assertEqual(results(self.out), expected)
                    subprocess.run(["rm", "-r", self.out], check=True)
                else:
                    self.assert_told_in_one_line(result)
        self.assertGreaterEqual(done, 4)

    def test_threads_that_do_not_fit_are_refused(self) -> None:
        words = [word if word != 1 else 64 for word in workshop().segmenting(self.out)]
        result = limited(2000, *words)
        self.assert_told_in_one_line(result)
        self.assertIn("--threads 64: the address space is limited to 2000 MB (ulimit -v), enough for 6", result.stderr)

    def test_training_fits_or_is_told(self) -> None:
        result = limited(2000, *workshop().learning(self.out))
        self.assertTrue(is_done(result), result.stderr)


@unittest.skipUnless(can_mount(), "no right to mount a small disk")
class SmallDisk(FaultTest):
    """The output folder lies on a disk of its own, which is full at some time."""

    def on_disk(self, kilobytes: int, words: list[object], keep: Path) -> subprocess.CompletedProcess[str]:
        """Runs the program; what the disk holds afterwards is copied to `keep`, as the disk goes with the mount."""
        disk = self.folder / "disk"
        disk.mkdir(exist_ok=True)
        script = ('mount -t tmpfs -o size="$2"k none "$1" || exit 99; disk=$1 keep=$3; shift 3; "$@"; code=$?; '
                  'cp -r "$disk/out" "$keep"; exit $code')
        return subprocess.run(["unshare", "-m", "sh", "-c", script, "sh", disk, str(kilobytes), keep, PROGRAM,
                               *map(str, words)], capture_output=True, text=True, timeout=300, check=False)

    def test_segmenting_onto_a_disk_that_is_full_at_some_time(self) -> None:
        self.assert_told_and_goes_on(workshop().segmenting)

    def test_learning_onto_a_disk_that_is_full_at_some_time(self) -> None:
        self.assert_told_and_goes_on(workshop().learning)

    def assert_told_and_goes_on(self, job: Callable[[Path], list[object]]) -> None:
        run(*job(self.out))
        needed = sum(file.stat().st_size for file in self.out.rglob("*") if file.is_file()) // 1024
        subprocess.run(["rm", "-r", self.out], check=True)
        expected = self.undisturbed(job(self.out))
        told = 0
        for share in (0.05, 0.5, 0.8, 0.9, 1.1):
            kilobytes = 4 + int(share * needed)
            with self.subTest(kilobytes=kilobytes, of=needed):
                result = self.on_disk(kilobytes, job(self.folder / "disk" / "out"), self.out)
                self.assertNotIn(ended_by(result), CRASHES, result.stderr)
                if not is_done(result):
                    told += 1
                    self.assertIn("free space", result.stderr)
                    self.assertEqual(result.returncode, 1, result.stderr)
                self.assert_goes_on_to(job(self.out), expected)  # the same folder, where there is room
            subprocess.run(["rm", "-rf", self.out], check=True)
        self.assertGreater(told, 2)
        print(f"{job.__name__}: the disk was full {told} times", flush=True)


if __name__ == "__main__":
    unittest.main()
