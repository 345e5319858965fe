import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent.parent


class Mutant(NamedTuple):
    name: str
    file: str
    old: str
    new: str
    test: str
    chapter: str | None = "ch01_definition_and_gibbs"


def mutate(mutant, text):
    if text.count(mutant.old) != 1:
        sys.exit(f"kl: {mutant.name}: its text must stand once in {mutant.file}")
    return text.replace(mutant.old, mutant.new)
