"""Nothing is written outside the output folder, and no network is asked for."""

from __future__ import annotations

import subprocess
import unittest
from pathlib import Path

import tracer
from job import PROGRAM, FaultTest, is_done, workshop

HARMLESS = ("/dev/null", "/dev/tty", "/proc/self/", "/proc/thread-self/")


def jobs(out: Path) -> list[list[object]]:
    return [workshop().segmenting(out), workshop().learning(out),
            ["simulate", "-q", "-n", 1, "--image-size", "64x64", "--size", "8:14", "-o", out],
            ["look", workshop().images, "-o", out / "look.html"], ["info", workshop().model],
            ["evaluate", workshop().folder / "sim" / "labels", workshop().folder / "sim" / "labels"]]


class Outside(FaultTest):
    def moved(self, words: list[object], out: Path) -> list[object]:
        return [str(word).replace(str(self.out), str(out), 1) for word in words]

    @unittest.skipIf(tracer.missing(), tracer.missing())
    def test_writes_lie_in_the_output_folder(self) -> None:
        for number, words in enumerate(jobs(self.out)):
            with self.subTest(verb=words[0]):
                out = self.folder / f"out{number}"
                words = self.moved(words, out)
                start = self.folder / "start"
                start.mkdir(exist_ok=True)
                result, paths, sockets = tracer.changed_paths([PROGRAM, *map(str, words)], self.folder)
                self.assertTrue(is_done(result), result.stderr)
                outside = {path for path in paths
                           if not (path + "/").startswith(str(out) + "/") and not path.startswith(HARMLESS)}
                self.assertEqual(outside, set())
                # The system's own service for names of users is asked through a file.
                self.assertEqual([call for call in sockets if "AF_UNIX" not in call], [])

    @unittest.skipIf(subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False).returncode != 0,
                     "no right to make a network of its own")
    def test_all_works_without_a_network(self) -> None:
        for number, words in enumerate(jobs(self.out)):
            words = self.moved(words, self.folder / f"out{number}")
            result = subprocess.run(["unshare", "-n", PROGRAM, *map(str, words)], capture_output=True, text=True,
                                    check=False)
            self.assertTrue(is_done(result), result.stderr)


if __name__ == "__main__":
    unittest.main()
