"""KL divergence and its relatives, computed carefully.

`import kl_helpers` loads numpy and nothing heavier. Figures live in `kl_helpers.plots`.
"""

from . import (
    coding,
    datasets,
    discrete,
    divergences,
    drift,
    embedding,
    estimators,
    fitting,
    gaussian,
    information,
    leash,
)
from .coding import *  # noqa: F403
from .datasets import *  # noqa: F403
from .discrete import *  # noqa: F403
from .divergences import *  # noqa: F403
from .drift import *  # noqa: F403
from .embedding import *  # noqa: F403
from .estimators import *  # noqa: F403
from .fitting import *  # noqa: F403
from .gaussian import *  # noqa: F403
from .information import *  # noqa: F403
from .leash import *  # noqa: F403

__version__ = "0.1.0"
__all__ = [
    "__version__",
    *coding.__all__,
    *datasets.__all__,
    *discrete.__all__,
    *divergences.__all__,
    *drift.__all__,
    *embedding.__all__,
    *estimators.__all__,
    *fitting.__all__,
    *gaussian.__all__,
    *information.__all__,
    *leash.__all__,
]
