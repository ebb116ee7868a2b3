"""What stands in supabase/config.toml, as far as our own tools read it."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from devstack.errors import StackError
from devstack.paths import CONFIG, SUPABASE


@dataclass(frozen=True, slots=True)
class Config:
    """The settings shared with the Supabase CLI.

    Attributes:
        api_port: Default port of the gateway.
        db_port: Default port of Postgres.
        api_schemas: The schemas that PostgREST exposes.
        extra_search_path: The search path that PostgREST sets for each request.
        max_rows: The most rows that PostgREST returns at once.
        open_functions: The edge functions with `verify_jwt = false`, which anybody may call.
        schema_paths: The files of sql/, in the order in which they are executed.
    """

    api_port: int
    db_port: int
    api_schemas: tuple[str, ...]
    extra_search_path: tuple[str, ...]
    max_rows: int
    open_functions: frozenset[str]
    schema_paths: tuple[Path, ...]

    @classmethod
    def read(cls, path: Path = CONFIG) -> "Config":
        """Read the file.

        Raises:
            StackError: It is missing, or names a file that is.
        """
        if not path.is_file():
            raise StackError(f"{path} is missing", "Run the command inside a complete checkout")
        values = tomllib.loads(path.read_text())
        api, db = values["api"], values["db"]
        return cls(
            api_port=api["port"],
            db_port=db["port"],
            api_schemas=tuple(api["schemas"]),
            extra_search_path=tuple(api["extra_search_path"]),
            max_rows=api["max_rows"],
            open_functions=frozenset(
                name
                for name, settings in values.get("functions", {}).items()
                if not settings.get("verify_jwt", True)
            ),
            schema_paths=tuple(_schema_path(entry) for entry in db["migrations"]["schema_paths"]),
        )


def _schema_path(entry: str) -> Path:
    path = (SUPABASE / entry).resolve()
    if not path.is_file():
        raise StackError(
            f"schema_paths in supabase/config.toml names {entry}, which does not exist",
            "Create the file or remove the entry",
        )
    return path
