"""Exercises that check themselves and name the mistake, one module for each chapter.

    >>> from kl_helpers.exercises import ch01
    >>> def one_way_street():
    ...     return [0.9, 0.1], [0.5, 0.5]
    >>> ch01.q1.check(one_way_street).outcome
    'wrong'

`ch01.q1.hint()` helps in three steps, `ch01.q1.solution()` shows a solution, and
`ch01.quiz` is the quiz of the chapter. A chapter loads its own module and no other.
"""
