"""The list of mutants keeps up with the code that it breaks."""

import pytest

from tools import mutants

UNUSED = {  # their chapters are planned; a chapter that uses one takes it off the list
    "mean over coordinates instead of sum",
    "mean over latent coordinates",
    "mean-field for every fit",  # the chapter's full fits start at their optimum
    "saddles count as optima",  # none of the chapter's targets has one
    "every answer is right",  # chapters show stubs, never answers
    "advantages across episodes",  # learns nearly as well, which is why it needs a test
    "reset steps counted as states",  # one state in a hundred
    "swapped t-SNE without its mean",  # the scale of the map absorbs it
    "flattened rows that do not sum to 1",  # the students find no 3 either way
}


@pytest.mark.parametrize("mutant", mutants.MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_still_changes_what_it_names(mutant):
    text = (mutants.ROOT / "kl_helpers" / mutant.file).read_text()
    assert mutants.mutate(mutant, text) != text
    assert (mutants.ROOT / "tests" / mutant.test).exists()
    if mutant.chapter:
        assert (mutants.ROOT / "notebooks" / f"{mutant.chapter}.ipynb").exists()
    else:
        assert mutant.name in UNUSED


def test_a_mutant_whose_text_is_gone_is_named():
    lost = mutants.Mutant("lost", "discrete.py", "no such text", "", "test_discrete.py")
    with pytest.raises(SystemExit, match="lost: its text must stand once"):
        mutants.mutate(lost, "some text")
