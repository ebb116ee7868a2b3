"""Checks sql/ and supabase/migrations for the rules that no general linter knows.

What can be asked of a database is asked there, by the catalog tests and by Supabase's advisors.
Here stand the rules about files: their names and order, what belongs in which, and what is easier
to say before it has been run anywhere.
"""

import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Final

from devstack.paths import ROOT
from devstack.sql_text import Statement, blank_out_strings_and_comments, statements

LINE_LENGTH: Final = 120

GRANTED_TO_ANON: Final = frozenset({"function public.calendar_feed"})
"""Objects that `anon` or `public` may be granted something on, as `function public.name`. Whatever
stands here can be used by everybody who knows the API's address."""

RELEASE_TAGS: Final = "v*"
"""A migration that stands in a commit with such a tag has been applied by somebody: it is final."""

_BELONGS: Final[Mapping[str, tuple[str, ...]]] = {
    "schemas": ("create schema", "create extension", "do", "comment on", "revoke", "grant"),
    "types": ("create type", "create domain", "comment on"),
    "tables": (
        "create table",
        "create sequence",
        "create index",
        "create unique index",
        "comment on",
        "alter table enable row level security",
        "insert into",
    ),
    "functions": ("create function", "create aggregate", "comment on", "revoke", "grant"),
    "triggers": (
        "create function",
        "create trigger",
        "create constraint trigger",
        "comment on",
        "revoke",
        "insert into",
    ),
    "views": ("create view", "comment on", "revoke", "grant"),
    "policies": ("alter table enable row level security", "revoke", "grant", "create policy"),
}
"""The statements that belong in each folder of sql/."""

_CREATED: Final = re.compile(
    r"create (?:type|domain|sequence|table|function|aggregate|view) (?:if not exists )?"
    # A type that is named after a media type has a slash in its name.
    r'(?P<name>[\w.]+(?:"[\w/]+")?)'
)
_TRIGGER: Final = re.compile(
    r"create (?:constraint )?trigger (?P<name>\w+) .* execute function (?P<function>[\w.]+)\("
)
_POLICY: Final = re.compile(
    r"create policy (?P<policy>\w+) on (?P<name>[\w.]+)(?: as \w+)?"
    r" for (?P<verb>select|insert|update|delete) to \w+"
)
SEARCH_PATH = "set search_path = pg_catalog, pg_temp"
"""Temporary objects last: unnamed, they are searched first for types."""

_FUNCTION: Final = re.compile(r"create (?:or replace )?(?:function|procedure) (?P<name>[\w.]+)")
_AGGREGATE: Final = re.compile(r"create (?:or replace )?aggregate (?P<name>[\w.]+)")
_VIEW: Final = re.compile(r"create (?:or replace )?(?:recursive )?view (?P<name>[\w.]+)")
_GRANT: Final = re.compile(r"grant (?P<what>.*) on (?P<object>.*) to (?P<to>.*)")
_MIGRATION_NAME: Final = re.compile(r"(?P<timestamp>\d{14})_[a-z][a-z0-9_]*\.sql")
_UPPER_CASE: Final = re.compile(
    r"\b(?:SELECT|INSERT|UPDATE|DELETE|FROM|WHERE|VALUES|RETURN|RETURNING|BEGIN|END|DECLARE|IF"
    r"|THEN|ELSE|ELSIF|LOOP|PERFORM|RAISE|EXCEPTION|INTO|AND|OR|NOT|NULL|TRUE|FALSE|JOIN|ON|AS)\b"
)
_CHANGES_ROWS: Final = re.compile(
    r"\b(?P<verb>update(?=\s+(?:only\s+)?[\w.]+\s+(?:as\s+)?(?:\w+\s+)?set\b)|delete\s+from)\b"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that a file breaks.

    Attributes:
        path: The file, relative to the root of the checkout.
        line: The line, from 1; 0 for the file as a whole.
        problem: What is wrong and what to do about it.
    """

    path: Path
    line: int
    problem: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else str(self.path)
        return f"{place}: {self.problem}"


@dataclass(frozen=True, slots=True)
class SqlFile:
    """An SQL file of the project.

    Attributes:
        path: Where it stands, relative to the root of the checkout.
        text: What it holds.
        statements: The same, statement by statement.
    """

    path: Path
    text: str
    statements: tuple[Statement, ...]

    @classmethod
    def read(cls, path: Path, root: Path) -> "SqlFile":
        """Read a file that stands somewhere below `root`."""
        text = path.read_text()
        return cls(path.relative_to(root), text, tuple(statements(text)))

    def at(self, statement: Statement, problem: str) -> Finding:
        """A finding on one of the statements."""
        return Finding(self.path, statement.first_line_of_code, problem)


def check(root: Path = ROOT) -> list[Finding]:
    """Everything that is wrong, in the order of the files.

    Args:
        root: The root of the checkout.
    """
    migrations = [SqlFile.read(path, root) for path in sorted(root.glob("supabase/migrations/*"))]
    tree = [SqlFile.read(path, root) for path in sorted(root.glob("sql/**/*.sql"))]
    findings = [
        finding for rule in _FILE_RULES for file in migrations + tree for finding in rule(file)
    ]
    findings += [finding for rule in _TREE_RULES for file in tree for finding in rule(file)]
    findings += _migration_order(migrations)
    findings += _released_migrations(root)
    findings += _schema_paths(root, tree)
    return sorted(findings, key=lambda finding: (finding.path, finding.line, finding.problem))


def main() -> int:
    """Print what is wrong; the status is 1 if anything is."""
    findings = check()
    for finding in findings:
        print(finding)
    if findings:
        print(f"{len(findings)} finding{'s' if len(findings) > 1 else ''} in SQL files")
    return 1 if findings else 0


# -- Every SQL file ------------------------------------------------------------------------------


def _functions_fix_their_search_path(file: SqlFile) -> Iterator[Finding]:
    for statement in file.statements:
        function = _FUNCTION.match(statement.code)
        if function and SEARCH_PATH not in statement.code:
            yield file.at(statement, f"{function['name']} lacks {SEARCH_PATH}")


def _views_run_as_their_caller(file: SqlFile) -> Iterator[Finding]:
    for statement in file.statements:
        view = _VIEW.match(statement.code)
        if view and not re.search(r"with \([^)]*security_invoker = true", statement.code):
            yield file.at(
                statement,
                f"{view['name']} lacks with (security_invoker = true); a replacement loses it",
            )


def _grants_are_by_name(file: SqlFile) -> Iterator[Finding]:
    for statement in file.statements:
        grant = _GRANT.search(statement.code)
        if not grant or "revoke " in statement.code[: grant.start()]:
            continue
        if re.match(r"all (?:tables|functions|routines|procedures|sequences)\b", grant["object"]):
            yield file.at(statement, "grant on each object by its name, not on all of them")
        roles = set(re.split(r"[\s,]+", grant["to"])) & {"anon", "public"}
        if roles and _object_name(grant["object"]) not in GRANTED_TO_ANON:
            yield file.at(
                statement,
                f"{' and '.join(sorted(roles))} may use only what GRANTED_TO_ANON in"
                " py/devstack/migration_lint.py names",
            )


def _object_name(granted: str) -> str:
    name = granted.partition("(")[0].strip()
    return name if " " in name else f"table {name}"


def _indentation_comes_in_fours(file: SqlFile) -> Iterator[Finding]:
    for number, line in enumerate(file.text.splitlines(), 1):
        indentation = line[: len(line) - len(line.lstrip())]
        if line.strip() and ("\t" in indentation or len(indentation) % 4):
            yield Finding(file.path, number, "indent in steps of four blanks")


def _bodies_follow_the_layout(file: SqlFile) -> Iterator[Finding]:
    for statement in file.statements:
        for first_line, body in statement.bodies():
            code = blank_out_strings_and_comments(body).splitlines()
            for number, (written, line) in enumerate(
                zip(body.splitlines(), code, strict=True), first_line
            ):
                if len(written) > LINE_LENGTH:
                    yield Finding(
                        file.path, number, f"{len(written)} characters; {LINE_LENGTH} are allowed"
                    )
                if word := _UPPER_CASE.search(line):
                    yield Finding(file.path, number, f"write {word.group()} in lower case")


def _row_changes_have_a_condition(file: SqlFile) -> Iterator[Finding]:
    # Supabase preloads safeupdate for every request of the API, within functions too; a plain
    # Postgres has none, so no test would show it.
    for statement in file.statements:
        for first_line, body in statement.bodies():
            code = blank_out_strings_and_comments(body).lower()
            for change in _CHANGES_ROWS.finditer(code):
                if not re.search(r"\bwhere\b", _rest_of_statement(code, change.end())):
                    verb = change["verb"].partition(" ")[0]
                    line = first_line + code[: change.start()].count("\n")
                    yield Finding(
                        file.path,
                        line,
                        f"this {verb} has no where, which Supabase's API refuses; add where true if"
                        " every row is meant",
                    )


def _rest_of_statement(code: str, position: int) -> str:
    """From a place inside a statement to its end: a semicolon, or the end of its parentheses."""
    depth = 0
    for index in range(position, len(code)):
        match code[index]:
            case ";":
                return code[position:index]
            case "(":
                depth += 1
            case ")" if depth == 0:
                return code[position:index]
            case ")":
                depth -= 1
    return code[position:]


# -- sql/ ------------------------------------------------------------------------------------------


def _only_what_belongs(file: SqlFile) -> Iterator[Finding]:
    kind = file.path.parts[1]
    belongs = _BELONGS.get(kind)
    if belongs is None or len(file.path.parts) != 3:
        yield Finding(
            file.path, 0, f"sql/ holds the folders {', '.join(_BELONGS)}, and files in them"
        )
        return
    for statement in file.statements:
        code = re.sub(r"^alter table [\w.]+ ", "alter table ", statement.code)
        if not code.startswith(belongs):
            yield file.at(statement, f"this does not belong in sql/{kind}: {code[:40]}")


def _one_object_named_after_its_file(file: SqlFile) -> Iterator[Finding]:
    kind, stem = file.path.parts[1], file.path.stem
    pattern = {"triggers": _TRIGGER, "policies": _POLICY}.get(kind, _CREATED)
    created = [
        (match, statement)
        for statement in file.statements
        if (match := pattern.match(statement.code))
    ]
    if kind != "schemas" and not created:
        yield Finding(file.path, 0, f"creates nothing of the kind that sql/{kind} is for")
    for match, statement in created:
        if kind == "triggers":
            # Several tables or moments may share a function; then the file is named after that.
            names = {match["name"], match["function"].rpartition(".")[2]}
            fits = stem.rpartition(".")[2] in names
        else:
            name = match["name"].removeprefix("public.")
            fits = name.replace('"', "").replace("/", "_") == stem
        if not fits:
            yield file.at(
                statement, f"{match['name']} belongs in a file of its own, named after it"
            )


def _policies_are_named_after_what_they_allow(file: SqlFile) -> Iterator[Finding]:
    for statement in file.statements:
        if not statement.code.startswith("create policy"):
            continue
        policy = _POLICY.match(statement.code)
        if policy is None:
            yield file.at(statement, "say for which verb and to which role this policy is")
            continue
        prefix = f"{policy['name'].rpartition('.')[2]}_{policy['verb']}_"
        if not policy["policy"].startswith(prefix):
            yield file.at(statement, f"the name of this policy begins with {prefix}")


def _functions_are_closed_and_explained(file: SqlFile) -> Iterator[Finding]:
    comments = " ".join(re.findall(r"--(.*)", file.text))
    says_why = re.search(r"security\s+definer", comments, re.IGNORECASE)
    for statement in file.statements:
        function = _FUNCTION.match(statement.code) or _AGGREGATE.match(statement.code)
        if not function:
            continue
        name = function["name"]
        others = [other.code for other in file.statements]
        comment = re.compile(rf"comment on (?:function|aggregate) {re.escape(name)} ?\(")
        if not any(comment.match(code) for code in others):
            yield file.at(statement, f"{name} has no comment on function")
        revoke = re.compile(
            rf"revoke (?:all|execute) on function {re.escape(name)}\(.* from public\b"
        )
        if not any(revoke.match(code) for code in others):
            yield file.at(statement, f"everybody may execute {name}: revoke execute from public")
        if re.search(r"\bsecurity definer\b", statement.code) and not says_why:
            yield file.at(
                statement,
                f"{name} runs as its owner: say why, in a comment with 'security definer'",
            )


# -- The tree as a whole ---------------------------------------------------------------------------


def _migration_order(migrations: list[SqlFile]) -> Iterator[Finding]:
    timestamps: list[tuple[str, SqlFile]] = []
    for file in migrations:
        name = _MIGRATION_NAME.fullmatch(file.path.name)
        if name is None or not _is_time(name["timestamp"]):
            yield Finding(file.path, 0, "name it <YYYYMMDDhhmmss>_<topic>.sql, in lower case")
        else:
            timestamps.append((name["timestamp"], file))
    for (earlier, _), (later, file) in pairwise(timestamps):
        if earlier == later:
            yield Finding(file.path, 0, "another migration has the same timestamp")


def _is_time(timestamp: str) -> bool:
    try:
        datetime.strptime(timestamp, "%Y%m%d%H%M%S")  # noqa: DTZ007 - only whether there is such a time
    except ValueError:
        return False
    return True


def _released_migrations(root: Path) -> Iterator[Finding]:
    """Released migrations are final. A checkout without git or without tags has none."""
    tags = _git(root, "tag", "--list", RELEASE_TAGS, "--merged", "HEAD").split()
    released: dict[Path, str] = {}
    for tag in tags:
        for entry in _git(root, "ls-tree", tag, "supabase/migrations/").splitlines():
            description, _, name = entry.partition("\t")
            released[Path(name)] = description.split()[2]
    for path, blob in released.items():
        if not (root / path).is_file():
            yield Finding(path, 0, "was released: a released migration is not removed")
        elif _git(root, "hash-object", str(path)).strip() != blob:
            yield Finding(path, 0, "was released: write another migration instead of changing it")
    newest = max((path.name for path in released), default="")
    for path in sorted(root.glob("supabase/migrations/*.sql")):
        relative = path.relative_to(root)
        if relative not in released and path.name < newest:
            yield Finding(
                relative, 0, f"comes before {newest}, which was released: take a later time"
            )


def _git(root: Path, *arguments: str) -> str:
    """What git prints; nothing where there is no repository, or no git."""
    try:
        ran = subprocess.run(
            ["git", *arguments], cwd=root, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return ""
    return ran.stdout


def _schema_paths(root: Path, tree: list[SqlFile]) -> Iterator[Finding]:
    config = Path("supabase/config.toml")
    settings = tomllib.loads((root / config).read_text())
    listed = [
        Path(path.removeprefix("../")) for path in settings["db"]["migrations"]["schema_paths"]
    ]
    there = {file.path for file in tree}
    for path in listed:
        if path not in there:
            yield Finding(config, 0, f"schema_paths names {path}, which is not there")
    for path in {path for path in listed if listed.count(path) > 1}:
        yield Finding(config, 0, f"schema_paths names {path} more than once")
    for path in there - set(listed):
        yield Finding(path, 0, "is missing from schema_paths in supabase/config.toml")


_FILE_RULES: Final[tuple[Callable[[SqlFile], Iterator[Finding]], ...]] = (
    _functions_fix_their_search_path,
    _views_run_as_their_caller,
    _grants_are_by_name,
    _indentation_comes_in_fours,
    _bodies_follow_the_layout,
    _row_changes_have_a_condition,
)
_TREE_RULES: Final[tuple[Callable[[SqlFile], Iterator[Finding]], ...]] = (
    _only_what_belongs,
    _one_object_named_after_its_file,
    _policies_are_named_after_what_they_allow,
    _functions_are_closed_and_explained,
)


if __name__ == "__main__":
    sys.exit(main())
