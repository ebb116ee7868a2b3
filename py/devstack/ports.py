"""Choosing TCP ports on the loopback interface."""

import random
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from devstack.errors import StackError

LOOPBACK = "127.0.0.1"

_FREE = range(20_000, 30_000)
"""Where a free port is looked for: below those that Linux (from 32768) and macOS (from 49152) give
to outgoing connections, any of which could take the port before its server does."""

# Several programs choose at the same time: a seed set for all of them must not have them agree.
_draw = random.SystemRandom()


def is_free(port: int) -> bool:
    """Whether a server could listen on this port now."""
    with socket.socket() as probe:
        # A connection that has just ended must not make a port look taken; every server here reuses
        # addresses, too.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


@contextmanager
def reserved() -> Iterator[int]:
    """A port that nobody listens on, and that nobody else who asks here is given until the block
    ends; for a server to take meanwhile.

    The UDP port of the same number is held for it: TCP, which all servers here speak, does not know
    of it, and whoever dies lets go of it.

    Raises:
        StackError: All are taken.
    """
    for port in _draw.sample(_FREE, len(_FREE)):
        with socket.socket(type=socket.SOCK_DGRAM) as claim:
            try:
                claim.bind((LOOPBACK, port))
            except OSError:
                continue
            # In this order: whoever had it reserved a moment ago has its server there by now.
            if is_free(port):
                yield port
                return
    raise StackError(
        f"no port from {_FREE.start} to {_FREE.stop - 1} is free",
        "End some of the programs that listen there",
    )


def asked_for_or_reserved(port: int | None) -> AbstractContextManager[int]:
    """The port that somebody asked for, as it is, or for None a reserved one.

    Raises:
        StackError: All are taken.
    """
    return reserved() if port is None else nullcontext(port)


def named(port: int, what: str, option: str) -> int:
    """A port that somebody asked for by number.

    Args:
        port: The number.
        what: What is to listen there, for the message.
        option: How another one is chosen, for the message.

    Raises:
        StackError: The port is taken.
    """
    if not is_free(port):
        raise StackError(
            f"port {port} for {what} is taken",
            f"End the program that listens there, or choose another one with {option}",
        )
    return port


def preferred(port: int) -> int:
    """The default port where it is free, else any free one."""
    if is_free(port):
        return port
    with reserved() as other:
        return other


def answers(port: int) -> bool:
    """Whether something accepts connections on this port."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((LOOPBACK, port)) == 0
