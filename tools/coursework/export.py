"""The same assignment for nbgrader and grader-service, which grade in one process.

There a hidden test shares its process with the student's code, so what our grader keeps
outside must be brought along: the inputs from COURSE_SECRET and the gradient.
"""

import json

from tools.coursework.release import notebook
from tools.coursework.source import STUB, WRITE_HERE

CONFIG = """c = get_config()
c.CourseDirectory.course_id = "kl"
c.ClearSolutions.code_stub = {{"python": "{stub}"}}
c.ClearSolutions.text_stub = "{text}"
c.OverwriteCells.add_missing_cells = True
c.IgnorePattern.enabled = True  # a warning of numpy would cost all points of a cell
c.IgnorePattern.pattern = r"(?s).*Warning.*"
c.ExecutePreprocessor.timeout = {seconds}
"""
BEGIN = "### BEGIN HIDDEN TESTS\n"
TOOLS = {
    "hidden_rng": """def hidden_rng(name):
    import hashlib, hmac, os
    import numpy

    text, key = f"hidden/{assignment}/{name}", os.environ["COURSE_SECRET"]
    digest = hmac.digest(key.encode(), text.encode(), hashlib.sha256)
    return numpy.random.default_rng(int.from_bytes(digest[:16], "big"))
""",
    "gradient": """def gradient(function, *args, wrt=0):
    import torch

    args = [torch.as_tensor(a) for a in args]
    args[wrt] = args[wrt].clone().requires_grad_()
    slope, = torch.autograd.grad(function(*args), args[wrt], allow_unused=True)
    return torch.zeros_like(args[wrt]) if slope is None else slope
""",
}


def nbgrader_text(assignment, cell):
    """A cell with its markers, and in hidden tests the tools that they call."""
    if cell.kind not in ("answer", "test"):
        return cell.source
    before, begin, hidden = cell.source.partition(BEGIN)
    tools = "".join(
        code.replace("{assignment}", assignment.name)
        for name, code in TOOLS.items()
        if f"{name}(" in cell.source
    )
    return before + begin + tools + hidden


def write(assignment, folder):
    """Write an nbgrader course with this assignment as its source."""
    place = folder / "source" / assignment.name / assignment.file_name
    place.parent.mkdir(parents=True, exist_ok=True)
    nb = notebook(assignment, lambda cell: nbgrader_text(assignment, cell))
    place.write_text(json.dumps(nb, indent=1, ensure_ascii=False), encoding="utf-8")
    config = CONFIG.format(
        stub=STUB, text=WRITE_HERE, seconds=assignment.matter["seconds"]
    )
    (folder / "nbgrader_config.py").write_text(config, encoding="utf-8")
    return place
