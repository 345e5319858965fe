"""One student's process: started, asked, watched and ended.

Time, memory and the size of an answer are watched from outside; walls.py says what the
process can see and do.
"""

import json
import os
import select
import shutil
import subprocess
import time

import psutil

from tools.coursework import walls
from tools.coursework.checks import Ended
from tools.coursework.inside import PATIENCE
from tools.coursework.walls import MB

ANSWER_MB = 50
GRACE = 3  # seconds beyond a limit until the process is ended
LOOK_EVERY = 0.2
ALL = 10  # so many times the limit of one cell is the limit of a notebook
MISSING = (
    "bubblewrap is missing, so student code cannot be kept apart from this machine: "
    "apt-get install bubblewrap (or, only for code you trust, --unsafe)"
)


class Refused(Exception):
    """Why nothing is graded here, as one sentence."""


def check(unsafe=False):
    """Refuse with one sentence where student code could do harm, or cannot start."""
    if not unsafe and not shutil.which("bwrap"):
        raise Refused(MISSING)
    if not unsafe and os.geteuid() == 0 and not shutil.which("setpriv"):
        raise Refused("setpriv (package util-linux) is missing; grade as another user")
    with Process(0, package=False, seconds=30, memory_mb=1000, unsafe=unsafe) as trial:
        try:
            answer = trial.send({"do": "run", "code": "import os; me = os.geteuid()"})
            user = trial.send({"do": "get", "name": "me"}).get("value")
        except Ended:
            raise Refused(f"the sandbox does not start: {trial.last_words()}") from None
    if "error" in answer:
        raise Refused(f"the sandbox does not run Python: {answer['error'][1]}")
    if user == 0 and not unsafe:
        raise Refused("student code would run as root; grade as an ordinary user")


class Process:
    """A running student's process: requests go in, answers come out, in time."""

    def __init__(self, place, *, package, seconds, memory_mb, unsafe=False):
        self.seconds, self.memory = seconds, memory_mb * MB
        self.rest, self.cpu = b"", 0.0
        self.last_look = time.monotonic()
        self.closing = self.last_look + seconds * ALL
        self.running = subprocess.Popen(
            walls.command(place, package, unsafe),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd="/",
        )

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def close(self):
        self.end()
        for stream in (self.running.stdin, self.running.stdout, self.running.stderr):
            stream.close()

    def end(self):
        """End all of it: with bubblewrap's first process every other one goes."""
        self.cpu = self.cpu or self.cpu_seconds()
        for process in self.family():
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        self.running.wait()

    def family(self):
        try:
            first = psutil.Process(self.running.pid)
            return [first, *first.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def cpu_seconds(self):
        """Processor seconds of all its processes."""
        total = 0.0
        for process in self.family():
            try:
                total += sum(process.cpu_times()[:4])  # own and of ended children
            except psutil.NoSuchProcess:
                continue
        return total

    def last_words(self):
        self.end()
        return self.running.stderr.read(2000).decode(errors="replace").strip()

    def send(self, request):
        """The answer to one request; Ended, with the reason, if there will be none."""
        line = json.dumps({**request, "seconds": self.seconds}) + "\n"
        deadline = time.monotonic() + self.seconds * PATIENCE + GRACE
        try:
            self.running.stdin.write(line.encode())
            self.running.stdin.flush()
        except BrokenPipeError:
            self.give_up("Python has ended")
        try:
            answer = json.loads(self.line_before(deadline))
            if set(answer) in ({"value"}, {"error"}):
                return answer
        except (ValueError, RecursionError, TypeError):
            pass
        self.give_up("it sent something that is not an answer")

    def line_before(self, deadline):
        """The next line it writes, while watching time, size and memory."""
        pieces, size = [self.rest], len(self.rest)
        while b"\n" not in pieces[-1]:
            if time.monotonic() > deadline:
                self.give_up(
                    f"a cell did not stop after {self.seconds * PATIENCE} seconds"
                )
            if time.monotonic() > self.closing:
                self.give_up("too many cells took too long")
            if self.looks_again() and self.used() > self.memory:
                self.give_up(f"it used more than {self.memory // MB} MB of memory")
            if size > ANSWER_MB * MB:
                self.give_up(f"one answer was larger than {ANSWER_MB} MB")
            ready, _, _ = select.select([self.running.stdout], [], [], LOOK_EVERY)
            if ready:
                pieces.append(os.read(self.running.stdout.fileno(), MB))
                size += len(pieces[-1])
                if not pieces[-1]:
                    self.give_up("Python has ended")
        line, _, self.rest = b"".join(pieces).partition(b"\n")
        return line

    def looks_again(self):
        """Whether memory is looked at now: seldom, it takes time."""
        now = time.monotonic()
        if due := now - self.last_look > LOOK_EVERY:
            self.last_look = now
        return due

    def used(self):
        """Memory of all its processes together."""
        total = 0
        for process in self.family():
            try:
                total += process.memory_info().rss
            except psutil.NoSuchProcess:
                continue
        return total

    def give_up(self, reason):
        self.end()
        raise Ended(reason)
