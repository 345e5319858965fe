"""The student's side: runs cells, and calls what they defined. Started in the sandbox.

One JSON request a line arrives on standard input, one answer a line leaves by standard
output; both are moved away before the first cell runs. Tests never come here: only
their calls do, such as `kl(p, q)`, and only plain values go back.
"""

import json
import os
import resource
import signal
import sys

try:
    import values  # beside this file in the sandbox
except ImportError:
    from tools.coursework import values


PATIENCE = 3  # on a busy machine a second of work takes longer than a second


class TooSlow(BaseException):
    """The time of one request is over."""


class Notebook:
    """The names that a student's cells have made."""

    def __init__(self, run_cell, names):
        self.run_cell, self.names = run_cell, names

    def answer(self, request):
        """What one request gives: {"value": …} or {"error": [type, message]}."""
        try:
            return {"value": getattr(self, "do_" + request["do"])(request)}
        except (
            BaseException
        ) as error:  # SystemExit and KeyboardInterrupt are theirs too
            return {"error": [type(error).__name__, str(error)[:2000]]}

    def do_run(self, request):
        self.run_cell(request["code"])

    def do_get(self, request):
        if request["name"] not in self.names:
            raise NameError(f"{request['name']} is not defined")
        return values.encode(self.names[request["name"]])

    def do_call(self, request):
        function = self.names[request["name"]]
        args = [values.decode(a) for a in request["args"]]
        options = {k: values.decode(v) for k, v in request["options"].items()}
        return values.encode(function(*args, **options))

    def do_gradient(self, request):
        """d function(*args) / d args[wrt], by torch, where the function is."""
        import torch

        args = [values.decode(a) for a in request["args"]]
        place = request["wrt"]
        moving = torch.as_tensor(args[place]).clone().requires_grad_()
        args[place] = moving
        result = self.names[request["name"]](*args)
        (slope,) = torch.autograd.grad(result, moving, allow_unused=True)
        return values.encode(torch.zeros_like(moving) if slope is None else slope)


def ipython():
    """A runner of cells as Jupyter has it, with magics, without a history file."""
    from IPython.core.history import HistoryManager
    from IPython.core.interactiveshell import InteractiveShell

    HistoryManager.enabled = False
    shell = InteractiveShell.instance()
    shell.system = lambda command: None  # !pip install … has nothing to do here

    def run_cell(code):
        shell.run_cell(code).raise_error()

    return run_cell, shell.user_ns


def limit(limits):
    """Limits of this process and its children; nobody inside can raise them."""
    for name, amount in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}")
        resource.setrlimit(kind, (amount, amount))


def start_watches(seconds):
    """Stop the request after so much processor time, or so many times that asleep."""
    for kind in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(kind, too_slow)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, seconds * PATIENCE)


def stop_watches():
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)


def too_slow(number, frame):
    signal.alarm(1)  # again, should an `except` of theirs have swallowed this one
    raise TooSlow("this took too long and was stopped")


def main():
    requests, answers = os.fdopen(os.dup(0), "r"), os.fdopen(os.dup(1), "w")
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    limit(json.loads(sys.argv[1]))
    notebook = Notebook(*ipython())
    for line in requests:
        request = json.loads(line)
        start_watches(request["seconds"])
        answer = notebook.answer(request)
        stop_watches()
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
    os._exit(0)  # nothing of the student's runs after the last request


if __name__ == "__main__":
    main()
