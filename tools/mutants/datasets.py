from tools.mutants.mutant import Mutant

MUTANTS = [
    Mutant(
        "labels in the wrong order",
        "datasets.py",
        'stored["labels"].astype(int)',
        'stored["labels"].astype(int)[::-1]',
        "test_datasets.py",
        "ch02_cross_entropy",
    ),
]
