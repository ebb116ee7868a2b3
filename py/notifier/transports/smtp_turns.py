"""Whose turn it is on one of a few connections.

A turn may begin on the connection of the one before, which has sent its envelope along: that one
is the leader, this one its follower.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field

from notifier.transports.smtp_channel import Channel, Envelope


@dataclass(slots=True, eq=False)
class Turn:
    """The use of one connection for one purpose.

    ``envelope`` is what a leader may send along; None: nothing. ``channel`` is the connection in
    use: when the turn begins, the leader's, if it has one. ``patience`` lets the follower go.
    """

    envelope: Envelope | None
    channel: Channel | None = None
    follower: "Turn | None" = None
    patience: asyncio.TimerHandle | None = None
    begins: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    @property
    def waits(self) -> bool:
        """Whether it has neither begun nor been given up."""
        return not self.begins.done()


class Turns:
    """Gives out so many turns at a time, in the order in which they are asked for."""

    def __init__(self, places: int) -> None:
        """``places``: how many at a time."""
        self._free = places
        self._waiting: deque[Turn] = deque()

    @property
    def all_taken(self) -> bool:
        """Whether whoever asks now has to wait."""
        return self._free == 0

    async def take(self, envelope: Envelope | None = None) -> Turn:
        """Wait for a turn. It ends with :meth:`leave`."""
        turn = Turn(envelope)
        self._waiting.append(turn)
        self._fill()
        try:
            await turn.begins
        except asyncio.CancelledError:
            if not turn.begins.cancelled():  # it has begun just now
                self.leave(turn)
            raise
        return turn

    def lead(self, turn: Turn) -> Envelope | None:
        """What ``turn`` should send along: that of the next, which becomes its follower."""
        while self._waiting and not self._waiting[0].waits:
            self._waiting.popleft()
        envelope = self._waiting[0].envelope if self._waiting else None
        if envelope is None or turn.channel is None or not turn.channel.takes(envelope):
            return None
        turn.follower = self._waiting.popleft()
        return envelope

    def let_go(self, turn: Turn) -> None:
        """The follower of ``turn``, if any, is the next on any other connection."""
        if turn.follower is not None:
            self._waiting.appendleft(turn.follower)
            turn.follower = None
        self._fill()

    def leave(self, turn: Turn) -> None:
        """End the turn: its channel is the follower's now, or no longer needed."""
        if turn.patience is not None:
            turn.patience.cancel()
        follower, channel = turn.follower, turn.channel
        if channel is not None and channel.open:
            if follower is not None and follower.waits:
                follower.channel = channel
                follower.begins.set_result(None)
                turn.follower = None
                return
            channel.abort()
        self._free += 1
        self.let_go(turn)

    def _fill(self) -> None:
        while self._free and self._waiting:
            turn = self._waiting.popleft()
            if turn.waits:
                self._free -= 1
                turn.begins.set_result(None)
