"""The grader's side: runs a test here, with what the student defined as far away.

A name that a test uses and does not define itself is the student's. A function arrives
as something that can be called: the call is answered in the student's process. So a
test, its hidden inputs and its expected values never go where student code runs.
"""

import builtins
import hashlib
import hmac
import symtable

import numpy as np

from tools.coursework import values
from tools.coursework.source import COURSE_CELL

SHOWN = 300


class Ended(Exception):
    """The student's process is gone: nothing more can be asked of it."""


class StudentFunction:
    """A function of the student's, called where it is."""

    def __init__(self, student, name):
        self.student, self.name = student, name

    def __call__(self, *args, **options):
        return self.student.ask(
            do="call",
            name=self.name,
            args=[values.encode(a) for a in args],
            options={k: values.encode(v) for k, v in options.items()},
        )

    def gradient(self, *args, wrt):
        return self.student.ask(
            do="gradient",
            name=self.name,
            args=[values.encode(a) for a in args],
            wrt=wrt,
        )


def gradient(function, *args, wrt=0):
    """Gradient of a student's scalar torch function by its argument number `wrt`."""
    return function.gradient(*args, wrt=wrt)


class Student:
    """Asks a student's process; `send` takes a request and returns its answer."""

    def __init__(self, send):
        self.send = send

    def ask(self, **request):
        """The value of the answer; an error of the student's is raised here."""
        answer = self.send(request)
        if "error" in answer:
            kind, message = answer["error"]
            raise error_named(kind)(message)
        name = request.get("name")
        return values.decode(answer["value"], lambda kind: StudentFunction(self, name))

    def run(self, code):
        """Run a cell; None, or what went wrong in one line."""
        try:
            self.ask(do="run", code=code)
        except Ended:
            raise
        except Exception as error:
            return described(error)


def error_named(kind):
    """The builtin exception of this name, so that tests can expect it."""
    found = getattr(builtins, kind, None) if kind.isidentifier() else None
    if isinstance(found, type) and issubclass(found, Exception):
        if not issubclass(found, UnicodeError | ExceptionGroup):  # these need more
            return found
    return type(kind if kind.isidentifier() else "Error", (Exception,), {})


def described(error):
    if isinstance(error, AssertionError):
        return str(error)[:SHOWN] or "a check of this cell failed"
    return f"{type(error).__name__}: {error}"[:SHOWN]


def borrowed_names(code):
    """The names that a test uses and neither defines nor finds in Python."""
    used, own = names_of(code)
    return sorted(used - own - set(dir(builtins)))


def names_of(code):
    """(names that code looks up outside its functions, names it defines there)."""
    top = symtable.symtable(code, "test", "exec")
    symbols = top.get_symbols()
    own = {s.get_name() for s in symbols if s.is_assigned() or s.is_imported()}
    used, tables = set(), [top]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        used |= {
            s.get_name()
            for s in table.get_symbols()
            if s.is_referenced() and (s.is_global() or table is top)
        }
    return used, own


def trusted_names(code, secret, assignment, student_id):
    """What a test may use besides the student's names: the author's tools."""
    given = {"student_id": student_id}
    exec(COURSE_CELL.format(code=code), given)

    def hidden_rng(name):
        """Random inputs that only this course's secret can tell."""
        text = f"hidden/{assignment}/{name}".encode()
        digest = hmac.digest(secret.encode(), text, hashlib.sha256)
        return np.random.default_rng(int.from_bytes(digest[:16], "big"))

    return {
        "number": given["number"],
        "hidden_rng": hidden_rng,
        "gradient": gradient,
    }


def run_test(code, student, trusted):
    """None if all asserts of a test hold, else the message of the first that fails."""
    names = dict(trusted)
    try:
        for name in borrowed_names(code):
            if name not in names:
                names[name] = student.ask(do="get", name=name)
        with np.errstate(all="ignore"):
            exec(compile(code, "test", "exec"), names)
    except Ended:
        raise
    except Exception as error:
        return described(error)
    return None
