"""What the fixture `new_platform` is."""

from typing import Protocol

from devstack.databases import Database
from devstack.platform import DefaultPrivileges


class NewPlatform(Protocol):
    """Makes a database with the platform alone, as Supabase hands over an empty project."""

    def __call__(self, default_privileges: DefaultPrivileges = "legacy") -> Database: ...
