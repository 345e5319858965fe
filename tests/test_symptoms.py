"""Symptom pages: the answer first, short, in plain libraries, found by a search."""

import re
import subprocess

import nbformat
import pytest

from tools import generated, notebooks

PAGES = {
    source.stem.removeprefix("symptom_"): source
    for source in notebooks.sources()
    if source.stem.startswith("symptom_")
}
# What people type, page by page. A new page says here for whom it is.
SEARCHED = {
    "kl_is_negative": "KL divergence negative",
    "kl_is_inf": "KL divergence inf NaN",
    "f_kl_div": "F.kl_div NaN wrong argument first",
    "scipy_entropy_rel_entr_kl_div": "scipy entropy rel_entr kl_div KL divergence",
    "vae_kl_is_thousands": "VAE KL loss in the thousands",
    "vae_kl_is_zero": "VAE KL loss zero",
    "forward_or_reverse": "forward reverse KL which use",
    "distillation_t_squared": "distillation loss T squared why",
    "kl_in_reward_or_loss": "KL penalty in reward or loss",
    "psi_drift": "PSI drift",
    "k1_k2_k3": "k1 k2 k3 which KL estimator",
}
# One line that the search command of a page must find, one that it must not find.
FOUND = {
    "kl_is_inf": [
        ("log_q = logits.softmax(-1).log()", "log_q = logits.log_softmax(-1)"),
        ("log_q = torch.log(F.softmax(z, dim=-1))", "log_q = F.log_softmax(z, dim=-1)"),
        ("kl = (p * (p / (q + 1e-8)).log()).sum()", "kl = (p * (p / q).log()).sum()"),
    ],
    "f_kl_div": [
        ("loss = F.kl_div(log_q, p)", "loss = F.kl_div(log_q, p, reduction='sum')"),
        ("kl = nn.KLDivLoss()", "kl = nn.KLDivLoss(reduction='batchmean')"),
    ],
    "scipy_entropy_rel_entr_kl_div": [("d = rel_entr(p, q)", "d = kl(p, q)")],
    "k1_k2_k3": [
        ('kl_loss_type = "low_var_kl"', 'kl_loss_type = "k2"'),
        ("algorithm.kl_estimator_type: k3", "algorithm.kl_estimator_type: k3x"),
        ("run(kl_type='k3')", "run(seed='k3')"),
    ],
}
LONGEST = 250
by_page = pytest.mark.parametrize("name", PAGES)


def front_matter(name):
    return generated.front_matter(f"notebooks/{PAGES[name].stem}")


def cells(name, kind):
    nb = nbformat.read(notebooks.notebook_path(PAGES[name]), as_version=4)
    return [cell.source for cell in nb.cells if cell.cell_type == kind]


def text_of(name):
    return "\n\n".join(cells(name, "markdown"))


def prose_words(markdown):
    """Words a reader reads: no headings, code blocks or link targets; `code` counts."""
    markdown = re.sub(r"^```.*?^```", "", markdown, flags=re.DOTALL | re.MULTILINE)
    markdown = re.sub(r"^#.*$|^\|[-| ]+\|$", "", markdown, flags=re.MULTILINE)
    markdown = re.sub(r"\]\([^)]*\)", "]", markdown)
    return [word for word in markdown.split() if re.search(r"\w", word)]


def search_commands(name):
    return re.findall(r"^```bash\n(.*?)^```", text_of(name), re.DOTALL | re.MULTILINE)


def test_every_page_says_what_people_type():
    assert PAGES and set(PAGES) == set(SEARCHED)


def test_words_are_counted():
    page = "# A title\n\nTwo `words()` and [a link](b.md#c).\n\n```bash\nls -l\n```\n"
    assert len(prose_words(page)) == 5


@by_page
def test_is_short(name):
    assert len(prose_words(text_of(name))) <= LONGEST


@by_page
def test_title_and_description_have_the_words_people_type(name):
    title = re.match(r"# (.+)", text_of(name))[1]
    typed = SEARCHED[name].lower().split()
    assert [word for word in typed if word not in title.lower()] == []
    description = front_matter(name)["description"]
    assert len(description) <= 155 and description.endswith(".")
    assert "kl" in description.lower() and set(typed[:2]) & set(
        re.findall(r"[\w.]+", description.lower())
    )


@by_page
def test_answer_comes_first(name):
    _, paragraph, *_ = text_of(name).split("\n\n")
    lines = paragraph.splitlines()
    assert len(lines) <= 5 and max(map(len, lines)) <= 100
    assert not lines[0].startswith(("#", "```", "|", "- "))


@by_page
def test_code_is_plain(name):
    assert "kl_helpers" not in "\n".join(cells(name, "code"))


@by_page
def test_page_checks_itself(name):
    assert re.search(
        r"^\s*assert |assert_close\(", "\n".join(cells(name, "code")), re.M
    )


@by_page
def test_last_line_leads_into_a_section(name):
    last = text_of(name).strip().splitlines()[-1]
    assert re.fullmatch(
        r"Read on: \[[^]]+\]\((ch\d\d|notation)\w*\.ipynb#[\w-]+\)\.", last
    )


@by_page
def test_runs_where_it_says(name):
    code = "\n".join(cells(name, "code"))
    assert front_matter(name)["runs"] in {"browser", "local"}
    assert re.search(r"^import (numpy|torch)", code, re.MULTILINE)


@by_page
def test_search_command_finds_the_mistake_and_no_more(name, tmp_path):
    commands, examples = search_commands(name), FOUND.get(name, [])
    assert bool(commands) == bool(examples), "give FOUND an example of each search"
    for command in commands:
        for wrong, right in examples:
            (tmp_path / "model.py").write_text(f"{right}\n{wrong}\n")
            run = subprocess.run(
                command, shell=True, cwd=tmp_path, capture_output=True, text=True
            )
            assert run.stdout.strip() == f"./model.py:2:{wrong}", (
                run.stdout + run.stderr
            )
