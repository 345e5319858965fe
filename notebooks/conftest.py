"""nbval runs the notebooks with the environment in which they were built."""

import os

from tools.execution import KERNEL_ENVIRONMENT

os.environ.update(KERNEL_ENVIRONMENT)
