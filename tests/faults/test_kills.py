"""A job that is killed at any moment goes on to the result that it would have had."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
import unittest

from job import PROGRAM, FaultTest, run, workshop

KILLS = int(os.environ.get("PRIORSEG_KILLS", "4"))  # of each job
SEED = int(os.environ.get("PRIORSEG_FAULT_SEED", "1"))


class Killed(FaultTest):
    def disturb(self, words: list[object], number: int, moment: float) -> bool:
        """Sends a signal after `moment` seconds. Returns whether the job was still going on."""
        process = subprocess.Popen([PROGRAM, *map(str, words)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                   text=True)
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            process.send_signal(number)
        _, told = process.communicate(timeout=120)
        if process.returncode == -number or process.returncode == 128 + number:
            return True
        self.assertIn(process.returncode, (0, 3), told)
        return False

    def assert_survives(self, words: list[object], signals: list[int]) -> None:
        start = time.monotonic()
        expected = self.undisturbed(words)
        duration = time.monotonic() - start
        chance = random.Random(SEED)
        in_time = 0
        # One job is killed again and again until it is done, then another one begins: leftovers meet leftovers.
        for count in range(KILLS):
            moment = chance.uniform(0, duration)
            if self.disturb(words, signals[count % len(signals)], moment):
                in_time += 1
                if chance.random() < 0.5:
                    continue
            self.assert_goes_on_to(words, expected)
            self.start_anew()
        print(f"{words[0]}: {KILLS} signals, {in_time} of them before the job was done", flush=True)
        self.assertGreater(in_time, 0)

    def start_anew(self) -> None:
        self.tearDown()
        self.folder.mkdir()

    def test_training_and_all(self) -> None:
        self.assert_survives(workshop().learning(self.out), [signal.SIGKILL])

    def test_segmenting(self) -> None:
        self.assert_survives(workshop().segmenting(self.out), [signal.SIGKILL])

    def test_training_that_is_asked_to_stop(self) -> None:
        self.assert_survives(workshop().learning(self.out), [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])

    def test_segmenting_that_is_asked_to_stop(self) -> None:
        self.assert_survives(workshop().segmenting(self.out), [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])


class TwoAtOnce(FaultTest):
    def test_second_process_is_refused_with_the_number_of_the_first(self) -> None:
        words = [*workshop().learning(self.out), "--set", "detector.training.steps=100000"]
        first = subprocess.Popen([PROGRAM, *map(str, words)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(600):
                if (self.out / "losses.csv").exists():
                    break
                time.sleep(0.1)
            second = run(*workshop().segmenting(self.out))
            self.assert_told_in_one_line(second)
            self.assertIn(f"process {first.pid} on ", second.stderr)
        finally:
            first.kill()
            first.wait()
        self.assertTrue((self.out / ".priorseg" / "lock").exists())
        taken_over = run(*workshop().segmenting(self.out))
        self.assertIn(taken_over.returncode, (0, 3), taken_over.stderr)


if __name__ == "__main__":
    unittest.main()
