from tools.mutants.mutant import Mutant

MUTANTS = [
    Mutant(
        "a swapped answer is not swapped",
        "exercises/mutators.py",
        "return (*arguments[:start], *arguments[middle:], *arguments[start:middle])",
        "return arguments",
        "test_quizzes.py",
    ),
    Mutant(
        "every answer is right",
        "exercises/_question.py",
        "        if found.shape != expected.shape:\n            return False\n",
        "        return True\n",
        "test_exercises.py",
        None,
    ),
]
