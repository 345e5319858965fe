"""Losses and small models in PyTorch, for the chapters that train something.

`import kl_helpers` does not load this part: it is the only one that needs torch.
"""

try:
    import torch  # noqa: F401
    import tqdm  # noqa: F401
except ImportError as error:
    raise ImportError(
        f"`kl_helpers.nn` needs PyTorch and tqdm ({error}); install them with "
        "`pip install torch tqdm` (the numpy core of `kl_helpers` works without them)."
    ) from None

from . import distillation, flows, losses, name_model, ppo, rlhf, sequences, vae

__all__ = [
    "distillation",
    "flows",
    "losses",
    "name_model",
    "ppo",
    "rlhf",
    "sequences",
    "vae",
]
