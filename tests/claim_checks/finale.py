"""The finale: who moves."""

import numpy as np
import torch
from oracles import estimators

import kl_helpers as kl

PI, OTHER = np.array([0.7, 0.2, 0.1]), np.array([0.2, 0.3, 0.5])


def check_S3_23():
    score, k1 = np.eye(3) - PI, kl.kl_k1(np.log(PI), np.log(OTHER))
    k3_slope = 1 - OTHER / PI
    ours = [
        kl.kl_divergence(PI, OTHER),
        (PI @ (k1[:, None] * score))[0],
        (OTHER - PI)[0],
        (PI @ (k3_slope[:, None] * score))[0],
    ]
    z = torch.tensor(OTHER).log().requires_grad_()
    value = torch.distributions.kl_divergence(
        torch.distributions.Categorical(torch.tensor(PI)),
        torch.distributions.Categorical(logits=z),
    )
    value.backward()
    reverse, forward = np.split(
        np.array(estimators.gradients_by_autograd(PI, OTHER)), 2
    )
    return ours, [value.item(), forward[0], z.grad[0].item(), reverse[0]]
