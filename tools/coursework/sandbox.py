"""One student's process, in a bubblewrap of its own, with limits.

It sees Python and an empty /tmp: no network, no home, no course, no other student, no
process but its own. Whoever grades as root gives each place of work a numeric user of
its own, since a limit on processes does not bind root.
"""

import json
import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil

from tools.coursework.checks import Ended

ROOT = Path(__file__).resolve().parents[2]
FIRST_USER = 60500  # as root: this number and the next ones, which nobody has
MB = 1024 * 1024
ANSWER_MB = 50
GRACE = 3  # seconds beyond a limit until the process is ended
LOOK_EVERY = 0.2
CELLS_THAT_MAY_BE_SLOW = 6  # so many times the limit of a cell is the limit of all
LIMITS = {
    "AS": 8000 * MB,  # address space of one process; torch asks for much, uses little
    "FSIZE": 50 * MB,
    "NPROC": 40,
    "NOFILE": 200,
    "CORE": 0,
}
MISSING = (
    "bubblewrap is missing, so student code cannot be kept apart from this machine: "
    "apt-get install bubblewrap (or, only for code you trust, --unsafe)"
)


class Refused(Exception):
    """Why nothing is graded here, as one sentence."""


def command(place, package, unsafe=False):
    """How a student's process is started; `place` is the number of the worker."""
    here = Path(__file__).parent
    if unsafe:
        known = environment_of(f"{here}:{ROOT}")
        keep = [f"{k}={v}" for k, v in known.items()]
        limits = json.dumps({k: v for k, v in LIMITS.items() if k != "NPROC"})
        return ["env", "-i", *keep, sys.executable, str(here / "inside.py"), limits]
    known = environment_of("/grader" + ":/course" * package)
    return [
        *bubblewrap(),
        *("--ro-bind", str(here / "inside.py"), "/grader/inside.py"),
        *("--ro-bind", str(here / "values.py"), "/grader/values.py"),
        *package_binds(package),
        *(f for k, v in known.items() for f in ("--setenv", k, v)),
        *("--chdir", "/tmp", "--"),
        *as_nobody(place),
        *(sys.executable, "/grader/inside.py", json.dumps(LIMITS)),
    ]


def bubblewrap():
    """The walls: read-only Python, private everything else."""
    prefixes = {str(Path(p).resolve()) for p in (sys.base_prefix, sys.prefix)}
    links = {sys.prefix}  # the interpreter finds its packages by this name
    system = ["/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache"]
    visible = sorted(prefixes | links) + system
    alone = ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    alone += ["--unshare-cgroup-try", "--die-with-parent", "--new-session"]
    if os.geteuid() == 0:  # real root makes the walls, then becomes nobody inside them
        alone += ["--cap-drop", "ALL"]
        for capability in ("CAP_SETUID", "CAP_SETGID"):
            alone += ["--cap-add", capability]
    else:
        alone += ["--unshare-user", "--uid", "65534", "--gid", "65534"]
    return [
        *("bwrap", *alone, "--clearenv", "--hostname", "grader"),
        *("--size", str(100 * MB), "--perms", "1777", "--tmpfs", "/tmp"),
        *parents([*visible, "/grader/x", "/course/x"]),
        *(part for p in visible for part in ("--ro-bind-try", p, p)),
        *("--proc", "/proc", "--dev", "/dev"),
    ]


def parents(paths):
    """Folders on the way to `paths` that a user without rights may pass."""
    folders = {str(folder) for p in paths for folder in Path(p).parents} - {"/"}
    return [f for p in sorted(folders) for f in ("--perms", "0755", "--dir", p)]


def as_nobody(place):
    """Root becomes a user without rights; everybody else stays who they are."""
    if os.geteuid() != 0:
        return []
    user = str(FIRST_USER + place)
    return [
        *("setpriv", "--reuid", user, "--regid", user, "--clear-groups"),
        *("--no-new-privs", "--"),
    ]


def package_binds(package):
    where = ("--ro-bind", str(ROOT / "kl_helpers"), "/course/kl_helpers")
    return where if package else ()


def environment_of(path):
    """All that a student's process knows of its surroundings."""
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": "/tmp",
        "IPYTHONDIR": "/tmp/.ipython",
        "MPLCONFIGDIR": "/tmp",
        "MPLBACKEND": "Agg",
        "TQDM_DISABLE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONSAFEPATH": "1",
        **dict.fromkeys(threads, "1"),
        "PYTHONPATH": path,
    }


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
        self.closing = self.last_look + seconds * CELLS_THAT_MAY_BE_SLOW
        self.running = subprocess.Popen(
            command(place, package, unsafe),
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
        deadline = time.monotonic() + self.seconds + GRACE
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
                self.give_up(f"it did not stop after {self.seconds} seconds")
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
