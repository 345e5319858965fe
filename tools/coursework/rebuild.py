"""Put a submission together again: our tests and given cells, the student's answers.

What a student did to a test or a given cell does not count, cells that are missing come
back, cells that stand there twice run twice, and cells a student added run where they
stand. Each such thing is noted.
"""

import json

from tools.coursework.source import ID_NAME


class BadNotebook(Exception):
    """Why this file cannot be graded at all."""


def read(path):
    """The (grade_id or None, type, text) of each cell of a notebook file."""
    try:
        data = json.loads(path.read_bytes().decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        state = "damaged or cut off" if path.stat().st_size else "empty"
        reason = f"the file is not a notebook, it is {state}: {error}"
        raise BadNotebook(reason[:200]) from None
    cells = data.get("cells") if isinstance(data, dict) else None
    if not isinstance(cells, list):
        raise BadNotebook("the file is JSON but not a notebook of version 4")
    return [_cell(cell) for cell in cells]


def _cell(cell):
    if not isinstance(cell, dict):
        raise BadNotebook("the file is JSON but its cells are not those of a notebook")
    text, metadata = cell.get("source", ""), cell.get("metadata")
    if isinstance(text, list) and all(isinstance(line, str) for line in text):
        text = "".join(text)
    if not isinstance(text, str):
        raise BadNotebook("a cell of the notebook holds no text")
    named = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = named.get("grade_id") if isinstance(named, dict) else None
    return name if isinstance(name, str) else None, cell.get("cell_type"), text


def rebuilt(handed_in, assignment):
    """(pairs to evaluate, notes) from the cells of a submission."""
    graded = [c for c in assignment.cells if c.kind != "prose" and c.name != ID_NAME]
    known = {c.name: c for c in graded}
    own, after, order = {}, {None: []}, []
    place = None
    for name, kind, text in handed_in:
        if name in known:
            own.setdefault(name, []).append(text)
            order += [name] if name not in order else []
            place = name
        elif kind == "code":
            after.setdefault(place, []).append(text)
    pairs = [(None, text) for text in after[None]]
    for cell in known.values():
        pairs += _pairs(cell, own.get(cell.name, []))
        pairs += [(None, text) for text in after.get(cell.name, [])]
    return pairs, list(notes(known, own, order))


def _pairs(cell, texts):
    if cell.kind in ("given", "test"):
        return [(cell, cell.source)]
    if cell.kind == "written":
        return [(cell, "\n\n".join(texts))]
    return [(cell, text) for text in texts]


def notes(known, own, order):
    """What the instructor should know of this notebook, one sentence each."""
    if not own:
        yield "all cell names are lost: the cells were run in order, look yourself"
        return
    if order != [name for name in known if name in own]:
        yield "cells were moved: they were graded in the order of the assignment"
    found = {}
    for name, cell in known.items():
        for what in _changes(cell, own.get(name, [])):
            found.setdefault(what, []).append(name)
    for what, names in found.items():
        yield f"{what}: {', '.join(names)}"


def _changes(cell, texts):
    ours = cell.kind in ("given", "test")
    if not texts:
        yield "deleted, and put back" if ours else "deleted, so nothing is graded there"
    elif ours and texts[0].strip() != cell.released.strip():
        stamp = next((x for x in cell.source.split("\n") if x.startswith("COURSE")), "")
        if cell.name == "course" and stamp not in texts[0].split("\n"):
            yield "made from another release, so the student's numbers differ"
        yield "changed, and restored"
    if len(texts) > 1:
        yield "stands there more than once"
