"""The examples of a page: its code blocks, and in those for a shell the commands with what they say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

VERBS = ("segment", "run", "train", "look", "evaluate", "prior", "calibrate", "merge", "info")
COMMAND = re.compile(rf"priorseg ({'|'.join(VERBS)}) ")
SHORTENED = re.compile(r"\.\.\.|…")


@dataclass(frozen=True)
class Block:
    line: int  # of its first line in the page, from 1
    language: str  # "" where the page names none
    text: str

    def is_shell(self) -> bool:
        return not self.language and COMMAND.match(self.text) is not None

    def commands(self) -> list[tuple[str, list[str]]]:
        """Each command with the messages that the page shows below it, each in one line."""
        found: list[tuple[str, list[str]]] = []
        for line in self.text.splitlines():
            if COMMAND.match(line):
                found.append((line, []))
            elif line.startswith("priorseg: "):
                found[-1][1].append(line)
            else:
                found[-1][1][-1] += " " + line
        return found


def blocks_of(page: Path) -> list[Block]:
    lines = page.read_text(encoding="utf-8").splitlines()
    fences = [number for number, line in enumerate(lines) if line.startswith("```")]
    return [
        Block(first + 2, lines[first][3:].strip(), "\n".join(lines[first + 1 : last]))
        for first, last in zip(fences[::2], fences[1::2], strict=True)
    ]


def is_said(message: str, said: str) -> bool:
    """Whether a message of a page stands in what a program wrote, wherever lines end. `...` stands for anything."""
    parts = [re.escape(" ".join(part.split())) for part in SHORTENED.split(message)]
    return re.search(".*".join(parts), " ".join(said.split())) is not None
