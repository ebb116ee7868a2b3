"""What a person is told when the stack cannot start."""

import sys
from collections.abc import Callable


class StackError(Exception):
    """The stack cannot do what was asked; says why and what to do about it.

    Args:
        problem: What is wrong, as one sentence without a final stop.
        remedy: What the reader can do about it, as one sentence without a final stop.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}. {remedy}.")
        self.problem = problem
        self.remedy = remedy


def reporting(command: Callable[[], int]) -> int:
    """Run a command; its exit status, or 1 with one line on standard error for a StackError."""
    try:
        return command()
    except StackError as error:
        print(f"devstack: {error}", file=sys.stderr)
        return 1
