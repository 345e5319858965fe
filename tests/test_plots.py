"""Figures: drawn where asked, labelled, true to the numbers, shown with their words."""

import base64
import inspect
import io

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
import pytest  # noqa: E402
from PIL import Image  # noqa: E402

from kl_helpers import kl_divergence, plots  # noqa: E402

P, Q = np.array([0.5, 0.25, 0.125, 0.125]), np.array([0.125, 0.5, 0.25, 0.125])
TOLL = {"labels": "abcd", "names": ["world", "belief"], "colors": ["C0", "C1"]}


def toll(ax, world=P, belief=Q):
    return plots.plot_toll(world, belief, ax=ax, **TOLL)


def walk(ax):
    return plots.plot_evidence_walk(P, Q, ax=ax, rng=np.random.default_rng(0))


@pytest.fixture
def axes():
    """Two axes side by side; the functions are asked to draw on the first."""
    with plt.rc_context():
        plots.use_house_style()
        fig, both = plt.subplots(1, 2, figsize=(6.4, 3.2))
        yield both
        plt.close("all")


def pixels(fig):
    fig.canvas.draw()
    return np.asarray(fig.canvas.buffer_rgba()).copy()


def text_of(ax):
    return [text.get_text() for text in ax.texts]


@pytest.mark.parametrize("draw", [toll, walk])
def test_a_plot_stays_on_the_axes_it_was_given(axes, draw):
    fig, numbers = axes[0].figure, plt.get_fignums()
    empty = pixels(fig)
    assert draw(axes[0]) is axes[0]
    assert plt.get_fignums() == numbers and fig.axes == list(axes)
    assert axes[0].get_xlabel() and axes[0].get_ylabel()
    assert axes[0].has_data() and not axes[1].has_data()
    assert not axes[1].texts and not fig.texts
    assert (pixels(fig) != empty).any()


def written_numbers(ax):
    texts = (text.replace("−", "-") for text in text_of(ax))
    return [float(text) for text in texts if text[0] in "+-"]


@pytest.mark.parametrize(
    ("world", "belief"), [(P, Q), (Q, P), ([0.7, 0.2, 0.1], [0.2, 0.3, 0.5])]
)
def test_the_areas_of_the_toll_are_the_terms_of_kl(axes, world, belief):
    toll(axes[0], world, belief)
    terms = [a * np.log2(a / b) for a, b in zip(world, belief, strict=True) if a != b]
    assert written_numbers(axes[0]) == pytest.approx(terms, abs=5e-4)
    total = float(kl_divergence(world, belief, base=2))
    assert sum(written_numbers(axes[0])) == pytest.approx(total, abs=2e-3)


def test_the_toll_names_its_symbols_and_its_steps(axes):
    toll(axes[0])
    assert [text for text in text_of(axes[0]) if text in "abcd"] == list("abcd")
    legend = [text.get_text() for text in axes[0].get_legend().get_texts()]
    assert legend == ["world", "belief"]
    steps = [patch.get_data().values for patch in axes[0].patches]
    assert np.allclose(steps, [-np.log2(P), -np.log2(Q)])


def test_the_walk_climbs_and_falls_at_the_two_divergences(axes):
    walk(axes[0])
    text = " ".join(text_of(axes[0])).replace("−", "-")
    there, back = float(kl_divergence(P, Q, base=2)), float(kl_divergence(Q, P, base=2))
    assert f"{there:+.3f} per symbol" in text and f"{-back:+.3f} per symbol" in text
    slopes = [line.get_ydata()[-1] / 60 for line in axes[0].lines if line.get_lw() == 3]
    assert slopes == pytest.approx([there, -back])
    paths = [line.get_ydata() for line in axes[0].lines if line.get_lw() < 1]
    assert len(paths) == 30 and all(path[0] == 0 for path in paths)
    steps = np.unique(np.diff(paths, axis=1).round(9))
    assert set(steps) <= set(np.log2(P / Q).round(9))
    ends = np.array(paths)[:, -1]
    assert ends[:15].mean() == pytest.approx(60 * there, rel=0.3)
    assert ends[15:].mean() == pytest.approx(-60 * back, rel=0.3)


@pytest.mark.parametrize("bad", [[0.5, 0.6], [-0.5, 1.5]])
def test_plots_refuse_what_is_no_distribution(axes, bad):
    with pytest.raises(ValueError, match="`world`"):
        plots.plot_toll(bad, [0.5, 0.5], ax=axes[0], **TOLL)
    with pytest.raises(ValueError, match="`p`"):
        plots.plot_evidence_walk(bad, [0.5, 0.5], ax=axes[0], rng=None)


@pytest.fixture
def shown(monkeypatch):
    """Call it with a function: what that displays, as (data, metadata)."""

    def run(call):
        seen = []

        def display(data, *, metadata=None, raw=False):
            assert raw == isinstance(data, dict)  # data named by kind, wrapped once
            seen.append((data, metadata))

        monkeypatch.setattr("IPython.display.display", display)
        call()
        assert len(seen) == 1
        return seen[0]

    return run


def figure():
    with plt.rc_context():
        plots.use_house_style()
        fig, ax = plt.subplots(figsize=(6.4, 3.2))
        toll(ax)
    return fig


def test_show_gives_the_picture_its_words_and_its_size(shown):
    fig = figure()
    alt = "Steps; the belief costs 0.625 bits more."
    data, metadata = shown(lambda: plots.show(fig, alt=alt))
    assert set(data) == {"image/png", "text/plain"}
    assert data["text/plain"] == alt
    assert metadata == {"image/png": {"width": 640, "height": 320}}
    image = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert image.format == "PNG" and image.size == (1280, 640)
    assert len(image.convert("RGB").getcolors(maxcolors=10_000)) > 10
    assert not plt.fignum_exists(fig.number)


def test_show_gives_the_same_bytes_twice(shown):
    first, second = (
        shown(lambda: plots.show(figure(), alt="0.625 bits"))[0] for _ in range(2)
    )
    assert first == second


@pytest.mark.parametrize("alt", ["", "Two bars.", None, 5])
def test_show_refuses_a_picture_without_a_computed_number(alt):
    fig = figure()
    with pytest.raises(ValueError, match="`alt` is .*at least one computed number"):
        plots.show(fig, alt=alt)
    plt.close(fig)


def test_source_shows_the_code_that_runs(shown):
    from IPython.core.formatters import DisplayFormatter

    listing, _ = shown(lambda: plots.source(kl_divergence))
    data, _ = DisplayFormatter().format(listing)
    code = inspect.getsource(kl_divergence).rstrip()
    expected = {"text/plain": code, "text/markdown": f"```python\n{code}\n```"}
    assert data == expected


@pytest.mark.parametrize("thing", [len, 3, np.exp])
def test_source_refuses_what_has_none(thing):
    with pytest.raises(ValueError, match="`function` is .*defined in a .py file"):
        plots.source(thing)
