"""What libraries do by default: whole rows with a date, gradients by enumeration."""

import copy
import datetime
import re

import nbformat
import pytest
import torch

from tools import library_defaults, notebooks

ROWS = library_defaults.read()
PAGE = notebooks.ROOT / "notebooks" / "symptom_k1_k2_k3.ipynb"
LIBRARIES = {"TRL", "verl", "OpenRLHF", "NeMo RL", "Stable-Baselines3", "CleanRL"}
LIBRARIES |= {"RLlib", "prime-rl"}
each_combination = pytest.mark.parametrize(
    "combination", library_defaults.PULLS, ids=" ".join
)


def average_gradient(estimator, place, weight, logits, log_ref):
    """In the logits, over actions of π that are drawn and then held: an exact sum."""
    z = logits.clone().requires_grad_()
    log_pi = torch.log_softmax(z, -1)
    log_w = log_ref - log_pi
    each = {
        "k1": -log_w,
        "|k1|": log_w.abs(),
        "k2": log_w**2 / 2,
        "k3": torch.exp(log_w) - 1 - log_w,
    }[estimator]
    if weight == "ratio":
        each = each * torch.exp(log_pi - log_pi.detach())
    if place == "reward":
        each = each.detach() * log_pi
    (log_pi.detach().exp() * each).sum().backward()
    return z.grad


def closed_forms(logits, log_ref):
    """Gradients in the logits, from the formulas and not from a graph."""
    pi, ref = torch.softmax(logits, -1), log_ref.exp()
    log_ratio = torch.log_softmax(logits, -1) - log_ref
    return {
        "D(π‖ref)": pi * (log_ratio - (pi * log_ratio).sum()),
        "D(ref‖π)": pi - ref,
        "0": torch.zeros_like(pi),
    }


@each_combination
def test_whose_gradient_a_penalty_has(combination):
    generator = torch.Generator().manual_seed(0)
    for size in (3, 5, 9):
        logits, other = torch.randn(2, size, generator=generator).double()
        log_ref = torch.log_softmax(other, -1)
        found = average_gradient(*combination, logits, log_ref)
        known = closed_forms(logits, log_ref)
        fits = [whose for whose, g in known.items() if torch.allclose(found, g)]
        assert (fits or ["neither"]) == [library_defaults.PULLS[combination]]


@each_combination
def test_the_page_prints_every_combination(combination):
    nb = nbformat.read(PAGE, as_version=4)
    code = notebooks.code_cells(nb)
    shown = "\n".join(o.get("text", "") for cell in code for o in cell.outputs)
    pulls = re.escape(library_defaults.PULLS[combination])
    assert re.search(
        rf"^{re.escape(', '.join(combination))} +.*: {pulls}$", shown, re.M
    )


def test_the_libraries_people_ask_about_are_there():
    assert {row["library"] for row in ROWS} >= LIBRARIES
    assert len({(r["library"], r["trainer"], r["to"]) for r in ROWS}) == len(ROWS)


@pytest.mark.parametrize("kind", library_defaults.KINDS)
def test_the_table_shows_every_row_with_day_and_source(kind):
    head, rule, *lines = library_defaults.table(ROWS, kind).splitlines()
    rows = [row for row in ROWS if row["to"] == kind]
    assert len(lines) == len(rows) > 5
    assert len({line.replace(r"\|", "").count("|") for line in [head, *lines]}) == 1
    for row in rows:
        (line,) = (
            line
            for line in lines
            if f"**{row['library']}** " in line and f"<br>{row['trainer']} |" in line
        )
        assert f"read {row['read']}" in line and row["default"] in line
        assert row.get("note", "") in line
        for source in row["sources"]:
            assert f"({library_defaults.address(row, source)})" in line
            assert source.get("commit", row["commit"]) in line


def test_an_address_leads_to_the_lines():
    row = {"repository": "owner/name", "commit": "a" * 40}
    source = {"file": "a/b.py", "lines": "3-14"}
    stem = f"https://github.com/owner/name/blob/{'a' * 40}/a/b.py"
    assert library_defaults.address(row, source) == f"{stem}#L3-L14"
    assert library_defaults.address(row, {**source, "lines": "3"}) == f"{stem}#L3"
    assert library_defaults.address(row, {"file": "a/b.py", "name": "f"}) == stem


# One kind of damage each, and what is said about it
DAMAGE = {
    "no day": ({"read": None}, "without read"),
    "a day that is none": ({"read": "last week"}, "is no date"),
    "read too early": ({"read": datetime.date(2000, 1, 1)}, "before it was committed"),
    "unknown place": ({"place": "prompt"}, "place 'prompt' is unknown"),
    "unknown estimator": ({"estimator": "k4"}, "estimator 'k4' is unknown"),
    "unknown field": ({"colour": "blue"}, "with colour"),
    "no option": ({"default": "on"}, "names no option"),
    "short commit": ({"commit": "37d6c64"}, "no full commit"),
    "no source": ({"sources": []}, "no source"),
    "no lines": ({"sources": [{"file": "a.py"}]}, "needs lines, or a name"),
    "odd lines": ({"sources": [{"file": "a.py", "lines": "L3"}]}, "write 12-34"),
    "half a sentence": ({"note": "cut"}, "end it with a full stop"),
    "no such gradient": ({"estimator": "k3"}, "derive it, and test it"),
}


@pytest.mark.parametrize(("change", "complaint"), DAMAGE.values(), ids=DAMAGE)
def test_damage_is_found(change, complaint):
    row = copy.deepcopy(ROWS[0])  # k1 in the reward
    row.update(change)
    row = {field: value for field, value in row.items() if value is not None}
    found = library_defaults.problems(row)
    assert [problem for problem in found if complaint in problem]
    assert all(problem.startswith(row["library"]) for problem in found)
