"""A Slurm of its own with two nodes on this computer, for the time of a test: nothing of the system's is used."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAMS = ["munged", "slurmctld", "slurmd", "sbatch", "sinfo", "squeue", "scontrol"]

CONFIGURATION = """ClusterName=test
SlurmctldHost={host}
SlurmctldPort={ports[0]}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
SlurmUser={user}
SlurmdUser={user}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool_%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd_%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd_%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
ReturnToService=2
SchedulerParameters=batch_sched_delay=0,sched_interval=1
SlurmdParameters=config_overrides
KillWait=2
NodeName=one NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs=2 RealMemory=16000
NodeName=two NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs=2 RealMemory=16000
PartitionName=all Nodes=one,two Default=YES MaxTime=INFINITE State=UP
"""


def missing_program() -> str | None:
    """Of Debian's packages munge and slurm-wlm; they lie in sbin, too."""
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    return next((name for name in PROGRAMS if not shutil.which(name)), None)


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def wait_until(is_true, seconds: float) -> bool:  # type: ignore[no-untyped-def]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if is_true():
            return True
        time.sleep(0.3)
    return False


class LocalSlurm:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf")}
        self.daemons: list[subprocess.Popen[bytes]] = []

    def start_daemon(self, *words: str) -> None:
        log = (self.folder / f"{words[0]}_{len(self.daemons)}.out").open("wb")
        self.daemons.append(subprocess.Popen(words, env=self.environment, stdout=log, stderr=log))

    def say(self, *words: object, **more: str) -> str:
        done = subprocess.run(
            [str(word) for word in words], env={**self.environment, **more}, capture_output=True, text=True, check=False
        )
        return done.stdout + done.stderr

    def is_ready(self) -> bool:
        return self.say("sinfo", "-h", "-o", "%T %D").strip() == "idle 2"

    def start(self) -> None:
        for name in ("state", "spool_one", "spool_two"):
            (self.folder / name).mkdir()
        text = CONFIGURATION.format(
            folder=self.folder, user=getpass.getuser(), host=socket.gethostname().split(".")[0], ports=free_ports(3)
        )
        (self.folder / "slurm.conf").write_text(text)
        (self.folder / "cgroup.conf").write_text("CgroupAutomount=no\n")
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o600)
        munge = [f"--{what}={self.folder}/munge.{what.split('-')[0]}" for what in ("key-file", "pid-file", "log-file", "seed-file")]
        self.start_daemon("munged", "--foreground", "--force", f"--socket={self.folder}/munge.socket", *munge)
        wait_until((self.folder / "munge.socket").exists, 10)
        self.start_daemon("slurmctld", "-D", "-c")
        for node in ("one", "two"):
            self.start_daemon("slurmd", "-D", "-N", node)

    def stop(self) -> None:
        for daemon in reversed(self.daemons):
            daemon.terminate()
        for daemon in self.daemons:
            try:
                daemon.wait(10)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()

    def submit(self, *words: object, **more: str) -> str:
        """Number of the job."""
        said = self.say("sbatch", "--parsable", *words, **more)
        assert said.strip().isdigit(), said
        return said.strip()

    def wait_for(self, job: str, seconds: float = 240) -> None:
        is_over = wait_until(lambda: not self.say("squeue", "-h", "-j", job, "-t", "all", "-o", "%T").strip()
                             or not self.say("squeue", "-h", "-j", job).strip(), seconds)
        assert is_over, self.say("squeue")

    def node_of(self, job: str) -> str:
        said = self.say("scontrol", "show", "job", job)
        return next(word.split("=")[1] for word in said.split() if word.startswith("BatchHost="))


@contextmanager
def local_slurm(folder: Path) -> Iterator[LocalSlurm | str]:
    """The Slurm, or why it does not start."""
    slurm = LocalSlurm(folder)
    try:
        slurm.start()
        if wait_until(slurm.is_ready, 40):
            yield slurm
        else:
            logs = [path.read_text(errors="replace").strip() for path in sorted(folder.glob("*.log"))]
            yield "Slurm does not start here: " + " | ".join(text.splitlines()[-1] for text in logs if text)
    finally:
        slurm.stop()
