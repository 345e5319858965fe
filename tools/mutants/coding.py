from tools.mutants.mutant import Mutant

MUTANTS = [
    Mutant(
        "coder ignores the belief",
        "coding.py",
        "share = np.cumsum(q)",
        "share = np.cumsum(np.ones_like(q))",
        "test_coding.py",
    ),
]
