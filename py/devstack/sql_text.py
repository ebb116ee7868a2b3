"""SQL as text: the statements of a file with their lines, and what of them is code."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from devstack.migrations import split_statements

_NOT_CODE = re.compile(
    r"""
      --[^\n]*
    | /\*.*?\*/
    | '(?:[^']|'')*'
    """,
    re.VERBOSE | re.DOTALL,
)
_BODY = re.compile(r"(?P<tag>\$\w*\$)(?P<text>.*?)(?P=tag)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of an SQL file.

    Attributes:
        text: The statement as it stands, with the comments before it, without its semicolon.
        line: The line of the file on which `text` begins, from 1.
        code: The statement in lower case on one line, without comments, bodies and the contents of
            strings: what a rule about grammar looks at.
    """

    text: str
    line: int
    code: str

    @property
    def first_line_of_code(self) -> int:
        """The line of the file on which the statement itself begins, below its comments."""
        blank = blank_out_strings_and_comments(self.text)
        return self.line + blank[: len(blank) - len(blank.lstrip())].count("\n")

    def bodies(self) -> Iterator[tuple[int, str]]:
        """Each dollar-quoted text with the line of the file on which it begins."""
        for body in _BODY.finditer(self.text):
            yield self.line + self.text[: body.start("text")].count("\n"), body["text"]


def statements(text: str) -> Iterator[Statement]:
    """The statements of an SQL file, in order."""
    position = 0
    for statement in split_statements(text):
        position = text.index(statement, position)
        line = text[:position].count("\n") + 1
        code = blank_out_strings_and_comments(_BODY.sub("$$$$", statement))
        position += len(statement)
        yield Statement(statement, line, " ".join(code.lower().split()))


def blank_out_strings_and_comments(text: str) -> str:
    """The same text, each character of a comment and of a string's contents replaced by a blank.

    Lines stay where they are; the quotes of a string stay, so that an empty string still shows.
    """
    return _NOT_CODE.sub(_blank, text)


def _blank(match: re.Match[str]) -> str:
    token = match.group()
    if token.startswith("'"):
        return "'" + re.sub(r"[^\n]", " ", token[1:-1]) + "'"
    return re.sub(r"[^\n]", " ", token)
