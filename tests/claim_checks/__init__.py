"""One check for each checked row of book/claims.yml that has a number.

The check of row S0-17 is `check_S0_17`, in the file of the chapters that show the row.
It returns the numbers of the row twice: as the package (or the code of the chapter)
computes them, and as tests/oracles does.
"""

import pkgutil
from importlib import import_module


def _gather():
    checks = {}
    for module in pkgutil.iter_modules(__path__):
        for name, function in vars(import_module(f"{__name__}.{module.name}")).items():
            row = name.removeprefix("check_").replace("_", "-")
            if not name.startswith("check_"):
                continue
            if checks.setdefault(row, function) is not function:
                raise ImportError(f"{row} has two checks; one is in {module.name}.py")
    return checks


CHECKS = _gather()
