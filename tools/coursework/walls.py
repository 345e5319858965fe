"""How a student's process is walled in: the command that bubblewrap gets.

It sees Python and an empty /tmp: no network, no home, no course, no other student, no
process but its own. Whoever grades as root gives each place of work a numeric user of
its own, since a limit on processes does not bind root.
"""

import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FIRST_USER = 60500  # as root: this number and the next ones, which nobody has
MB = 1024 * 1024
LIMITS = {
    "AS": 8000 * MB,  # address space of one process; torch asks for much, uses little
    "FSIZE": 50 * MB,
    "NPROC": 40,
    "NOFILE": 200,
    "CORE": 0,
}


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
