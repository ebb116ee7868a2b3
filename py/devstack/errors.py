"""What a person is told when the stack cannot start."""


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
