from tools.mutants.mutant import Mutant

CHAPTER = "ch11_rlhf"
MUTANTS = [
    Mutant(
        "reward times the price of a nat",
        "leash.py",
        "keepdims=True)) / beta",
        "keepdims=True)) * beta",
        "test_leash.py",
        CHAPTER,
    ),
    Mutant(
        "best of one draw less",
        "leash.py",
        "lost = n * np.log1p",
        "lost = (n - 1) * np.log1p",
        "test_leash.py",
        CHAPTER,
    ),
]
