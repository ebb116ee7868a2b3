"""With two transports, the second takes over while the first is down; nothing is sent by both."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from notifier.address import Mailbox
from notifier.compose import Composer
from notifier.config import ResendSettings, Security, SmtpSettings
from notifier.log import LOGGER_NAME
from notifier.message import Letter
from notifier.model import Failure, NotSent, Sent, TransportDownError, WayClosedError
from notifier.render import Renderer
from notifier.transports import failover
from notifier.transports.failover import FailoverTransport
from notifier.transports.resend import ResendTransport
from notifier.transports.smtp import SmtpTransport
from support.mails import make_email
from support.resend_server import API_KEY, Problem, ResendServer
from support.smtp_server import ACCEPTED, DROP, SmtpServer


def letter() -> Letter:
    composer = Composer(
        Renderer("https://app.example.com", "Acme"), Mailbox("Live Sessions", "s@example.org")
    )
    return composer.compose(make_email())


@pytest.fixture
async def both(
    smtp: SmtpServer, resend: ResendServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[FailoverTransport]:
    """SMTP first, Resend second; the first is tried again at once."""
    monkeypatch.setattr(failover, "LONGEST", 0.0)
    first = SmtpTransport(SmtpSettings(smtp.host, smtp.port, Security.NONE))
    transport = FailoverTransport(first, ResendTransport(ResendSettings(API_KEY, resend.url, 1e3)))
    yield transport
    await transport.close()


async def test_the_first_sends_while_it_works(
    both: FailoverTransport, smtp: SmtpServer, resend: ResendServer
) -> None:
    await both.ready()
    assert await both.send(letter()) == Sent("smtp")

    assert len(smtp.mails) == 1
    assert resend.requests == 0


async def test_the_second_takes_over_and_gives_back(
    both: FailoverTransport,
    smtp: SmtpServer,
    resend: ResendServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    smtp.at("MAIL", "554 5.7.1 no service")
    await both.ready()
    assert await both.send(letter()) == Sent("resend")

    smtp.behave()
    with caplog.at_level(logging.INFO, LOGGER_NAME):
        assert [await both.send(letter()) for _ in range(2)] == [Sent("smtp")] * 2

    assert (len(smtp.mails), len(resend.mails)) == (2, 1)
    assert caplog.messages.count("transport_up") == 1


async def test_the_first_is_left_alone_for_a_while(
    both: FailoverTransport, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failover, "LONGEST", 60.0)
    smtp.at("CONNECT", DROP)
    await both.ready()
    connections = smtp.connections

    for _ in range(3):
        assert await both.send(letter()) == Sent("resend")

    assert smtp.connections == connections


async def test_letters_that_meet_one_outage_together_count_once(
    both: FailoverTransport,
    smtp: SmtpServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(failover, "LONGEST", 60.0)
    await asyncio.gather(*(both.send(letter()) for _ in range(8)))
    smtp.at("MAIL", "421 4.3.2 restarting")
    smtp.close_idle()

    sent = await asyncio.gather(*(both.send(letter()) for _ in range(8)))

    assert sent == [Sent("resend")] * 8
    assert caplog.messages.count("failing_over") == 1


async def test_a_quota_that_is_used_up_is_left_alone_for_as_long_as_it_says(
    smtp: SmtpServer, resend: ResendServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failover, "LONGEST", 0.0)
    second = SmtpTransport(SmtpSettings(smtp.host, smtp.port, Security.NONE))
    both = FailoverTransport(ResendTransport(ResendSettings(API_KEY, resend.url, 1e3)), second)
    resend.script.append(Problem(429, "daily_quota_exceeded", retry_after=600))

    assert [await both.send(letter()) for _ in range(2)] == [Sent("smtp")] * 2

    assert resend.requests == 1
    await both.close()


async def test_both_are_down_until_the_first_of_them_may_be_tried_again(
    both: FailoverTransport, smtp: SmtpServer, resend: ResendServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failover, "LONGEST", 60.0)
    smtp.at("CONNECT", DROP)
    resend.script.append(Problem(429, "daily_quota_exceeded", retry_after=600))
    with pytest.raises(TransportDownError, match=r"smtp: .*; resend: 429") as both_down:
        await both.send(letter())

    assert both_down.value.retry_after is not None
    assert 0 < both_down.value.retry_after <= 60


async def test_a_letter_in_doubt_is_not_sent_by_the_other(
    both: FailoverTransport, smtp: SmtpServer, resend: ResendServer
) -> None:
    smtp.at(ACCEPTED, DROP)

    outcome = await both.send(letter())

    assert isinstance(outcome, NotSent)
    assert outcome.failure is Failure.UNKNOWN
    assert resend.requests == 0


async def test_what_is_sent_by_one_of_them_alone_is_not_sent_by_the_other(
    both: FailoverTransport, smtp: SmtpServer, resend: ResendServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failover, "LONGEST", 60.0)
    assert both.way == "smtp"
    smtp.at("MAIL", "421 4.3.2 restarting")
    for reason in ("421", "left alone"):
        with pytest.raises(WayClosedError, match=reason) as caught:
            await both.by("smtp").send(letter())
        assert caught.value.retry_after is not None
    assert resend.requests == 0

    assert both.way == "resend"
    assert await both.by("resend").send(letter()) == Sent("resend")
    resend.script.append(Problem(403, "invalid_api_key"))
    with pytest.raises(TransportDownError, match="smtp: still down; resend: 403") as both_down:
        await both.by("resend").send(letter())
    assert not isinstance(both_down.value, WayClosedError)


async def test_one_way_that_is_closed_is_no_outage_while_the_other_is_open(
    both: FailoverTransport, smtp: SmtpServer, resend: ResendServer
) -> None:
    resend.script.append(Problem(403, "invalid_api_key"))
    with pytest.raises(WayClosedError, match="resend: 403"):
        await both.by("resend").send(letter())

    assert await both.by("a transport of former times").send(letter()) == Sent("smtp")
    assert len(smtp.mails) == 1


async def test_a_refused_recipient_is_not_tried_elsewhere(
    both: FailoverTransport, smtp: SmtpServer, resend: ResendServer
) -> None:
    smtp.at("RCPT", "550 5.1.1 no such user")

    outcome = await both.send(letter())

    assert isinstance(outcome, NotSent)
    assert outcome.failure is Failure.PERMANENT
    assert resend.requests == 0


async def test_with_both_down_the_reason_names_both(
    both: FailoverTransport, smtp: SmtpServer, resend: ResendServer
) -> None:
    smtp.at("MAIL", "554 5.7.1 no service")
    resend.script.append(Problem(403, "invalid_api_key"))

    with pytest.raises(TransportDownError) as caught:
        await both.send(letter())

    assert "smtp: 554" in caught.value.reason
    assert "resend: 403" in caught.value.reason


async def test_a_parcel_goes_by_whoever_works_and_one_by_one_over_smtp(
    both: FailoverTransport, smtp: SmtpServer, resend: ResendServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters = [letter() for _ in range(3)]
    assert both.parcel == 1
    assert await both.send_parcel(uuid4(), letters) == [Sent("smtp")] * 3

    monkeypatch.setattr(failover, "LONGEST", 60.0)
    smtp.at("MAIL", "554 5.7.1 no service")
    outcomes = await both.send_parcel(uuid4(), letters)

    assert both.parcel > 1
    assert all(isinstance(each, NotSent) for each in outcomes)  # they have files
    assert (len(smtp.mails), resend.batches) == (3, 1)


async def test_a_parcel_that_stops_halfway_over_smtp_is_halfway_sent(
    both: FailoverTransport, smtp: SmtpServer, resend: ResendServer
) -> None:
    letters = [letter() for _ in range(3)]
    held = iter([True, True, False])

    first, *others = await both.send_parcel(uuid4(), letters, lambda: next(held))

    assert first == Sent("smtp")
    assert [isinstance(each, NotSent) and each.failure for each in others] == [
        False,
        Failure.TRANSIENT,
    ]
    assert (len(smtp.mails), resend.requests) == (2, 0)
