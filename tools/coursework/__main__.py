"""Coursework: python -m tools.coursework try a1 …; `make` lists the usual commands."""

import argparse
import sys
from pathlib import Path

from tools.coursework import known, source, trial

ROOT = Path(__file__).resolve().parents[2]


def try_one(course, name):
    """For authors: the known submissions of one assignment, without a sandbox."""
    assignment = source.read(course / "sources" / f"{name}.md")
    trials = [trial.run(assignment, k) for k in known.read(course / "known" / name)]
    for done in trials:
        print(f"{done.known.name}: {sum(done.outcome.scores.values())} points")
        for cell, message in done.outcome.messages.items():
            print(f"    {cell}: {message}")
    found = list(trial.problems(assignment, trials))
    sys.exit("\n".join(f"kl: {problem}" for problem in found) or None)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("verb", choices=["try"])
    parser.add_argument("assignment")
    parser.add_argument("--course", type=Path, default=ROOT / "coursework")
    arguments = parser.parse_args()
    try_one(arguments.course, arguments.assignment)


if __name__ == "__main__":
    main()
