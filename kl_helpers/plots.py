"""Figures of the course: one look, colour by role, and a sentence for every picture.

Fixed distributions (data, teacher, reference) are blue and solid, moving ones orange
and dashed, the gap between them green. The functions draw and label; they compute by
calling the core.
"""

import base64
import io
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from ._listing import Listing
from ._validate import read_two_probabilities
from .fitting import fit_forward_kl, fit_reverse_kl

__all__ = [
    "COLORS",
    "plot_drift",
    "plot_evidence_walk",
    "plot_fits",
    "plot_toll",
    "show",
    "source",
    "use_house_style",
]

COLORS = {
    "fixed": "#0072B2",
    "moving": "#D55E00",
    "gap": "#009E73",
    "second": "#7B3294",
    "sample": "#767676",
    "ink": "#222222",
}
DOTS_PER_INCH = 200  # sharp on dense screens; shown at half of that
SHOWN_PER_INCH = 100


def use_house_style():
    """Give matplotlib the look of the course for the rest of the session."""
    plt.style.use(Path(__file__).with_name("house.mplstyle"))


def show(fig, *, alt):
    """Display a figure with its alt text, and close it.

    The alt text is the plain-text form of the output: a screen reader reads it, and
    the check of the notebooks compares it, so put a computed number into it.

    Args:
        fig: A matplotlib figure.
        alt: One or two sentences that say what there is to see.

    Raises:
        ValueError: If `alt` is empty or says nothing that was computed (no digit).
    """
    if not isinstance(alt, str) or not any(character.isdigit() for character in alt):
        raise ValueError(
            f"`alt` is {alt!r}; say in a sentence what the figure shows, with at least "
            "one computed number: plots.show(fig, alt=f'… {value:.3f} bits …')."
        )
    from IPython.display import display

    width, height = (round(SHOWN_PER_INCH * side) for side in fig.get_size_inches())
    image = base64.b64encode(_small_png(fig)).decode()
    plt.close(fig)
    display(
        {"image/png": image, "text/plain": alt},
        metadata={"image/png": {"width": width, "height": height}},
        raw=True,
    )


def _small_png(fig):
    """The figure with a palette of 256 colours: a third of the bytes, same look."""
    from PIL import Image

    raw, small = io.BytesIO(), io.BytesIO()
    fig.savefig(raw, format="png", dpi=DOTS_PER_INCH)
    image = Image.open(raw).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    image.save(small, format="png", optimize=True)
    return small.getvalue()


def source(function):
    """Display the source of a function, highlighted.

    The check of the notebooks compares the text, so the code on a page is the code
    that runs.

    Args:
        function: A function, class or module written in Python.

    Raises:
        ValueError: If its source cannot be found.
    """
    from IPython.display import display

    display(Listing(function))


def plot_toll(world, belief, *, ax, labels, names, colors):
    """The bill of a wrong belief: the green area is KL(world‖belief), in bits.

    Look at the columns: each is as wide as the symbol is frequent *in this world*. The
    solid step is the code length of someone who knows the world, the dashed one that
    of someone who believes otherwise. Filled green is paid too much, hatched green is
    saved.

    Args:
        world: Probabilities that sample, shape (k,).
        belief: Probabilities believed, shape (k,), all above 0.
        ax: Axes to draw on.
        labels: One name for each of the k symbols.
        names: Names of the world and of the belief, for the legend.
        colors: Colours of the world and of the belief.

    Returns:
        The axes.
    """
    world, belief = _read_possible(world, belief, ("world", "belief"))
    own, foreign = -np.log2(world), -np.log2(belief)
    edges = np.concatenate([[0], np.cumsum(world)])
    for left, right, low, high in zip(edges, edges[1:], own, foreign, strict=False):
        saved = high < low
        ax.fill_between(
            [left, right],
            low,
            high,
            facecolor="none" if saved else COLORS["gap"],
            edgecolor=COLORS["gap"] if saved else "none",
            hatch="////" if saved else None,
            alpha=0.9 if saved else 0.45,
            linewidth=0,
        )
        if high != low:
            area = (right - left) * (high - low)
            ax.text(
                (left + right) / 2,
                (low + high) / 2,
                f"{area:+.3f}".replace("-", "−"),
                ha="center",
                va="center",
                fontsize=9 if right - left > 0.15 else 7.5,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
            )
    ax.stairs(own, edges, baseline=None, color=colors[0], lw=2.5, label=names[0])
    dashed = {"color": colors[1], "lw": 2.5, "linestyle": (0, (4, 1.5))}
    ax.stairs(foreign, edges, baseline=None, label=names[1], **dashed)
    ax.vlines(edges[1:-1], 0, 0.12, color="#555555", lw=0.8)
    for label, left, right in zip(labels, edges, edges[1:], strict=False):
        ax.text((left + right) / 2, 0.1, label, ha="center", va="bottom", fontsize=10)
    ax.set(xlim=(0, 1), ylim=(0, 3.8), yticks=range(4))
    ax.set_xlabel("how often (share of all symbols)")
    ax.set_ylabel("code length, bits per symbol")
    ax.legend(loc="upper right", ncols=2, borderaxespad=0.2)
    return ax


def _read_possible(first, second, names):
    arrays = read_two_probabilities(first, second, -1, names)
    for name, array in zip(names, arrays, strict=True):
        if array.min() == 0:
            raise ValueError(
                f"`{name}` has a probability 0, whose infinite surprise cannot be "
                "drawn; use a small one, such as 1e-3."
            )
    return arrays


def plot_evidence_walk(p, q, *, ax, rng, n_steps=60, n_paths=15):
    """The running total of log2 p(x)/q(x): evidence for `p` against `q`, in bits.

    Look at the slopes: paths whose symbols come from `p` (blue) climb at
    KL(p‖q) bits per symbol on average, paths from `q` (orange) fall at KL(q‖p).

    Args:
        p: Probabilities of the first world, shape (k,), all above 0.
        q: Probabilities of the second world, shape (k,), all above 0.
        ax: Axes to draw on.
        rng: numpy Generator that draws the symbols.
        n_steps: Symbols in a path.
        n_paths: Paths from each world.

    Returns:
        The axes.
    """
    p, q = _read_possible(p, q, ("p", "q"))
    step = np.log2(p / q)
    time = np.arange(n_steps + 1)
    worlds = [(p, "fixed", "solid", "P"), (q, "moving", "dashed", "Q")]
    for world, role, line, name in worlds:
        draws = rng.choice(len(step), size=(n_paths, n_steps), p=world)
        paths = np.cumsum(step[draws], axis=1)
        paths = np.column_stack([np.zeros(n_paths), paths])
        ax.plot(time, paths.T, color=COLORS[role], lw=0.8, alpha=0.55)
        slope = float(world @ step)
        ax.plot(time, slope * time, color=COLORS[role], lw=3, linestyle=line)
        text = f" world {name}:\n {slope:+.3f} per symbol".replace("-", "−")
        ax.text(n_steps, slope * n_steps, text, color=COLORS[role], va="center")
    ax.hlines(0, 0, n_steps, color="#999999", lw=0.8)
    ax.set(xlim=(0, 1.4 * n_steps), xlabel="symbols seen")
    ax.set_ylabel("bits of evidence for P")
    ax.set_xticks(np.linspace(0, n_steps, 4))
    return ax


def plot_fits(target, *, ax):
    """A mixture of normals (blue) with its forward and its best reverse fit.

    Look at where the two bells have mass and the target has none, and the other way
    round: the forward fit (dashed orange) never misses, the reverse fit (purple) never
    invents. Of several equally good reverse fits the rightmost is drawn.

    Args:
        target: ``(weights, means, sigmas)`` of a one-dimensional mixture.
        ax: Axes to draw on.

    Returns:
        The axes.
    """
    weights, means, sigmas = (np.asarray(part, dtype=float) for part in target)
    (forward,), reverse = fit_forward_kl(target), fit_reverse_kl(target)
    best = max(
        (fit for fit in reverse if fit.kl < reverse[0].kl + 1e-6),
        key=lambda fit: fit.mu,
    )
    reach = 3.5 * np.sqrt(forward.cov)
    x = np.linspace(forward.mu - reach, forward.mu + reach, 600)[:, None]

    def density(mu, sigma):
        return np.exp(-(((x - mu) / sigma) ** 2) / 2) / (sigma * np.sqrt(2 * np.pi))

    mixture = density(means, sigmas) @ weights
    ax.fill_between(x[:, 0], mixture, color=COLORS["fixed"], alpha=0.15, lw=0)
    ax.plot(x, mixture, color=COLORS["fixed"], label="target")
    for fit, role, line, name in [
        (forward, "moving", "dashed", "forward"),
        (best, "second", "solid", "reverse"),
    ]:
        curve = density(fit.mu, np.sqrt(fit.cov))
        ax.plot(x, curve, color=COLORS[role], linestyle=line, label=name)
    ax.set(xlabel="x", ylabel="density", ylim=(0, None))
    ax.legend()
    return ax


def plot_drift(report, *, ax):
    """A drift report as one line a feature: its PSI over the range of chance.

    Look at where each dot lies: inside the grey bar chance alone shows as much, right
    of it (orange, with its value) the feature has moved. An infinite PSI is an arrow at
    the right edge.

    Args:
        report: What `drift_report` returned.
        ax: Axes to draw on.

    Returns:
        The axes.

    Raises:
        ValueError: If the report is empty.
    """
    if not report:
        raise ValueError("`report` is empty; pass what drift_report returned.")
    place = np.arange(len(report))[::-1]
    thresholds = [row.threshold for row in report]
    finite = [v for row in report for v in row[1:3] if np.isfinite(v)]
    edge = 1.15 * max([*finite, 1e-3])
    chance = np.minimum(thresholds, edge)
    ax.barh(place, chance, 0.6, color=COLORS["sample"], alpha=0.3, label="chance")
    for y, row in zip(place, report, strict=True):
        color = COLORS["moving" if row.moved else "fixed"]
        marker = "o" if np.isfinite(row.psi) else ">"
        ax.plot(min(row.psi, edge), y, marker, color=color, clip_on=False)
        if row.moved:
            ax.text(min(row.psi, edge), y + 0.18, f" {row.psi:.2g}", color=color)
    ax.set(yticks=place, yticklabels=[row.feature for row in report])
    ax.set(xlim=(0, edge), ylim=(-0.6, len(report) - 0.2))
    ax.set_xlabel("PSI, nats per row")
    ax.legend(loc="lower right")
    return ax
