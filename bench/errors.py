"""What makes a run fail; a missed bound does not."""


class BenchError(Exception):
    """A measurement cannot be taken, or would mean nothing; says why."""
