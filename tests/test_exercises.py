"""Every exercise: its solution passes, mistakes are named, stubs are noticed."""

import importlib
import inspect
import pkgutil
import re
import subprocess
import sys

import numpy as np
import pytest

from kl_helpers import exercises
from kl_helpers.exercises import ch01
from kl_helpers.exercises._question import Question, wrapped
from tools import notebooks

OUTCOMES = {"correct", "wrong", "raised", "not attempted"}
CHAPTERS = {
    info.name: importlib.import_module(f"kl_helpers.exercises.{info.name}")
    for info in pkgutil.iter_modules(exercises.__path__)
    if re.fullmatch(r"ch\d\d|bridge_\w+|bug_clinic", info.name)
}
QUESTIONS = {
    f"{chapter}.{name}": value
    for chapter, module in CHAPTERS.items()
    for name, value in vars(module).items()
    if isinstance(value, Question)
}
ANSWERS = {name: importlib.import_module(f"answers.{name}") for name in CHAPTERS}
each_question = pytest.mark.parametrize(
    ("name", "question"), QUESTIONS.items(), ids=QUESTIONS
)


def code_of(chapter):
    (source,) = (
        s for s in notebooks.sources() if f"{s.stem}_".startswith(f"{chapter}_")
    )
    return [cell.source for cell in notebooks.code_cells(notebooks.read_source(source))]


def given(kind):
    """(question, answer, what is expected) for every answer of tests/answers."""
    for name, question in QUESTIONS.items():
        chapter, key = name.split(".")
        for number, entry in enumerate(getattr(ANSWERS[chapter], kind)[key]):
            yield pytest.param(question, entry, id=f"{name}-{number}")


def test_there_are_questions():
    assert {"ch01.q1", "ch01.q2", "ch01.q3", "ch01.q4"} <= set(QUESTIONS)


@each_question
def test_a_question_is_whole(name, question):
    assert question.name == name
    assert len(question.hints) == 3 and all(question.hints) and question.closing
    assert question.conditions or question.reference is not None


@pytest.mark.parametrize(
    "question", [q for q in QUESTIONS.values() if q.formula], ids=lambda q: q.name
)
def test_the_formula_that_mistakes_are_made_from_is_right(question):
    for case in question.cases:
        value = question.read(question.formula(*case.arguments), False)
        assert np.allclose(value, question.right(case), equal_nan=True)


@each_question
def test_the_solution_passes(name, question):
    result = question.check(question.model)
    assert (result.outcome, result.mistake) == ("correct", None), result
    assert question.closing.split()[0] in str(result)


@each_question
def test_the_stub_is_not_attempted(name, question):
    def stub(*given):
        return ...

    for answer in (stub, ...):
        result = question.check(answer)
        assert result.outcome == "not attempted" and f"{name}.hint()" in str(result)


@each_question
def test_the_stub_stands_in_the_chapter(name, question):
    """Same name and parameters as the solution, and checked by its own question."""
    signature = re.escape(f"def {question.model.__name__}(")
    (cell,) = (c for c in code_of(name.split(".")[0]) if f"{name}.check(" in c)
    assert re.search(signature, cell) and "    return ...\n" in cell
    assert cell.endswith(f"{name}.check({question.model.__name__})")
    namespace = {}
    exec(cell.rsplit("\n", 1)[0], namespace)
    parameters = inspect.signature(namespace[question.model.__name__]).parameters
    assert list(parameters) == list(inspect.signature(question.model).parameters)


@each_question
def test_the_solution_stands_in_the_chapter(name, question):
    assert code_of(name.split(".")[0]).count(f"{name}.solution()") == 1
    assert str(question.solution()) == inspect.getsource(question.model).rstrip()


@each_question
def test_known_mistakes_get_their_message(name, question):
    known = list(question.known_mistakes())
    assert len({m.name for m in known}) == len(known) >= 3
    for mistake in known:
        result = question.check(mistake.answer)
        assert result.outcome == "wrong", (mistake.name, result)
        if "+" in mistake.name:  # two mistakes can have the result of one
            assert result.mistake, mistake.name
            continue
        assert result.mistake == mistake.name, result
        if mistake.message:
            assert mistake.message in result.message


@each_question
def test_hints_give_away_no_line_of_the_solution(name, question):
    lines = [line.strip() for line in str(question.solution()).splitlines()[1:]]
    for line in lines:
        bare = line.removeprefix("return ")
        assert len(bare) < 8 or all(bare not in hint for hint in question.hints)
    for step in (1, 2, 3):
        assert question.hints[step - 1] in question.hint(step)
    for step in (0, 4, "1"):
        with pytest.raises(ValueError, match="hints 1 to 3"):
            question.hint(step)


@each_question
def test_no_message_tells_the_right_value(name, question):
    if question.reference is None:
        pytest.skip("construct: many values are right")
    right = question.right(question.cases[0])
    if not isinstance(right, np.ndarray):
        pytest.skip("words: the options are known")
    digits = {f"{x:.4f}" for x in np.ravel(right) if np.isfinite(x) and x % 0.5}
    texts = [m.message for m in question.known_mistakes()] + list(question.hints)
    texts.append(question.check(lambda *given: np.full(right.shape, 0.123)).message)
    assert not [d for d in digits if any(d in text for text in texts)]


def test_every_question_has_five_unusual_right_answers():
    for name in QUESTIONS:
        chapter, key = name.split(".")
        assert len(ANSWERS[chapter].RIGHT[key]) >= 5, name


@pytest.mark.parametrize(
    ("question", "answer"), [pytest.param(*p.values, id=p.id) for p in given("RIGHT")]
)
def test_unusual_right_answers_pass(question, answer):
    assert question.check(answer).outcome == "correct", question.check(answer)


@pytest.mark.parametrize(
    ("question", "entry"), [pytest.param(*p.values, id=p.id) for p in given("WRONG")]
)
def test_wrong_answers_are_told_what_is_wrong(question, entry):
    answer, expected = entry
    result = question.check(answer)
    assert result.outcome in OUTCOMES - {"correct"}, result
    if expected in OUTCOMES:
        assert result.outcome == expected, result
    else:
        assert result.mistake == expected, result
    assert str(result).startswith(question.name)


def test_an_error_shows_the_learners_line_and_input():
    def fails(a, b):
        part = 1 - b
        return a / part

    text = str(ch01.q3.check(lambda a, b: fails(a, b)))
    assert "ZeroDivisionError" in text and "return a / part" in text
    assert "a = 0.3, b = 1" in text and "kl_helpers" not in text


def test_an_error_inside_a_library_still_shows_the_learners_line():
    def fails(a, b):
        return np.linalg.inv([[a, b], [a, b]])

    text = str(ch01.q3.check(fails))
    assert "LinAlgError" in text and "return np.linalg.inv" in text


def test_what_an_answer_prints_is_shown_but_not_for_ever(capsys):
    def talks(a, b):
        print("looking at", a)
        return kl_of(a, b)

    def kl_of(a, b):
        return ch01.coin_toll(a, b)

    assert ch01.q3.check(talks).outcome == "correct"
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "looking at 0.05" and re.match(r"… and \d+ more", lines[-1])
    assert len(lines) == 21


def test_a_slow_answer_is_told_so():
    slow, *_ = (
        a
        for a in ANSWERS["ch01"].RIGHT["q1"]
        if callable(a) and a.__name__ == "slow_street"
    )
    assert "more than 2 s" in str(ch01.q1.check(slow))
    assert "more than" not in str(ch01.q1.check(ch01.q1.model))


def test_a_list_is_accepted_with_a_word():
    assert "list" in str(ch01.q4.check(ANSWERS["ch01"].RIGHT["q4"][-1]))


def test_an_interrupt_is_not_swallowed():
    def interrupted(a, b):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ch01.q3.check(interrupted)


def test_messages_fit_a_page():
    long = wrapped("word " * 60 + "\nsecond")
    assert max(map(len, long.splitlines())) <= 80 and long.endswith("\nsecond")


def test_a_chapter_loads_its_own_questions_only():
    code = (
        "import sys, kl_helpers.exercises.ch01\n"
        "print([m for m in sys.modules if 'torch' in m or 'matplotlib' in m "
        "or m.startswith('kl_helpers.exercises.ch0') and m[-2:] != '01'])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stdout == "[]\n", run.stderr
