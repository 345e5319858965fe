"""The exercises of a chapter: stubs are noticed, solutions pass, mistakes are named."""

import contextlib
import io
import re

import matplotlib
import matplotlib.pyplot as plt
import pytest

from kl_helpers import plots
from tools import notebooks

matplotlib.use("Agg")
(SOURCE,) = (s for s in notebooks.sources() if s.stem.startswith("ch01_"))
MISTAKES = [
    ("def one_way_street(): return [0.9, 0.1], [0.5, 0.5]", "too expensive"),
    ("def one_way_street(): return [0.999, 0.001], [0.998, 0.002]", "too cheap"),
    (
        "def one_way_street(): return [0.995, 0.005], [1 - 1e-100, 1e-100]",
        "wrong order: who samples?",
    ),
    ("def one_way_street(): return [1, 0], [0.995, 0.005]", "Infinite is too easy"),
    ("def tolls_of_the_filter(): return np.inf, 0.5", "Swapped"),
    ("def tolls_of_the_filter(): return 0.5", "two numbers"),
    ("def tolls_of_the_filter(): return 0.3466, np.inf", "in nats"),
    ("def tolls_of_the_filter(): return -0.5, np.inf", "not reversed"),
    ("def tolls_of_the_filter(): return 1.5, np.inf", "less W's own"),
    ("def tolls_of_the_filter(): return 0.5, 0.25", "third folder"),
    ("def coin_toll(a, b): return a * np.log2(a / b)", "in bits|Wrong at|rule"),
    (
        "def coin_toll(a, b): return kl.kl_divergence([a, 1 - a], [b, 1 - b], base=2)",
        "in bits",
    ),
    ("def coin_toll(a, b): return kl.kl_divergence([b, 1 - b], [a, 1 - a])", "Swapped"),
    (
        "def coin_toll(a, b):\n"
        "    return a * np.log(a / b) + (1 - a) * np.log((1 - a) / (1 - b))",
        "the rule for p = 0",
    ),
    (
        "import math\ndef coin_toll(a, b):\n"
        "    return a * math.log(a / b) + (1 - a) * math.log((1 - a) / (1 - b))",
        "the rule for p = 0",
    ),
    ("def repaired_kl(x, p, q): return p(x) - q(x)", "Return one number"),
    ("def repaired_kl(x, p, q): return np.mean(q(x) - p(x))", "The sign"),
    ("def repaired_kl(x, p, q): return np.sum(p(x) - q(x))", "per sample"),
    (
        "def repaired_kl(x, p, q): return np.mean(np.exp(p(x)) * (p(x) - q(x)))",
        "Do not weight by p",
    ),
    (
        "def repaired_kl(x, p, q): return abs(np.mean(p(x) - q(x)))",
        "keep its sign",
    ),
    (
        "def repaired_kl(x, p, q): return np.sum(p(x) - q(x)) / 10_000",
        "divide by as many",
    ),
    ("def repaired_kl(x, p, q): return 0.3181", "not the average"),
    ("def repaired_kl(x, p, q): return 0.5 - np.mean(x)", "not the average"),
]
RIGHT = [
    "def one_way_street(): return [1e-200, 1], [0.004, 0.996]",
    "def tolls_of_the_filter(): return [1 / 2, float('inf')]",
    "def coin_toll(a, b): return kl.kl_divergence([a, 1 - a], [b, 1 - b])",
    "def coin_toll(a, b):\n"
    "    from scipy.special import rel_entr\n"
    "    return rel_entr(a, b) + rel_entr(1 - a, 1 - b)",
    "def repaired_kl(x, p, q): return float(sum(p(v) - q(v) for v in x) / len(x))",
]


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch):
    monkeypatch.setattr(plots, "show", lambda fig, alt: plt.close(fig))


def cells():
    """The code of the main line up to the exercises, and that of the solutions."""
    nb = notebooks.read_source(SOURCE)
    headings = [cell.source.startswith("## Deeper") for cell in nb.cells]
    nb.cells, rest = nb.cells[: headings.index(True)], nb.cells[headings.index(True) :]
    main_line = [
        cell.source
        for cell in notebooks.code_cells(nb)
        if "local-only" not in cell.metadata.get("tags", [])
    ]
    solutions = [c.source for c in rest if "solution" in c.metadata.get("tags", [])]
    return main_line, solutions


def function_name(code):
    return re.search(r"^def (\w+)", code, re.MULTILINE)[1]


def run_chapter(answers):
    """What the chapter prints when these answers stand in place of its stubs."""
    namespace, answers = {}, {function_name(code): code for code in answers}
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        for code in cells()[0]:
            if code.endswith("return ..."):
                code = answers.get(function_name(code), code)
            exec(code, namespace)
    return printed.getvalue()


def test_stubs_are_not_attempted():
    assert run_chapter([]).count("not attempted yet") == 4


def test_the_solutions_pass_their_checks():
    # A solution cell also shows its result; the function before that is the answer.
    answers = [code.split("\n\n\n")[0] for code in cells()[1]]
    printed = run_chapter(answers)
    assert [f"Exercise {k}: correct" in printed for k in (1, 2, 3, 4)] == [True] * 4


@pytest.mark.parametrize("answer", RIGHT, ids=range(len(RIGHT)))
def test_other_right_answers_pass(answer):
    assert run_chapter([answer]).count(": correct") == 1


@pytest.mark.parametrize(("answer", "message"), MISTAKES, ids=range(len(MISTAKES)))
def test_mistakes_are_named(answer, message):
    with pytest.raises(AssertionError, match=message):
        run_chapter([answer])
