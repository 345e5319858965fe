"""All verdicts of all exercises, as JSON: the same text wherever it is computed."""

import importlib
import json
import pkgutil

from kl_helpers import exercises
from kl_helpers.exercises._question import Question


def stub(*given):
    return ...


def breaks(*given):
    return 1 / 0


def verdicts():
    for info in pkgutil.iter_modules(exercises.__path__):
        module = importlib.import_module(f"kl_helpers.exercises.{info.name}")
        for name, question in sorted(vars(module).items()):
            if isinstance(question, Question):
                answers = [stub, breaks, question.model]
                answers += [m.answer for m in question.mistakes]
                for answer in answers:
                    result = question.check(answer)
                    yield [info.name, name, result.outcome, result.mistake]


json.dumps(list(verdicts()))
