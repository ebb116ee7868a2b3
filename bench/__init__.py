"""Measurements, each a ratio of variants that took turns in one run: `python -m bench`."""
