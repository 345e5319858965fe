"""Breaks of kl_helpers, one file of them for each module of the package."""

import pkgutil
from importlib import import_module

from tools.mutants.mutant import ROOT, Mutant, mutate

__all__ = ["MUTANTS", "ROOT", "Mutant", "mutate"]

_LISTS = sorted(
    {m.name for m in pkgutil.iter_modules(__path__)} - {"__main__", "mutant"}
)
MUTANTS = [
    mutant
    for name in sorted(_LISTS)
    for mutant in import_module(f"tools.mutants.{name}").MUTANTS
]
