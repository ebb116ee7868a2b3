"""SMTP over a real socket: what each verb's refusal means, and what happens to connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from devstack import ports
from notifier.address import Mailbox
from notifier.compose import Composer
from notifier.config import Security, SmtpSettings
from notifier.message import Letter
from notifier.model import Failure, LeaseLostError, NotSent, Outcome, Sent, TransportDownError
from notifier.render import Renderer
from notifier.transports import smtp as smtp_module
from notifier.transports.smtp import SmtpTransport
from notifier.transports.smtp_channel import (
    Channel,
    ConnectionLostError,
    Envelope,
    Stage,
    Timeouts,
)
from notifier.transports.smtp_turns import Turns
from support.certificates import Authority, make_authority
from support.mails import make_email
from support.smtp_server import ACCEPTED, DROP, HANG, HOLD, SmtpServer

PATIENT = Timeouts()
IMPATIENT = replace(PATIENT, first=2.0, command=2.0)
"""For servers that never answer."""


def letter(address: str = "priya@example.org", **fields: Any) -> Letter:
    composer = Composer(
        Renderer("https://app.example.com", "Acme"), Mailbox("Live Sessions", "s@example.org")
    )
    return composer.compose(make_email(address=address, **fields))


@asynccontextmanager
async def transport_to(
    server: SmtpServer, timeouts: Timeouts = PATIENT, **settings: object
) -> AsyncIterator[SmtpTransport]:
    base = SmtpSettings(host=server.host, port=server.port, security=Security.NONE)
    transport = SmtpTransport(replace(base, **settings), timeouts=timeouts)  # type: ignore[arg-type]
    try:
        yield transport
    finally:
        await transport.close()


async def eventually(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - the server has no event for everything
            await asyncio.sleep(0.005)


# Accepting


@pytest.mark.parametrize("pipelining", [True, False])
async def test_a_letter_that_is_no_longer_ours_is_not_handed_over(pipelining: bool) -> None:
    async with SmtpServer(pipelining=pipelining) as server, transport_to(server) as transport:
        with pytest.raises(LeaseLostError):
            await transport.send(letter("lost@example.org"), lambda: False)
        assert await transport.send(letter("kept@example.org"), lambda: True) == Sent("smtp")

        assert server.recipients == ["kept@example.org"]
        assert server.faults == []


@pytest.mark.parametrize("pipelining", [True, False])
async def test_a_letter_arrives_as_it_was_written(pipelining: bool) -> None:
    async with SmtpServer(pipelining=pipelining) as server, transport_to(server) as transport:
        mail = letter()

        assert await transport.send(mail) == Sent("smtp")

        (received,) = server.mails
        assert received.data == mail.wire
        assert (received.sender, received.recipient) == ("s@example.org", "priya@example.org")
        assert server.faults == []


async def test_lines_that_begin_with_a_dot_arrive(smtp: SmtpServer) -> None:
    async with transport_to(smtp) as transport:
        mail = replace(letter(), wire=b".a: b\r\n\r\n.\r\n..\r\n...x\r\n.\r\n")

        assert isinstance(await transport.send(mail), Sent)

        assert smtp.mails[0].data == mail.wire


async def test_a_connection_is_used_again(smtp: SmtpServer) -> None:
    async with transport_to(smtp) as transport:
        for _ in range(5):
            assert isinstance(await transport.send(letter()), Sent)

        assert smtp.connections == 1
        assert len(smtp.mails) == 5


async def test_several_go_in_parallel_but_no_more_than_configured(smtp: SmtpServer) -> None:
    smtp.at("DOT", HOLD)
    async with transport_to(smtp, connections=3) as transport:
        sends = [asyncio.create_task(transport.send(letter())) for _ in range(6)]
        await eventually(lambda: list(smtp.verbs).count("DATA") == 3)

        assert smtp.open_connections == 3
        smtp.behave()
        assert await asyncio.gather(*sends) == [Sent("smtp")] * 6
        assert smtp.connections == 3


async def test_a_non_ascii_address_needs_a_server_that_can() -> None:
    mail = letter("jána@example.org")
    async with SmtpServer() as able, transport_to(able) as transport:
        assert isinstance(await transport.send(mail), Sent)
        assert able.recipients == ["jána@example.org"]
    async with SmtpServer(smtputf8=False) as unable, transport_to(unable) as transport:
        for _ in range(2):  # on a new connection, and on one that is used again
            outcome = await transport.send(mail)
            assert isinstance(outcome, NotSent)
            assert outcome.failure is Failure.PERMANENT
            assert "non-ASCII" in outcome.detail
        assert isinstance(await transport.send(letter()), Sent)


# Refusing


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize(
    ("verb", "answer", "failure"),
    [
        ("MAIL", "451 4.3.0 local trouble", Failure.TRANSIENT),
        ("MAIL", "452 4.3.1 disk full", Failure.TRANSIENT),
        ("MAIL", "552 5.3.4 too big", Failure.PERMANENT),
        ("RCPT", "450 4.2.1 mailbox busy", Failure.TRANSIENT),
        ("RCPT", "451 4.7.1 greylisted", Failure.TRANSIENT),
        ("RCPT", "552 5.5.3 too many recipients", Failure.TRANSIENT),
        ("RCPT", "550 5.1.1 no such user", Failure.PERMANENT),
        ("RCPT", "551 user not local", Failure.PERMANENT),
        ("RCPT", "553 5.1.3 bad mailbox", Failure.PERMANENT),
        ("DATA", "451 4.3.0 not now", Failure.TRANSIENT),
        ("DATA", "554 5.5.1 no", Failure.PERMANENT),
        ("DOT", "451 4.3.0 try again", Failure.TRANSIENT),
        ("DOT", "421 4.3.2 shutting down", Failure.TRANSIENT),
        ("DOT", "452 4.2.2 mailbox full", Failure.TRANSIENT),
        ("DOT", "550 5.7.1 spam", Failure.PERMANENT),
        ("DOT", "554 5.6.0 content refused", Failure.PERMANENT),
    ],
)
async def test_a_refusal_is_this_letters_and_the_others_go_on(
    verb: str, answer: str, failure: Failure, pipelining: bool
) -> None:
    async with SmtpServer(pipelining=pipelining) as server, transport_to(server) as transport:
        server.at(verb, answer, times=1)

        refused = await transport.send(letter("refused@example.org"))
        following = await transport.send(letter("next@example.org"))

        assert isinstance(refused, NotSent)
        assert refused.failure is failure
        assert answer[:3] in refused.detail
        assert isinstance(following, Sent)
        assert server.recipients == ["next@example.org"]
        assert server.faults == []


async def test_a_server_that_lets_data_through_for_nobody_gets_no_message(
    smtp: SmtpServer,
) -> None:
    class Lenient(SmtpServer):
        """RFC 2920 §3.1 foresees this one: RCPT refused, DATA answered with 354."""

        async def _data(self, session):  # type: ignore[no-untyped-def]
            if not session.recipients:
                session.recipients = ["nobody"]
            return await super()._data(session)

    async with Lenient() as server, transport_to(server) as transport:
        server.at("RCPT", "550 5.1.1 no such user", times=1)

        refused = await transport.send(letter("refused@example.org"))
        following = await transport.send(letter("next@example.org"))

        assert isinstance(refused, NotSent)
        assert refused.failure is Failure.PERMANENT
        assert isinstance(following, Sent)
        assert [mail.data for mail in server.mails if mail.recipient == "nobody"] == [b""]


async def test_a_servers_answer_is_kept_without_the_address(smtp: SmtpServer) -> None:
    smtp.at("RCPT", "550 5.1.1 <priya@example.org>: Recipient address rejected")
    async with transport_to(smtp) as transport:
        outcome = await transport.send(letter())

    assert isinstance(outcome, NotSent)
    assert "priya" not in outcome.detail
    assert "550 5.1.1 <(address)>: Recipient address rejected" in outcome.detail


@pytest.mark.parametrize(
    "answer",
    [
        "530 5.7.0 authentication required",
        "550 5.7.1 <s@example.org>: sender not allowed",
        "553 5.7.1 sender address rejected: not owned by user",
        "554 5.7.1 blocked",
        "421 4.3.2 too many connections",
    ],
)
async def test_a_refused_sender_is_the_transports_failure(smtp: SmtpServer, answer: str) -> None:
    smtp.at("MAIL", answer)
    async with transport_to(smtp) as transport:
        with pytest.raises(TransportDownError, match=answer[:3]) as caught:
            await transport.send(letter())
        assert "s@example.org" not in str(caught.value)

        smtp.behave()
        assert isinstance(await transport.send(letter()), Sent)


async def test_relaying_without_login_is_the_transports_failure_at_rcpt_too(
    smtp: SmtpServer,
) -> None:
    smtp.at("RCPT", "530 5.7.0 must authenticate")
    async with transport_to(smtp) as transport:
        with pytest.raises(TransportDownError):
            await transport.send(letter())


# Envelopes that go along with the message before

LEADER, FOLLOWER, OTHER = (f"{name}@example.org" for name in ("leader", "follower", "other"))


@asynccontextmanager
async def held_before_its_message(
    server: SmtpServer, transport: SmtpTransport, *followers: str
) -> AsyncIterator[list[asyncio.Task[Outcome]]]:
    """Sends one to the leader, whose message the server asks for at the end of the block, and those
    that wait for its connection.
    """
    server.at("DATA", HOLD, times=1)
    sending = [asyncio.create_task(transport.send(letter(LEADER)))]
    await eventually(lambda: server.is_holding)
    sending += [asyncio.create_task(transport.send(letter(address))) for address in followers]
    await asyncio.sleep(0)
    yield sending
    server.let_go()


@pytest.mark.parametrize("pipelining", [True, False])
async def test_an_envelope_goes_along_with_the_message_before(pipelining: bool) -> None:
    async with (
        SmtpServer(pipelining=pipelining) as server,
        transport_to(server, connections=1) as transport,
    ):
        async with held_before_its_message(server, transport, FOLLOWER, OTHER) as sending:
            pass

        assert await asyncio.gather(*sending) == [Sent("smtp")] * 3
        assert server.recipients == [LEADER, FOLLOWER, OTHER]
        assert server.came_along == ([FOLLOWER, OTHER] if pipelining else [])
        assert server.connections == 1
        assert server.faults == []


@pytest.mark.parametrize(
    ("verb", "refused"),
    [("DOT", LEADER), ("RCPT", FOLLOWER), ("DATA", FOLLOWER), ("DOT", FOLLOWER)],
)
async def test_what_is_refused_is_the_message_or_the_envelope_that_goes_along(
    smtp: SmtpServer, verb: str, refused: str
) -> None:
    async with transport_to(smtp, connections=1) as transport:
        async with held_before_its_message(smtp, transport, FOLLOWER, OTHER) as sending:
            smtp.at(verb, "452 4.3.1 not this one", about=refused)

        outcomes = dict(zip((LEADER, FOLLOWER, OTHER), await asyncio.gather(*sending), strict=True))

        refusal = outcomes.pop(refused)
        assert isinstance(refusal, NotSent)
        assert refusal.failure is Failure.TRANSIENT
        assert set(outcomes.values()) == {Sent("smtp")}
        assert smtp.recipients == list(outcomes)
        assert FOLLOWER in smtp.came_along
        assert (smtp.connections, smtp.faults) == (1, [])


@pytest.mark.parametrize(
    ("verb", "about"), [("DOT", LEADER), (ACCEPTED, LEADER), ("RCPT", FOLLOWER), ("DATA", FOLLOWER)]
)
async def test_an_envelope_that_went_along_in_vain_goes_on_another_connection(
    smtp: SmtpServer, verb: str, about: str
) -> None:
    async with transport_to(smtp, connections=1) as transport:
        async with held_before_its_message(smtp, transport, FOLLOWER, OTHER) as sending:
            smtp.at(verb, DROP, times=1, about=about)

        first, *others = await asyncio.gather(*sending)

        if about == LEADER:
            assert isinstance(first, NotSent)
            assert first.failure is Failure.UNKNOWN
        else:
            assert first == Sent("smtp")
        assert others == [Sent("smtp")] * 2
        assert smtp.recipients == [LEADER, FOLLOWER, OTHER][verb == "DOT" :]
        assert smtp.connections == 2


async def test_no_envelope_goes_along_where_the_message_cannot_be_written(
    smtp: SmtpServer,
) -> None:
    smtp.at("DATA", HOLD)
    loop = asyncio.get_running_loop()
    stream, _ = await loop.create_connection(asyncio.Protocol, smtp.host, smtp.port)
    channel = Channel(stream, pipelining=True, smtputf8=False)
    await channel._reply(20)  # the greeting
    envelope = Envelope(b"<s@example.org>", b"<priya@example.org>", utf8=False)

    def follow() -> Envelope:
        raise AssertionError("it would be lost with this connection")

    sending = asyncio.create_task(
        channel.transact(
            envelope, b"Subject: x\r\n", PATIENT, lambda: True, fresh=True, follow=follow
        )
    )
    await eventually(lambda: smtp.is_holding)
    channel.data_received(b"354 go on\r\n")
    channel.eof_received()

    with pytest.raises(ConnectionLostError) as caught:
        await sending
    assert caught.value.stage is Stage.DATA


async def test_an_envelope_does_not_wait_for_long_behind_a_message(
    smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp_module, "FOLLOWS_WITHIN", 0.05)
    async with transport_to(smtp, connections=2) as transport:
        smtp.at("RCPT", HOLD, about=OTHER)
        other = asyncio.create_task(transport.send(letter(OTHER)))
        await eventually(lambda: smtp.is_holding)
        handed_over = asyncio.Event()

        def hand_over() -> bool:
            handed_over.set()
            return True

        smtp.at("DOT", HANG, about=LEADER)
        slow = asyncio.create_task(transport.send(letter(LEADER), hand_over))
        follower = asyncio.create_task(transport.send(letter(FOLLOWER)))
        await handed_over.wait()
        await asyncio.sleep(0.1)  # the follower is let go, however long this takes
        smtp.let_go()

        assert [await other, await follower] == [Sent("smtp")] * 2
        assert not slow.done()
        # A server that is slow is not asked for more: no envelope goes along for a while.
        assert (
            await asyncio.gather(*(transport.send(letter()) for _ in range(3)))
            == [Sent("smtp")] * 3
        )
        assert smtp.came_along == []
        slow.cancel()
        await asyncio.wait([slow])
        assert sorted(set(smtp.recipients)) == [FOLLOWER, OTHER, "priya@example.org"]
        assert len(smtp.recipients) == 5


async def test_a_connection_that_was_told_of_an_envelope_is_closed_if_that_is_called_off(
    smtp: SmtpServer,
) -> None:
    async with transport_to(smtp, connections=1) as transport:

        def hand_over() -> bool:
            asyncio.get_running_loop().call_soon(follower.cancel)
            return True

        leader = asyncio.create_task(transport.send(letter(LEADER), hand_over))
        follower = asyncio.create_task(transport.send(letter(FOLLOWER)))

        assert await leader == Sent("smtp")
        assert follower.cancelled()
        assert await transport.send(letter(OTHER)) == Sent("smtp")
        assert smtp.came_along == [FOLLOWER]
        assert smtp.recipients == [LEADER, OTHER]
        assert smtp.connections == 2
        await eventually(lambda: smtp.open_connections == 1)


async def test_no_follower_takes_the_answer_to_a_message_that_is_called_off_for_its_own(
    smtp: SmtpServer,
) -> None:
    async with transport_to(smtp, connections=1) as transport:

        def hand_over() -> bool:
            asyncio.get_running_loop().call_soon(leader.cancel)
            return True

        leader = asyncio.create_task(transport.send(letter(LEADER), hand_over))
        follower = asyncio.create_task(transport.send(letter(FOLLOWER)))
        with pytest.raises(asyncio.CancelledError):
            await leader

        assert await follower == Sent("smtp")
        assert smtp.connections == 2


async def test_a_follower_that_is_no_longer_ours_is_not_handed_over(smtp: SmtpServer) -> None:
    async with transport_to(smtp, connections=1) as transport:
        async with held_before_its_message(smtp, transport) as sending:
            lost = asyncio.create_task(transport.send(letter(FOLLOWER), lambda: False))
            kept = asyncio.create_task(transport.send(letter(OTHER)))
            await asyncio.sleep(0)

        with pytest.raises(LeaseLostError):
            await lost
        assert [await sending[0], await kept] == [Sent("smtp")] * 2
        assert smtp.came_along == [FOLLOWER]
        assert smtp.recipients == [LEADER, OTHER]


async def test_an_envelope_that_the_server_could_not_read_does_not_go_along() -> None:
    async with (
        SmtpServer(smtputf8=False) as server,
        transport_to(server, connections=1) as transport,
    ):
        async with held_before_its_message(server, transport, "jána@example.org", OTHER) as sending:
            pass

        first, refused, last = await asyncio.gather(*sending)

        assert [first, last] == [Sent("smtp")] * 2
        assert isinstance(refused, NotSent)
        assert refused.failure is Failure.PERMANENT
        assert (server.came_along, server.connections, server.faults) == ([], 1, [])


async def test_a_turn_that_is_called_off_as_it_begins_is_passed_on() -> None:
    turns = Turns(1)
    first = await turns.take()
    second, third = (asyncio.create_task(turns.take()) for _ in range(2))
    await asyncio.sleep(0)

    turns.leave(first)
    second.cancel()

    async with asyncio.timeout(20):
        assert (await third).channel is None
    assert second.cancelled()


# Fewer connections than asked for


async def test_a_server_that_takes_fewer_connections_is_sent_all_over_those() -> None:
    async with SmtpServer(most=2) as server, transport_to(server, connections=6) as transport:
        await transport.ready()
        server.at("DOT", HOLD, times=2)
        sending = [
            asyncio.create_task(transport.send(letter(f"student-{number}@example.org")))
            for number in range(12)
        ]
        # All connections that may be are under way, and nobody gives up for want of another.
        await eventually(lambda: server.connections == 6)
        await transport.ready()
        server.behave()

        assert await asyncio.gather(*sending) == [Sent("smtp")] * 12
        assert len(set(server.recipients)) == len(server.recipients) == 12
        assert len({mail.connection for mail in server.mails}) == 2
        # The others are left alone for a minute.
        assert await transport.send(letter()) == Sent("smtp")
        assert server.connections == 6


async def test_a_connection_is_tried_again_when_the_minute_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(smtp_module, "CROWDED_FOR", 0.05)
    async with SmtpServer(most=1) as server, transport_to(server, connections=2) as transport:
        await transport.ready()
        server.at("DOT", HOLD, times=1)
        sending = [asyncio.create_task(transport.send(letter())) for _ in range(2)]
        await eventually(lambda: server.connections >= 4)
        server.behave()

        assert await asyncio.gather(*sending) == [Sent("smtp")] * 2


async def test_a_burst_that_finds_no_connection_open_goes_over_those_that_open() -> None:
    async with (
        SmtpServer(most=2, users={"acme": "secret"}) as server,
        transport_to(server, connections=6, username="acme", password="secret") as transport,
    ):
        sent = await asyncio.gather(*(transport.send(letter()) for _ in range(6)))
        assert sent == [Sent("smtp")] * 6


@pytest.mark.parametrize(
    ("verb", "answer"),
    [
        ("EHLO", "450 4.3.2 later"),
        ("AUTH", "454 4.7.0 too many login attempts"),
        ("AUTH", "421 4.7.0 too many connections"),
        ("MAIL", "421 4.3.2 too many connections"),
        ("CONNECT", DROP),
        ("EHLO", DROP),
        ("AUTH", DROP),
        ("MAIL", DROP),
    ],
)
async def test_a_further_connection_that_is_put_off_holds_up_nothing(
    verb: str, answer: str
) -> None:
    async with (
        SmtpServer(users={"acme": "secret"}) as server,
        transport_to(server, connections=2, username="acme", password="secret") as transport,
    ):
        server.at("DOT", HOLD, times=1)
        first = asyncio.create_task(transport.send(letter()))
        await eventually(lambda: server.is_holding)
        server.at(verb, answer)
        second = asyncio.create_task(transport.send(letter()))
        await eventually(lambda: server.connections == 2 and server.open_connections == 1)
        server.behave()

        assert [await first, await second] == [Sent("smtp")] * 2
        assert {mail.connection for mail in server.mails} == {1}


async def test_nothing_is_ready_when_the_last_connection_has_gone() -> None:
    quick = replace(PATIENT, connect=1.0)
    async with (
        SmtpServer(most=1) as server,
        transport_to(server, quick, connections=2) as transport,
    ):
        server.at("DOT", HOLD, times=1)
        first = asyncio.create_task(transport.send(letter()))
        await eventually(lambda: server.is_holding)
        second = asyncio.create_task(transport.send(letter()))
        await eventually(lambda: server.connections == 2 and server.open_connections == 1)
        server.at("CONNECT", HANG)
        server.close_idle()
        assert isinstance(await first, NotSent)

        # Not at once: the connection that the second waits for may still come.
        with pytest.raises(TransportDownError):
            await transport.ready()
        with pytest.raises(TransportDownError):
            await second


async def test_a_connection_with_something_unasked_on_it_is_closed() -> None:
    async with SmtpServer(most=1) as server, transport_to(server, connections=2) as transport:
        server.at("DOT", "250 ok\r\n421 4.4.2 enough", times=1)

        assert await transport.send(letter()) == Sent("smtp")
        await eventually(lambda: server.open_connections == 0)
        assert await transport.send(letter()) == Sent("smtp")


async def test_where_no_connection_is_open_a_server_that_takes_none_is_down() -> None:
    async with SmtpServer(most=0) as server, transport_to(server) as transport:
        for ask in (transport.ready, lambda: transport.send(letter())):
            with pytest.raises(TransportDownError, match="421"):
                await ask()


# Losing the connection


def test_a_server_is_given_the_minutes_that_the_standard_asks_for() -> None:
    """RFC 5321, section 4.5.3.2.6: giving up after the final dot earlier sends mails twice."""
    assert Timeouts().final >= 600


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("action", [DROP, HANG])
async def test_after_the_final_dot_the_outcome_is_unknown(action: str, pipelining: bool) -> None:
    async with (
        SmtpServer(pipelining=pipelining) as server,
        transport_to(server, replace(PATIENT, final=1.0)) as transport,
    ):
        server.at(ACCEPTED, action, times=1)

        outcome = await transport.send(letter())

        assert isinstance(outcome, NotSent)
        assert outcome.failure is Failure.UNKNOWN
        assert len(server.mails) == 1  # which is why it may not be sent again as if new
        assert isinstance(await transport.send(letter()), Sent)


@pytest.mark.parametrize("answer", ["354 go on", "150 wait", "650 done", "000 ?", "999 ?", "25 ok"])
async def test_an_answer_that_neither_takes_nor_refuses_the_message_leaves_it_in_doubt(
    smtp: SmtpServer, answer: str
) -> None:
    async with transport_to(smtp) as transport:
        smtp.at(ACCEPTED, answer, times=1)

        outcome = await transport.send(letter())

        assert isinstance(outcome, NotSent)
        assert outcome.failure is Failure.UNKNOWN
        assert len(smtp.mails) == 1


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("early", ["250 ok", "354 go on"])
async def test_an_answer_that_is_there_before_the_message_is_not_taken_for_its_own(
    early: str, pipelining: bool
) -> None:
    async with SmtpServer(pipelining=pipelining) as server, transport_to(server) as transport:
        server.at("DATA", f"354 go on\r\n{early}", times=1)
        server.at("DOT", "554 refused", times=1)

        outcome = await transport.send(letter())

        assert isinstance(outcome, NotSent)
        assert outcome.failure is Failure.TRANSIENT
        assert server.mails == []
        following = await transport.send(letter())  # over a connection of its own

    assert isinstance(following, NotSent)
    assert following.detail.startswith("554")


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("action", [DROP, HANG])
@pytest.mark.parametrize("verb", ["RCPT", "DATA"])
async def test_before_the_final_dot_nothing_was_handed_over(
    verb: str, action: str, pipelining: bool
) -> None:
    async with (
        SmtpServer(pipelining=pipelining) as server,
        transport_to(server, IMPATIENT) as transport,
    ):
        server.at(verb, action)

        outcome = await transport.send(letter())

        assert isinstance(outcome, NotSent)
        assert outcome.failure is Failure.TRANSIENT
        assert server.mails == []


@pytest.mark.parametrize("action", [DROP, HANG])
@pytest.mark.parametrize("verb", ["CONNECT", "EHLO", "MAIL"])
async def test_a_server_that_drops_everybody_is_down(
    smtp: SmtpServer, verb: str, action: str
) -> None:
    smtp.at(verb, action)
    base = SmtpSettings(host=smtp.host, port=smtp.port, security=Security.NONE)
    transport = SmtpTransport(base, timeouts=replace(IMPATIENT, connect=2.0))

    with pytest.raises(TransportDownError):
        await transport.send(letter())

    smtp.behave()
    assert isinstance(await transport.send(letter()), Sent)
    await transport.close()


@pytest.mark.parametrize("farewell", [None, "421 4.4.2 idle for too long"])
async def test_an_idle_connection_the_server_closed_is_replaced(
    smtp: SmtpServer, farewell: str | None
) -> None:
    async with transport_to(smtp) as transport:
        await transport.send(letter())
        smtp.close_idle(farewell)
        await eventually(lambda: smtp.open_connections == 0)

        assert isinstance(await transport.send(letter()), Sent)

        assert smtp.connections == 2
        assert len(smtp.mails) == 2


@pytest.mark.parametrize("action", [DROP, HANG, "421 4.4.2 you have sent enough"])
@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
async def test_a_used_connection_that_fails_before_the_message_is_replaced_once(
    smtp: SmtpServer, verb: str, action: str
) -> None:
    async with transport_to(smtp, IMPATIENT) as transport:
        await transport.send(letter())
        smtp.at(verb, action, times=1)

        assert isinstance(await transport.send(letter()), Sent)

        assert smtp.connections == 2
        assert len(smtp.mails) == 2


async def test_a_connection_that_cannot_be_reset_is_not_used_again(smtp: SmtpServer) -> None:
    smtp.at("RCPT", "550 5.1.1 no such user", times=1)
    smtp.at("RSET", "502 5.5.1 not implemented", times=1)
    async with transport_to(smtp) as transport:
        assert isinstance(await transport.send(letter()), NotSent)
        assert isinstance(await transport.send(letter()), Sent)

        assert smtp.connections == 2


async def test_a_message_that_is_put_off_goes_back_to_the_queue(smtp: SmtpServer) -> None:
    async with transport_to(smtp) as transport:
        await transport.send(letter())
        smtp.at("DOT", "421 4.3.2 shutting down", times=1)

        outcome = await transport.send(letter())

    assert isinstance(outcome, NotSent)
    assert outcome.failure is Failure.TRANSIENT
    assert len(smtp.mails) == 1


async def test_a_connection_that_idled_for_too_long_is_closed_and_replaced(
    smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp_module, "IDLE_LIMIT", 0.0)
    async with transport_to(smtp) as transport:
        for _ in range(2):
            assert isinstance(await transport.send(letter()), Sent)

        await eventually(lambda: smtp.open_connections == 1)
        assert smtp.connections == 2


@pytest.mark.parametrize("verb", ["EHLO", "AUTH"])
async def test_a_connection_that_is_called_off_while_it_opens_is_closed(verb: str) -> None:
    async with (
        SmtpServer(users={"acme": "secret"}) as server,
        transport_to(server, username="acme", password="secret") as transport,
    ):
        server.at(verb, HANG)
        opening = asyncio.create_task(transport.ready())
        await eventually(lambda: verb in server.verbs)
        opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)

        await eventually(lambda: server.open_connections == 0)


async def test_a_cancelled_send_leaves_no_half_message(smtp: SmtpServer) -> None:
    smtp.at("DATA", HOLD)
    async with transport_to(smtp) as transport:
        sending = asyncio.create_task(transport.send(letter()))
        await eventually(lambda: "DATA" in smtp.verbs)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await eventually(lambda: smtp.open_connections == 0)

        smtp.behave()
        assert smtp.mails == []
        assert isinstance(await transport.send(letter()), Sent)


@pytest.mark.parametrize(
    "garbage", ["hello", "25 ok", "2500 ok", "250+ok", "150 ok", "\0\0\0\0", "9" * 100_000]
)
async def test_a_server_that_does_not_speak_smtp_is_noticed(smtp: SmtpServer, garbage: str) -> None:
    async with transport_to(smtp) as transport:
        await transport.send(letter())
        smtp.at("MAIL", garbage)

        with pytest.raises(TransportDownError):
            await transport.send(letter())


async def test_an_answer_of_lines_without_end_is_not_waited_for() -> None:
    async with SmtpServer() as server, transport_to(server) as transport:
        server.at(ACCEPTED, "250-\r\n" * 200_000 + "250 ok", times=1)

        outcome = await transport.send(letter())

    assert isinstance(outcome, NotSent)
    assert "endless" in outcome.detail


async def test_answers_of_many_lines_and_in_pieces_are_read(smtp: SmtpServer) -> None:
    async with transport_to(smtp) as transport:
        smtp.at("DOT", "250-first\r\n250-second\r\n250 third", times=1)
        assert isinstance(await transport.send(letter()), Sent)
        smtp.at("RCPT", "550-no\r\n550-such\r\n550 user", times=1)
        outcome = await transport.send(letter())

    assert isinstance(outcome, NotSent)
    assert outcome.detail.startswith("550 no such user")


# Connecting


async def test_an_unreachable_server_is_down_and_named() -> None:
    with ports.reserved() as port:
        transport = SmtpTransport(SmtpSettings("localhost", port, Security.NONE))

        with pytest.raises(TransportDownError, match=f"cannot connect to localhost:{port}"):
            await transport.ready()


async def test_an_unknown_host_is_down_and_named() -> None:
    transport = SmtpTransport(SmtpSettings("no.such.invalid", 25, Security.NONE))

    with pytest.raises(TransportDownError, match=r"no\.such\.invalid"):
        await transport.ready()


async def test_a_login_that_is_accepted_comes_before_the_mail() -> None:
    async with (
        SmtpServer(users={"mailer": "right"}) as server,
        transport_to(server, username="mailer", password="right") as transport,
    ):
        assert isinstance(await transport.send(letter()), Sent)
        assert server.mails[0].login == "mailer"


async def test_a_wrong_password_is_the_transports_failure_and_says_what_to_check() -> None:
    async with (
        SmtpServer(users={"mailer": "right"}) as server,
        transport_to(server, username="mailer", password="wr0ng") as transport,
    ):
        for attempt in (transport.ready, lambda: transport.send(letter())):
            with pytest.raises(TransportDownError) as caught:
                await attempt()
            assert "SMTP_USERNAME and SMTP_PASSWORD" in str(caught.value)
            assert "wr0ng" not in str(caught.value)
        assert server.mails == []


async def test_a_server_without_login_is_not_given_the_password(smtp: SmtpServer) -> None:
    async with transport_to(smtp, username="mailer", password="secret") as transport:
        with pytest.raises(TransportDownError, match="AUTH"):
            await transport.ready()


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
async def test_tls_is_used_and_the_certificate_verified(
    security: Security, authority: Authority
) -> None:
    implicit = security is Security.TLS
    async with SmtpServer(
        tls=authority.server, implicit_tls=implicit, users={"mailer": "right"}
    ) as server:
        settings = SmtpSettings("localhost", server.port, security, "mailer", "right")
        trusting = SmtpTransport(settings, tls_context=authority.client())
        suspicious = SmtpTransport(settings)

        for _ in range(3):
            assert isinstance(await trusting.send(letter()), Sent)
        assert server.connections == 1
        with pytest.raises(TransportDownError, match=r"(?i)certificate"):
            await suspicious.send(letter())
        assert len(server.mails) == 3
        assert "tls" in repr(security).lower()
        await trusting.close()
        await suspicious.close()


async def test_a_certificate_for_another_name_is_refused(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    other = make_authority(tmp_path_factory.mktemp("other"), "other.example.org")
    async with SmtpServer(tls=other.server) as server:
        settings = SmtpSettings("localhost", server.port, Security.STARTTLS)
        transport = SmtpTransport(settings, tls_context=other.client())

        with pytest.raises(TransportDownError, match=r"(?i)certificate|hostname"):
            await transport.ready()


async def test_a_server_without_starttls_gets_neither_login_nor_mail(smtp: SmtpServer) -> None:
    async with transport_to(
        smtp, security=Security.STARTTLS, username="mailer", password="secret"
    ) as transport:
        with pytest.raises(TransportDownError, match="STARTTLS"):
            await transport.send(letter())

    assert "AUTH" not in smtp.verbs
    assert smtp.mails == []


async def test_what_was_said_before_tls_is_not_taken_for_an_answer_within(
    authority: Authority,
) -> None:
    async with SmtpServer(tls=authority.server, users={"mailer": "right"}) as server:
        injected = ("220 go ahead", "250-localhost", "250 AUTH PLAIN", "235 2.7.0 welcome")
        server.at("STARTTLS", "\r\n".join(injected))
        settings = SmtpSettings("localhost", server.port, Security.STARTTLS, "mailer", "wrong")
        transport = SmtpTransport(settings, tls_context=authority.client())

        with pytest.raises(TransportDownError, match=r"refused the login \(535\)"):
            await transport.ready()


# Being ready and saying goodbye


async def test_being_ready_opens_the_connection_that_the_next_letter_uses(
    smtp: SmtpServer,
) -> None:
    async with transport_to(smtp) as transport:
        await transport.ready()
        await transport.ready()
        await transport.send(letter())

        assert smtp.connections == 1


async def test_being_ready_does_not_wait_for_letters_under_way(smtp: SmtpServer) -> None:
    smtp.at("DOT", HOLD)
    async with transport_to(smtp, connections=1) as transport:
        sending = asyncio.create_task(transport.send(letter()))
        await eventually(lambda: "DATA" in smtp.verbs)

        async with asyncio.timeout(20):
            await transport.ready()

        smtp.behave()
        await sending


async def test_closing_says_quit(smtp: SmtpServer) -> None:
    async with transport_to(smtp) as transport:
        await transport.ready()

    assert smtp.verbs[-1] == "QUIT"


async def test_closing_does_not_wait_for_a_dead_server(smtp: SmtpServer) -> None:
    async with transport_to(smtp) as transport:
        await transport.ready()
        smtp.close_idle()

        closing: Awaitable[None] = transport.close()
        async with asyncio.timeout(20):
            await closing


async def test_verifying_tells_what_was_found(authority: Authority) -> None:
    async with SmtpServer(tls=authority.server, users={"mailer": "right"}) as server:
        settings = SmtpSettings("localhost", server.port, Security.STARTTLS, "mailer", "right")
        transport = SmtpTransport(settings, tls_context=authority.client())

        found = await transport.verify()

        assert found == f"localhost:{server.port} is ready, encrypted, logged in"
        assert server.mails == []
        await transport.close()


@pytest.mark.parametrize(
    ("verb", "answer", "unknown"),
    [
        ("RCPT", "550 5.1.1 no such user", True),
        ("RCPT", "553 5.1.3 bad address", True),
        ("RCPT", "556 5.1.10 null MX", True),
        ("RCPT", "550 5.7.1 blocked", False),
        ("RCPT", "550 no such user", False),
        ("RCPT", "552 5.2.2 mailbox full", False),
        ("RCPT", "450 4.1.1 not now", False),
        ("DOT", "550 5.1.1 too late", False),
    ],
)
async def test_a_mailbox_that_does_not_exist_is_told_from_other_refusals(
    verb: str, answer: str, unknown: bool
) -> None:
    async with SmtpServer() as server, transport_to(server) as transport:
        server.at(verb, answer)

        outcome = await transport.send(letter())

        assert isinstance(outcome, NotSent)
        assert outcome.mailbox_unknown is unknown
