"""Run of a known submission only what its differences from the reference touch.

A course has hundreds of known submissions, and most differ in one cell. The names that
this cell defines are changed; whatever uses a changed name is run again, and what it
defines is changed too. Objects that a call may alter (a network, a random generator)
count as changed as soon as a cell that is run again uses them. Everything else stays
as the reference left it.
"""

import ast
import types
from numbers import Number

import numpy as np

from tools.coursework import checks

KEPT = types.FunctionType, types.BuiltinFunctionType, types.ModuleType, type


def copied(names):
    """The state of the reference for somebody else: functions see the new names."""
    copy = {}
    for name, value in names.items():
        if isinstance(value, types.FunctionType) and value.__globals__ is names:
            value = rebound(value, copy)
        copy[name] = value
    return copy


def rebound(function, names):
    again = types.FunctionType(
        function.__code__,
        names,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    again.__kwdefaults__ = function.__kwdefaults__
    return again


def names_in(code):
    """(names that a cell uses, names that it defines); None if it is no Python."""
    try:
        used, defined = checks.names_of(code)
    except SyntaxError:
        return None
    stores = (
        node
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Subscript | ast.Attribute)
        and isinstance(node.ctx, ast.Store)
    )
    altered = {name for node in stores for name in roots(node)}
    return used, defined | (altered & used)


def roots(node):
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return {node.id} if isinstance(node, ast.Name) else set()


def is_plain(value, depth=0):
    """Whether no call can alter it unseen; arrays are taken to be left alone."""
    if value is None or isinstance(value, (Number, str, np.ndarray, np.generic, *KEPT)):
        return True
    if isinstance(value, tuple | list | dict) and depth < 5:
        parts = value.values() if isinstance(value, dict) else value
        return all(is_plain(part, depth + 1) for part in parts)
    return type(value).__name__ == "Tensor"


def touched(before, after, names):
    """(names of cells to run again, changed names): `names` is the reference's state.

    `before` and `after` are the code of every cell, {name of the cell: text}.
    """
    said = {cell: names_in(text) for cell, text in after.items()}
    again = {cell for cell in after if after[cell] != before[cell]}
    changed = set()
    for cell in again:
        here, there = said[cell], names_in(before[cell])
        if here is None or there is None:
            return set(after), set(names)
        changed |= here[1] | there[1]
    while True:
        for cell in again:
            used, defined = said[cell]
            changed |= defined
            changed |= {n for n in used if n in names and not is_plain(names[n])}
        more = {
            cell
            for cell, parts in said.items()
            if parts and (parts[0] | parts[1]) & changed
        }
        if more <= again:
            return again, changed
        again |= more


def tests_touched(assignment, changed):
    """The tests whose answer may differ from the reference's."""
    return {
        cell.name
        for cell in assignment.of_kind("test")
        if changed & set(checks.borrowed_names(cell.complete))
    }
