"""Programs that are measured: those that do a work when told to, and whole commands."""

import math
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass

PEERS = pathlib.Path(__file__).parent / "peers"
OURS = "wellfit"


class Missing(Exception):
    """A program that could not be measured, and why."""


@dataclass(frozen=True)
class Peer:
    """A way to do a work. The fastest of a framework is what ours is compared with."""

    name: str
    framework: str
    # In peers/; ours has none.
    script: str = ""
    variant: str = ""
    # Threads, where they are not the run's.
    threads: int | None = None
    # Batch size, where it is not the row's.
    batch: int | None = None
    # Remedies that it can do; all when empty.
    remedies: tuple = ()

    def command(self, epoch, job, threads):
        """The command line; `epoch` is our built example."""
        job = job | {"threads": self.threads or threads}
        if self.batch:
            job["batch"] = self.batch
        program = [sys.executable, str(PEERS / self.script)] if self.script else [epoch]
        if self.variant:
            job["variant"] = self.variant
        return [*program, *(f"{key}={value}" for key, value in job.items())]


class Program:
    """A process that warms up and then does its work when told to."""

    def __init__(self, command, threads):
        env = os.environ | {"OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads)}
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.errors, text=True, env=env)
        self.seconds, self.loss = [], None

    def line(self):
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            self.errors.seek(0)
            raise Missing(reason(self.errors.read(), self.process.returncode))
        return line

    def ready(self):
        """Waits for the warm-up; the program's version."""
        while not (line := self.line()).startswith("ready "):
            pass
        return line.removeprefix("ready ").strip()

    def work(self):
        try:
            self.process.stdin.write("go\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # The next line says why.
        seconds, loss = self.line().split()
        if not math.isfinite(float(loss)):
            raise Missing(f"the loss became {loss}")
        self.seconds.append(float(seconds))
        self.loss = float(loss)

    def close(self):
        for stream in [self.process.stdin, self.process.stdout]:
            try:
                stream.close()
            except BrokenPipeError:
                pass  # It has ended by itself.
        self.process.wait()
        self.errors.close()


def reason(errors, code):
    """The line of a program's stderr that says most."""
    lines = [line.strip() for line in errors.strip().splitlines() if line.strip()]
    panic = [i for i, line in enumerate(lines) if "panicked at" in line]
    if panic:
        return " ".join(lines[panic[0]:panic[0] + 2])[:300]
    telling = [line for line in lines if "Error" in line or "error:" in line]
    return (telling or lines or [f"ended with {code}"])[-1][:300]


class Crew:
    """Programs that take turns, each one's times, and why some are missing."""

    def __init__(self):
        self.programs, self.missing, self.versions = {}, {}, {}

    def start(self, name, command, threads):
        program = Program(command, threads)
        try:
            self.versions[name] = program.ready()
            self.programs[name] = program
        except Missing as why:
            self.lose(name, program, why)

    def lose(self, name, program, why):
        print(f"  {name} is missing: {why}", file=sys.stderr, flush=True)
        self.missing[name] = str(why)
        program.close()

    def round(self, number, also=None):
        """Asks everybody once; everybody is first once in a while. `also` is asked too and
        stays when the crew leaves."""
        names = list(self.programs)
        if also:
            also.work()
        shift = number % max(len(names), 1)
        for name in names[shift:] + names[:shift]:
            try:
                self.programs[name].work()
            except Missing as why:
                self.lose(name, self.programs.pop(name), why)

    def leave(self):
        for program in self.programs.values():
            program.close()

    def medians(self):
        return {name: statistics.median(p.seconds) for name, p in self.programs.items()}

    def values(self):
        return {name: {"values": p.seconds, "loss": p.loss} for name, p in self.programs.items()}


def whole(command):
    """Runs a command to its end: wall-clock seconds, and the peak memory of its largest
    process in MB."""
    with tempfile.TemporaryFile("w+") as errors:
        weigh = [sys.executable, "-I", str(PEERS.parent / "weigh.py"), *command]
        told = subprocess.run(weigh, stdout=subprocess.PIPE, stderr=errors, text=True)
        errors.seek(0)
        if told.returncode != 0:
            raise Missing(reason(errors.read(), told.returncode))
        seconds, peak, code = told.stdout.split()
        if int(code) != 0:
            raise Missing(reason(errors.read(), code))
    return float(seconds), float(peak)
