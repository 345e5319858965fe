"""Slow and exact answers that the package is compared with."""
