from tools.mutants.mutant import Mutant

MUTANTS = [
    Mutant(
        "variance for sigma",
        "gaussian.py",
        "z = (mu_p - mu_q) / sigma_q\n",
        "z = (mu_p - mu_q) / sigma_q**2\n",
        "test_gaussian.py",
    ),
    Mutant(
        "half of the quadratic term lost",
        "gaussian.py",
        "return _width_cost(sigma_p, sigma_q) + z * z / 2",
        "return _width_cost(sigma_p, sigma_q) + z * z",
        "test_gaussian.py",
    ),
    Mutant(
        "mean over coordinates instead of sum",
        "gaussian.py",
        "return per_coordinate.sum(-1)",
        "return per_coordinate.mean(-1)",
        "test_gaussian.py",
        None,
    ),
    Mutant(
        "mean over latent coordinates",
        "gaussian.py",
        "return cost.sum(-1)",
        "return cost.mean(-1)",
        "test_gaussian.py",
        None,
    ),
    Mutant(
        "covariances inverted",
        "gaussian.py",
        "return (tangent_gap(log_var).sum(-1) + (z * z).sum(-1)) / 2",
        "return (tangent_gap(-log_var).sum(-1) + (z * z).sum(-1)) / 2",
        "test_gaussian.py",
        "ch03_forward_and_reverse",
    ),
]
