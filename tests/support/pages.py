"""The pages of the API: docs/api.md, which leads to docs/api/, and the examples they hold."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from devstack.paths import ROOT

LANGUAGES = ("js", "python", "sh")
"""Those that everything is shown in: supabase-js, supabase-py, curl."""

CALLS = {
    "js": r'\.(?:(?P<function>rpc)|from)\(\s*"(?P<name>\w+)"',
    "python": r'\.(?:(?P<function>rpc)|table)\(\s*"(?P<name>\w+)"',
    "sh": r"/rest/v1/(?P<function>rpc/)?(?P<name>\w+)",
}
"""How an example names what it asks for."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page.

    Attributes:
        path: Where it is.
        text: Its Markdown, or a part of it.
    """

    path: Path
    text: str

    @property
    def name(self) -> str:
        """The path in the repository."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def languages(self) -> set[str]:
        """What its fenced blocks are written in."""
        return set(re.findall(r"^ *```(\w*)\n", self.text, re.M)) - {""}

    @property
    def prose(self) -> str:
        """The text and its tables, without the fenced blocks."""
        return re.sub(r"^```.*?^```$", "", self.text, flags=re.M | re.S)

    @property
    def code(self) -> set[str]:
        """What is set in code in the prose."""
        return set(re.findall(r"`([^`\n]+)`", self.prose))

    def story(self, language: str) -> str:
        """The blocks of one language, each on the lines where the page has it."""
        lines = []
        is_open = False
        for line in self.text.splitlines():
            is_fence = line.startswith("```")
            is_open = (line == f"```{language}") if is_fence else is_open
            lines.append(line if is_open and not is_fence else "")
        return "\n".join(lines) + "\n"

    def examples(self, language: str) -> set[str]:
        """The tables, views and functions (whose names end in a bracket) that are asked for."""
        return {
            found["name"] + ("(" if found["function"] else "")
            for found in re.finditer(CALLS[language], self.story(language))
        }


def read(path: Path) -> Page:
    """A page as it stands."""
    return Page(path, path.read_text())


INDEX = read(ROOT / "docs" / "api.md")
TOPICS = [read(path) for path in sorted((ROOT / "docs" / "api").glob("*.md"))]
PAGES = [INDEX, *TOPICS]
SIGNING_IN = Page(INDEX.path, INDEX.text.partition("\n## Errors")[0])
"""The index's beginning, on which the examples of every other page build."""
