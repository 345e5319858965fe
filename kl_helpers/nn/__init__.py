"""Losses and small models in PyTorch, for the chapters that train something.

`import kl_helpers` does not load this part: it is the only one that needs torch.
"""

try:
    import torch  # noqa: F401
except ImportError as error:
    raise ImportError(
        "`kl_helpers.nn` needs PyTorch, which is not installed here; install it with "
        "`pip install torch tqdm` (the numpy core of `kl_helpers` works without it)."
    ) from error

from . import losses, vae

__all__ = ["losses", "vae"]
