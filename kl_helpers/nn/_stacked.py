"""Many small networks of one shape, trained as one: a product of tensors serves all."""

from itertools import pairwise

import torch


def layers(seeds, sizes, fill):
    """(weights, bias) of each layer, shapes (runs, in, out) and (runs, 1, out).

    `fill(weights, bias, layer, generator)` sets the weights (out, in) and the bias
    (out,) of one run in place; each run has a generator with its own seed.
    """
    generators = [torch.Generator().manual_seed(int(seed)) for seed in seeds]
    made = []
    for layer, (inputs, outputs) in enumerate(pairwise(sizes)):
        weights = torch.empty(len(seeds), outputs, inputs)
        bias = torch.zeros(len(seeds), 1, outputs)
        for run, generator in enumerate(generators):
            fill(weights[run], bias[run, 0], layer, generator)
        weights = weights.transpose(1, 2).contiguous()
        made.append((weights.requires_grad_(), bias.requires_grad_()))
    return made


def outputs(layers, x, activation):
    """Outputs (runs, n, out) of inputs (runs, n, in)."""
    *inner, (weights, bias) = layers
    for inner_weights, inner_bias in inner:
        x = activation(torch.baddbmm(inner_bias, x, inner_weights))
    return torch.baddbmm(bias, x, weights)
