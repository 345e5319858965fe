"""Chapter 11: rewards on a leash."""

import math

import numpy as np
from oracles import claims as oracle
from oracles import leash

import kl_helpers as kl

REF, REWARD, GOLD = [0.7, 0.2, 0.1], [0, 1, 2], [0, 1, 0]


def check_X6():
    star = kl.leash_optimum(REF, REWARD, beta=1)
    value = star @ REWARD - kl.kl_divergence(star, REF)
    ours = [value, np.dot(REF, REWARD), kl.kl_divergence(REF, star)]
    theirs = leash.optimum(REF, REWARD, 1)
    top = leash.value(theirs, REF, REWARD, 1)
    start = leash.value(REF, REF, REWARD, 1)
    return ours, [top, start, oracle.kl(REF, theirs)]


check_S3_17 = check_S3_21 = check_X6


def check_S3_13():
    star = kl.leash_optimum(REF, REWARD, beta=1)
    theirs = leash.optimum(REF, REWARD, 1)
    ours = [*star, kl.kl_divergence(star, REF)]
    return ours, [*theirs, oracle.kl(theirs, REF)]


def check_S3_14():
    ours = [kl.leash_optimum(REF, REWARD, beta=beta) @ GOLD for beta in (1, 0.1)]
    theirs = [leash.average(leash.optimum(REF, REWARD, b), GOLD) for b in (1, 0.1)]
    start = [np.dot(REF, GOLD), leash.average(REF, GOLD)]
    return [start[0], *ours], [start[1], *theirs]


def check_S3_16():
    ours, theirs = [], []
    for measure in (0, 1):
        for beta in (10, 1, 0.3, 0.1):
            star = kl.leash_optimum(REF, REWARD, beta=beta)
            other = leash.optimum(REF, REWARD, beta)
            pair = (
                (kl.kl_divergence(star, REF), oracle.kl(other, REF))
                if measure == 0
                else (star @ REWARD, leash.average(other, REWARD))
            )
            ours.append(pair[0])
            theirs.append(pair[1])
    return ours, theirs


def forward_optimum(ref, reward):
    """The chapter's bisection, for β = 1."""
    ref, reward = np.array(ref), np.array(reward)
    low, high = reward.max(), reward.max() + 1.0
    for _ in range(60):
        middle = (low + high) / 2
        above = (ref / (middle - reward)).sum() > 1
        low, high = (middle, high) if above else (low, middle)
    return ref / (high - reward)


def check_C_27():
    ours = [*forward_optimum(REF, REWARD), *kl.leash_optimum(REF, REWARD, beta=1)]
    return ours, [
        *leash.forward_optimum(REF, REWARD, 1),
        *leash.optimum(REF, REWARD, 1),
    ]


def check_S3_15():
    ours, theirs = check_C_27()
    return [ours[2], ours[5]], [theirs[2], theirs[5]]


def check_S3_20():
    ref, ours, theirs = [0.6, 0.3, 0.1], [], []
    for rewards, beta in [((0, 1, 1), 0.1), ((0, 1, 1.2), 1), ((0, 1, 1.2), 0.1)]:
        star, other = (
            kl.leash_optimum(ref, rewards, beta=beta),
            leash.optimum(ref, rewards, beta),
        )
        ours.append(star[1] / star[2])
        theirs.append(other[1] / other[2])
    return ours, theirs


def check_C_14():
    star, other = (
        kl.leash_optimum(REF, REWARD, beta=0.5),
        leash.optimum(REF, REWARD, 0.5),
    )
    gap = 0.5 * np.diff(np.log(star / REF)[[0, 2]])[0]
    gaps = [gap, 0.5 * oracle_gap(other)]
    even = np.full(4, 1 / 4)
    bounds = [math.log(n) - (n - 1) / n for n in (4, 16, 64, 1024)]
    tied = [
        kl.kl_divergence(kl.best_of_n(even, [1, 2, 3, 4], n), even) for n in (4, 16)
    ]
    theirs = [leash.kl_of_best_atomless(n) for n in (4, 16, 64, 1024)]
    theirs += [leash.kl_of_best_uniform(4, n) for n in (4, 16)]
    return [gaps[0], *bounds, *tied], [gaps[1], *theirs]


def oracle_gap(policy):
    """ln of the odds of the last answer to the first, over those of the reference."""
    return math.log(policy[2] / policy[0]) - math.log(REF[2] / REF[0])
