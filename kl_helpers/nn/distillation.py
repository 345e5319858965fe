"""Teachers and students: small classifiers, many of them trained side by side."""

import torch
from torch.nn import functional as F
from tqdm import tqdm

from . import _stacked

__all__ = ["Classifiers", "flattened", "shifted", "shuffled", "train_classifiers"]


class Classifiers:
    """One small network per seed, all of one shape, with ReLU between its layers.

    The initial weights depend on the seeds alone. Called with inputs of shape (n, d),
    or (runs, n, d) if each network has its own, it returns logits of shape
    (runs, n, classes).

    Args:
        seeds: A whole number for each network (run).
        sizes: Widths of the layers, from the inputs to the classes.

    Example:
        >>> networks = Classifiers([0, 1, 2], (64, 16, 10))
        >>> networks(torch.zeros(5, 64)).shape
        torch.Size([3, 5, 10])

    Introduced in chapter 6.
    """

    def __init__(self, seeds, sizes):
        def fill(weights, bias, layer, generator):
            bound = sizes[layer] ** -0.5  # torch's usual initial range
            weights.uniform_(-bound, bound, generator=generator)
            bias.uniform_(-bound, bound, generator=generator)

        self.runs = len(seeds)
        self.layers = _stacked.layers(seeds, sizes, fill)
        self.weights = [each for layer in self.layers for each in layer]

    def __call__(self, inputs, activation=torch.relu):
        own = inputs.expand(self.runs, *inputs.shape[-2:])
        return _stacked.outputs(self.layers, own, activation)


def train_classifiers(
    inputs,
    loss,
    *,
    seeds,
    hidden=(64, 64),
    classes=10,
    steps=500,
    batch_size=128,
    learning_rate=3e-3,
    dropout=0.0,
):
    r"""Train one classifier per seed with Adam, all of them in one batched network.

    .. math:: \frac1n \sum_{i} \text{loss}(\text{logits}_i, i)
              \quad\text{for each run, over the rows } i \text{ of a batch}

    The loss says what a run learns from: labels, a teacher, or both. The runs share the
    order of the rows and nothing else. The result depends on the arguments alone; no
    global generator is read or set. Progress is shown on stderr; the environment
    variable TQDM_DISABLE=1 silences it.

    Args:
        inputs: Tensor of shape (n, d), or (runs, n, d) if each run has its own rows.
        loss: A function of the logits, shape (runs, batch, classes), and of the rows of
            the batch, whole numbers of shape (batch,), which returns a loss for each
            run and row, shape (runs, batch).
        seeds: A whole number for each run.
        hidden: Widths of the hidden layers.
        classes: Number of classes.
        steps: Steps of Adam.
        batch_size: Rows per step, drawn without replacement; all if there are fewer.
        learning_rate: Step size of Adam.
        dropout: Share of hidden units that a step leaves out.

    Returns:
        The trained `Classifiers`; their weights no longer ask for gradients.

    Raises:
        ValueError: If shapes do not fit or there is nothing to train.

    References:
        | Distilling the Knowledge in a Neural Network (Hinton, Vinyals & Dean, 2015)
        | https://arxiv.org/abs/1503.02531

    Example:
        >>> x, labels = torch.eye(4), torch.arange(4)
        >>> def loss(logits, rows):
        ...     return F.cross_entropy(logits[0], labels[rows], reduction="none")[None]
        >>> networks = train_classifiers(x, loss, seeds=[0], classes=4, steps=60)
        >>> networks(x).argmax(-1)
        tensor([[0, 1, 2, 3]])

    Introduced in chapter 6.
    """
    if inputs.ndim not in (2, 3) or inputs.ndim == 3 and len(inputs) != len(seeds):
        raise ValueError(
            f"`inputs` have shape {tuple(inputs.shape)} for {len(seeds)} seeds, but "
            "(n, d) or (seeds, n, d) is needed. Flatten images, for example "
            "images.flatten(1)."
        )
    rows_there = inputs.shape[-2]
    if steps < 1 or not seeds or rows_there == 0 or not 0 <= dropout < 1:
        raise ValueError(
            f"`steps` is {steps}, `seeds` lists {len(seeds)}, `inputs` hold "
            f"{rows_there} rows and `dropout` is {dropout}; at least one step, seed "
            "and row are needed, and a dropout from 0 to below 1."
        )
    generator = torch.Generator().manual_seed(0)
    networks = Classifiers(seeds, (inputs.shape[-1], *hidden, classes))
    optimizer = torch.optim.Adam(networks.weights, lr=learning_rate, fused=True)

    def activation(x):
        if not dropout:
            return torch.relu(x)
        kept = torch.rand(x.shape, generator=generator) >= dropout
        return torch.relu(x) * kept / (1 - dropout)

    for _ in tqdm(range(steps), desc="steps", leave=False):
        rows = torch.randperm(rows_there, generator=generator)[:batch_size]
        each = loss(networks(inputs[..., rows, :], activation), rows)
        if each.shape != (len(seeds), len(rows)):
            raise ValueError(
                f"`loss` returned shape {tuple(each.shape)}, but one number for each "
                f"run and row is needed, shape {(len(seeds), len(rows))}: sum over the "
                "classes, and leave averages to the training."
            )
        optimizer.zero_grad()
        each.mean(-1).sum().backward()
        optimizer.step()
    for weights in networks.weights:
        weights.requires_grad_(False)
    return networks


def flattened(probabilities):
    """The same probability for the likeliest class, and equal ones for all others.

    Args:
        probabilities: Tensor of shape (..., k), each row a distribution.

    Returns:
        A tensor of the same shape. How sure the row was is kept, what it thought of the
        other classes is gone.

    Raises:
        ValueError: If there are fewer than two classes.

    References:
        | Distilling the Knowledge in a Neural Network (Hinton, Vinyals & Dean, 2015)
        | https://arxiv.org/abs/1503.02531

    Example:
        >>> flattened(torch.tensor([0.8, 0.15, 0.05]))
        tensor([0.8000, 0.1000, 0.1000])

    Introduced in chapter 6.
    """
    top = _top(probabilities)
    sure = probabilities.amax(-1, keepdim=True)
    return torch.where(top, sure, (1 - sure) / (probabilities.shape[-1] - 1))


def shuffled(probabilities, seed=0):
    """The same probabilities, those of all but the likeliest class in random order.

    Args:
        probabilities: Tensor of shape (n, k), each row a distribution.
        seed: Seed of the order, which is another one in each row.

    Returns:
        A tensor of shape (n, k); every row has the entropy that it had.

    Raises:
        ValueError: If there are fewer than two classes.

    References:
        | Distilling the Knowledge in a Neural Network (Hinton, Vinyals & Dean, 2015)
        | https://arxiv.org/abs/1503.02531

    Example:
        >>> p = torch.tensor([[0.8, 0.15, 0.05]])
        >>> shuffled(p)[0, 0], shuffled(p).sort().values
        (tensor(0.8000), tensor([[0.0500, 0.1500, 0.8000]]))

    Introduced in chapter 6.
    """
    top = _top(probabilities)
    generator = torch.Generator().manual_seed(seed)
    here, there = (  # two random orders of the classes, the likeliest one last
        torch.rand(probabilities.shape, generator=generator)
        .masked_fill(top, 2.0)
        .argsort(-1)
        for _ in range(2)
    )
    return probabilities.scatter(-1, here, probabilities.gather(-1, there))


def shifted(images):
    """The images, and their eight copies moved by one pixel, edges filled with 0.

    Args:
        images: Tensor of shape (n, height, width).

    Returns:
        A tensor of shape (9 n, height, width), n images after n images, so that labels
        are repeated as ``labels.repeat(9)``.

    Raises:
        ValueError: If the images do not have two axes each.

    References:
        | Distilling the Knowledge in a Neural Network, section 3
        | (Hinton, Vinyals & Dean, 2015)
        | https://arxiv.org/abs/1503.02531

    Example:
        >>> shifted(torch.ones(2, 8, 8)).shape
        torch.Size([18, 8, 8])

    Introduced in chapter 6.
    """
    if images.ndim != 3:
        raise ValueError(
            f"`images` have shape {tuple(images.shape)}, but (n, height, width) is "
            "needed. Shift them before you flatten them."
        )
    padded = F.pad(images, (1, 1, 1, 1))
    height, width = images.shape[1:]
    moves = [(down, right) for down in range(3) for right in range(3)]
    return torch.cat([padded[:, i : i + height, j : j + width] for i, j in moves])


def _top(probabilities):
    """True at the likeliest class of each row."""
    classes = probabilities.shape[-1]
    if classes < 2:
        raise ValueError(
            f"`probabilities` have {classes} classes, but there must be others beside "
            "the likeliest one. The classes stand on the last axis."
        )
    return F.one_hot(probabilities.argmax(-1), classes).bool()
