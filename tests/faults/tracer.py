"""strace: tells what a program asks the system for, and makes some of it fail."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

WRITES = "write,writev,pwrite64,pwritev"
READS = "read,readv,pread64,preadv"


def missing() -> str:
    """Why it cannot be used here; empty where it can."""
    if shutil.which("strace") is None:
        return "strace is missing"
    tried = subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, text=True, check=False)
    return "" if tried.returncode == 0 else f"strace does not work here: {tried.stderr.strip().splitlines()[-1]}"


def failing(calls: str, error: str, number: int, paths: list[Path] | None = None) -> list[str]:
    """The words before a command whose `number`-th call of these fails, once; only those that touch `paths`."""
    words = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}", "-e",
             f"inject={calls}:error={error}:when={number}"]
    for path in paths or []:
        words += ["-P", str(path)]
    return [*words, "--"]


def count(calls: str, command: list[str], paths: list[Path] | None = None) -> int:
    """How often a thread of a command calls these, at the most: strace counts for each thread."""
    with tempfile.NamedTemporaryFile("r", errors="replace") as log:
        words = ["strace", "-f", "-qq", "-o", log.name, "-e", f"trace={calls}"]
        for path in paths or []:
            words += ["-P", str(path)]
        subprocess.run([*words, "--", *command], capture_output=True, check=False)
        of_thread: dict[str, int] = {}
        for line in log:
            if "resumed>" not in line and "(" in line:
                thread = line.split()[0]
                of_thread[thread] = of_thread.get(thread, 0) + 1
    return max(of_thread.values(), default=0)


CHANGES = ("openat", "open", "creat", "mkdir", "mkdirat", "rename", "renameat", "renameat2", "unlink", "unlinkat",
           "rmdir", "link", "linkat", "symlink", "symlinkat", "truncate", "chmod", "fchmodat", "mknod", "mknodat")
_FIRST_PATH = re.compile(r'(\w+)\((?:AT_FDCWD|\d+)?(?:, )?"((?:[^"\\]|\\.)*)"(.*)')
_WRITING = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND")


def changed_paths(command: list[str], folder: Path) -> tuple[subprocess.CompletedProcess[str], set[str], list[str]]:
    """What a command does: how it ended, the paths that it opened for writing, made, moved or removed, and the
    sockets that it asked for."""
    log = folder / "trace"
    traced = ["strace", "-f", "-qq", "-s", "4096", "-o", str(log), "-e",
              "trace=" + ",".join((*CHANGES, "socket", "connect")), "--", *command]
    result = subprocess.run(traced, capture_output=True, text=True, check=False)
    paths, sockets = set(), []
    for line in log.read_text(errors="replace").splitlines():
        call = line.split(None, 1)[1] if " " in line else line
        if call.startswith(("socket(", "connect(")):
            sockets.append(call.strip())
            continue
        found = _FIRST_PATH.match(call)
        if not found or found[1] not in CHANGES or "= -1" in found[3]:
            continue
        if not found[1].startswith("open") or _WRITING.search(found[3]):
            paths.add(found[2])
    return result, paths, sockets
