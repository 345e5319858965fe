"""What can be seen in a chapter without a kernel: agreement, numbers, style."""

import json
import re
from pathlib import Path

import nbformat
import pytest

from tools import claims, generated, notebooks, prose

ROOT = Path(__file__).resolve().parent.parent
SOURCES = notebooks.sources()
CHAPTERS = [source for source in SOURCES if source.stem.startswith("ch")]
BRIDGES = [source for source in SOURCES if source.stem.startswith("bridge_")]
TAGS = {
    "hide-input",
    "hide-cell",
    "remove-cell",
    "remove-input",
    "hide-output",
    "solution",
    "local-only",
    "nbval-ignore-output",
    "raises-exception",
}
TEMPLATE = [
    "Setup",
    "The toy by hand",
    "Predict",
    "Where it goes wrong",
    "In practice",
    "Summary",
    "Exercises",
    "Quiz",
    "Deeper",
    "Further reading",
    "Solutions",
]
NOT_IN_A_BRIDGE = {"In practice", "Deeper"}  # a short page between two chapters
FORBIDDEN = r"%pip|^\s*!|rcParams|filterwarnings|urllib|requests\.|\bopen\(|savefig"
NOT_PORTABLE = r"^```\{|^:::|\{[a-z-]+\}`|\\KL\b"
HEAVY = r"^\s*(?:import|from)\s+(?:torch|scipy|sklearn)\b"
FILLER = r"\b(?:simply|obviously|trivially|of course)\b"


def by_chapter(sources):
    return pytest.mark.parametrize("source", sources, ids=[s.stem for s in sources])


def stored(source):
    return nbformat.read(notebooks.notebook_path(source), as_version=4)


def markdown(nb):
    return "\n\n".join(c.source for c in nb.cells if c.cell_type == "markdown")


def headings(nb, level):
    return re.findall(rf"^#{{{level}}} (.+)$", markdown(nb), flags=re.MULTILINE)


def anchor(heading):
    return claims.slug(heading)


def front_matter(source):
    return generated.front_matter(f"notebooks/{source.stem}")


def test_there_are_chapters():
    assert CHAPTERS


@by_chapter(SOURCES)
def test_text_notebook_and_inputs_agree(source):
    assert notebooks.problems(source) == []


@by_chapter(SOURCES)
def test_every_number_in_the_prose_is_computed_on_the_page(source):
    assert prose.unsupported(stored(source)) == []


@by_chapter(SOURCES)
def test_text_survives_a_round_trip(source):
    """Syncing an untouched notebook changes nothing, so every diff is an edit."""
    assert notebooks.as_text(stored(source), source) == source.read_text()


@by_chapter(SOURCES)
def test_stands_in_the_table_of_contents(source):
    assert f"notebooks/{source.stem}" in (ROOT / "_toc.yml").read_text()


@by_chapter(SOURCES)
def test_tags_are_known(source):
    for cell in stored(source).cells:
        assert set(cell.metadata.get("tags", [])) <= TAGS, cell.source[:60]


@by_chapter(SOURCES)
def test_outputs_are_clean(source):
    for cell in notebooks.code_cells(stored(source)):
        expected_error = "raises-exception" in cell.metadata.get("tags", [])
        for output in cell.outputs:
            text = str(output)
            assert output.get("name") != "stderr", output.text
            assert output.output_type != "error" or expected_error, output.evalue
            assert not re.search(r"/(?:home|root|tmp|Users|work)/", text), text[:300]
            assert " at 0x" not in text, text[:300]


@by_chapter(SOURCES)
def test_every_picture_has_an_alt_text_with_a_number(source):
    for cell in notebooks.code_cells(stored(source)):
        for output in cell.outputs:
            if "image/png" in output.get("data", {}):
                assert "text/plain" in output.data, "a figure has no alt text"
                alt = output.data["text/plain"]
                assert len(alt) > 40 and re.search(r"\d", alt), alt
                assert "plots.show(" in cell.source, "show figures with plots.show"


@by_chapter(SOURCES)
def test_notebook_is_small(source):
    assert notebooks.notebook_path(source).stat().st_size < 1_000_000


@by_chapter(SOURCES)
def test_cells_are_short(source):
    for cell in notebooks.code_cells(stored(source)):
        tags = set(cell.metadata.get("tags", []))
        longest = 30 if tags & {"hide-input"} else 18
        assert len(cell.source.splitlines()) <= longest, cell.source


@by_chapter(SOURCES)
def test_cells_do_nothing_forbidden(source):
    for cell in notebooks.code_cells(stored(source)):
        found = re.search(FORBIDDEN, cell.source, flags=re.MULTILINE)
        assert not found, found


@by_chapter(SOURCES)
def test_markdown_is_portable(source):
    found = re.search(NOT_PORTABLE, markdown(stored(source)), flags=re.MULTILINE)
    assert not found, found


@by_chapter(SOURCES)
def test_prose_is_plain(source):
    text = prose.readable(markdown(stored(source)))
    text = re.sub(r"\$\$.*?\$\$|\$[^$]*\$", "", text, flags=re.DOTALL)
    assert "!" not in text.replace("![", ""), "no exclamation marks"
    assert not re.search(FILLER, text, flags=re.IGNORECASE)


@by_chapter(SOURCES)
def test_headings_are_short(source):
    nb = stored(source)
    for heading in headings(nb, 2) + headings(nb, 3):
        assert len(heading.split()) <= 9, heading


@by_chapter(SOURCES)
def test_at_most_two_outputs_are_ignored(source):
    cells = notebooks.code_cells(stored(source))
    tags = [cell.metadata.get("tags", []) for cell in cells]
    ignored = [i for i, t in enumerate(tags) if "nbval-ignore-output" in t]
    assert len(ignored) <= 2
    for i in ignored:
        assert "assert " in cells[i + 1].source, "the next cell asserts the conclusion"


@by_chapter(SOURCES)
def test_imports_of_a_browser_page_are_light(source):
    if front_matter(source)["runs"] == "local":
        pytest.skip("runs locally: torch and the like are welcome")
    for cell in notebooks.code_cells(stored(source)):
        if "local-only" not in cell.metadata.get("tags", []):
            assert not re.search(HEAVY, cell.source, flags=re.MULTILINE), cell.source


@by_chapter(SOURCES)
def test_sources_stand_in_the_bibliography(source):
    known = (ROOT / "book" / "references.bib").read_text()
    for link in re.findall(r"\]\((https?://[^)\s]+)\)", markdown(stored(source))):
        assert link in known, f"{link} is missing in book/references.bib"


def test_execution_times_are_within_their_limits():
    """Seconds of processor time; half as much again is granted to a busy machine."""
    times = json.loads((ROOT / "book" / "execution_times.json").read_text())
    assert set(times) == {source.stem for source in SOURCES}
    too_long = {name: t for name, t in times.items() if t > 1.5 * 30}
    assert not too_long and sum(times.values()) < 1.5 * 210
    main_path = [t for name, t in times.items() if re.match(r"ch0[1-7]_", name)]
    assert len(main_path) == 7 and sum(main_path) < 1.5 * 120


@by_chapter(CHAPTERS + BRIDGES)
def test_front_matter_is_whole_and_true(source):
    matter, nb = front_matter(source), stored(source)
    anchors = {anchor(h) for level in (2, 3) for h in headings(nb, level)}
    assert set(matter["minutes"]) == {"read", "exercises"}
    assert matter["runs"] in {"browser", "local"}
    assert matter["claims"] or source in BRIDGES and matter["claims"] == []
    assert set(matter["needs"]) <= {s.stem for s in SOURCES}
    for objective in matter["objectives"]:
        assert f"- {objective['sentence']}" in markdown(nb)
        assert objective["section"] in anchors, objective["section"]


@by_chapter(CHAPTERS + BRIDGES)
def test_sections_follow_the_template(source):
    found = headings(stored(source), 2)
    left_out = NOT_IN_A_BRIDGE if source in BRIDGES else set()
    template = [heading for heading in TEMPLATE if heading not in left_out]
    assert [heading for heading in found if heading in TEMPLATE] == template
    ideas = found[found.index("Predict") + 1 : found.index("Where it goes wrong")]
    assert 1 <= len(ideas) <= 4, "at most four ideas"


@by_chapter(CHAPTERS + BRIDGES)
def test_main_line_is_short(source):
    main_line = prose.readable(markdown(stored(source))).split("\n## Exercises")[0]
    assert len(main_line.split()) <= (1500 if source in BRIDGES else 3000)


@by_chapter(CHAPTERS + BRIDGES)
def test_every_exercise_has_a_solution(source):
    nb = stored(source)
    exercises = [h for h in headings(nb, 3) if h.startswith("Exercise ")]
    solutions = [
        cell
        for cell in notebooks.code_cells(nb)
        if "solution" in cell.metadata.get("tags", [])
    ]
    assert len(exercises) == len(solutions) >= 3
