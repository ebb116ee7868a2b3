"""Variants of a database URL: another database, another role."""

from urllib.parse import quote, unquote, urlsplit, urlunsplit


def with_database(url: str, database: str) -> str:
    """The same server and role, another database."""
    return urlunsplit(urlsplit(url)._replace(path="/" + quote(database, safe="")))


def with_role(url: str, role: str, password: str | None) -> str:
    """The same server and database, another role.

    Args:
        url: A `postgresql://` URL.
        role: The role to log in as.
        password: Its password; None keeps the URL without one.
    """
    parts = urlsplit(url)
    login = quote(role, safe="")
    if password is not None:
        login += ":" + quote(password, safe="")
    address = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{login}@{address}"))


def role_of(url: str) -> str:
    """The role that a URL logs in as; empty when it names none."""
    return unquote(urlsplit(url).username or "")
