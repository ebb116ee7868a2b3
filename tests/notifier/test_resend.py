"""The Resend API over a real socket, as documented: what is sent, what each answer means."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest

from devstack import ports
from notifier.address import Mailbox
from notifier.compose import Composer
from notifier.config import ResendSettings
from notifier.message import Letter
from notifier.model import Failure, LeaseLostError, NotSent, Sent, TransportDownError
from notifier.render import Renderer
from notifier.transports.resend import ResendTransport
from support.mails import make_bundle, make_email, make_part
from support.resend_server import API_KEY, NO_ANSWER, SILENCE, Page, Problem, ResendServer


def letter(**fields: object) -> Letter:
    composer = Composer(
        Renderer("https://app.example.com", "Acme"), Mailbox("Live Sessions", "s@example.org")
    )
    return composer.compose(make_email(**fields))  # type: ignore[arg-type]


@asynccontextmanager
async def transport_to(
    server: ResendServer, key: str = API_KEY, rate: float = 1000.0, patience: float = 60.0
) -> AsyncIterator[ResendTransport]:
    transport = ResendTransport(ResendSettings(key, server.url, rate), timeout=patience)
    try:
        yield transport
    finally:
        await transport.close()


async def test_a_letter_is_posted_with_everything_in_it(resend: ResendServer) -> None:
    mail = letter(full_name="Åsa, B.", address="asa@example.org")
    async with transport_to(resend) as transport:
        assert await transport.send(mail) == Sent("resend")

    (accepted,) = resend.mails
    request = accepted.request
    assert accepted.key == str(mail.email_id)
    assert request["from"] == '"Live Sessions" <s@example.org>'
    assert request["to"] == ['"Åsa, B." <asa@example.org>']
    assert request["subject"] == mail.edition.subject
    assert request["text"] == mail.text
    assert request["html"] == mail.html
    assert request["tags"] == [{"name": "email_id", "value": str(mail.email_id)}]
    assert request["headers"]["Auto-Submitted"] == "auto-generated"
    (attachment,) = request["attachments"]
    assert attachment["filename"] == "invite.ics"
    assert attachment["content_type"] == "text/calendar; charset=utf-8; method=REQUEST"
    assert base64.b64decode(attachment["content"]).decode() == mail.calendars[0].text


async def test_a_letter_that_is_no_longer_ours_is_not_posted(resend: ResendServer) -> None:
    async with transport_to(resend) as transport:
        with pytest.raises(LeaseLostError):
            await transport.send(letter(), lambda: False)
        assert resend.requests == 0
        assert await transport.send(letter(), lambda: True) == Sent("resend")


async def test_a_letter_about_a_series_has_a_file_for_each_calendar(resend: ResendServer) -> None:
    mail = letter(kind="series_updated")
    async with transport_to(resend) as transport:
        assert await transport.send(mail) == Sent("resend")

    request = resend.mails[0].request
    assert [(each["filename"], each["content_type"]) for each in request["attachments"]] == [
        ("invite-1.ics", "text/calendar; charset=utf-8; method=REQUEST"),
        ("invite-2.ics", "text/calendar; charset=utf-8; method=CANCEL"),
    ]
    for attachment, calendar in zip(request["attachments"], mail.calendars, strict=True):
        assert base64.b64decode(attachment["content"]).decode() == calendar.text
    assert request["headers"]["References"] == mail.thread
    assert request["html"].count("<li") == 6


async def test_a_letter_that_belongs_to_no_conversation_names_none(resend: ResendServer) -> None:
    parts = [make_part("mentor_assigned", f"2027-03-0{day}T17:00") for day in (1, 2)]
    composer = Composer(
        Renderer("https://app.example.com", "Acme"), Mailbox("Live Sessions", "s@example.org")
    )
    async with transport_to(resend) as transport:
        await transport.send(composer.compose(make_bundle("mentor_assigned", parts)))

    assert resend.mails[0].request["headers"] == {"Auto-Submitted": "auto-generated"}


async def test_a_letter_without_calendar_has_no_attachment(resend: ResendServer) -> None:
    async with transport_to(resend) as transport:
        await transport.send(letter(kind="recording_available"))

    assert "attachments" not in resend.mails[0].request


async def test_the_same_letter_twice_is_sent_once(resend: ResendServer) -> None:
    mail = letter()
    async with transport_to(resend) as transport:
        assert [await transport.send(mail) for _ in range(2)] == [Sent("resend")] * 2

    assert resend.requests == 2
    assert len(resend.mails) == 1


async def test_a_row_accepted_before_with_other_content_counts_as_sent(
    resend: ResendServer,
) -> None:
    email = make_email(full_name="Before")
    composer = Composer(
        Renderer("https://app.example.com", "Acme"), Mailbox("Live Sessions", "s@example.org")
    )
    changed = composer.compose(make_email(full_name="After", email_id=email.email_id))
    async with transport_to(resend) as transport:
        await transport.send(composer.compose(email))

        assert await transport.send(changed) == Sent("resend")

    assert len(resend.mails) == 1


@pytest.mark.parametrize("step", [NO_ANSWER, SILENCE])
async def test_without_an_answer_the_outcome_is_unknown_and_a_repetition_harmless(
    resend: ResendServer, step: str
) -> None:
    mail = letter()
    resend.script.append(step)
    async with transport_to(resend, patience=2.0) as impatient:
        first = await impatient.send(mail)
    async with transport_to(resend) as transport:
        second = await transport.send(mail)

    assert isinstance(first, NotSent)
    assert first.failure is Failure.UNKNOWN
    assert second == Sent("resend")
    assert len(resend.mails) == 1


async def test_a_request_still_in_progress_is_tried_again(resend: ResendServer) -> None:
    mail = letter()
    resend.script.extend([Problem(409, "concurrent_idempotent_requests", retry_after=0.05)] * 2)
    async with transport_to(resend) as transport:
        assert await transport.send(mail) == Sent("resend")

    assert resend.requests == 3


async def test_a_request_in_progress_for_ever_is_unknown(resend: ResendServer) -> None:
    mail = letter()
    resend.key_in_progress(str(mail.email_id))
    resend.script.extend([Problem(409, "concurrent_idempotent_requests", retry_after=0.0)] * 9)
    async with transport_to(resend) as transport:
        outcome = await transport.send(mail)

    assert isinstance(outcome, NotSent)
    assert outcome.failure is Failure.UNKNOWN


async def test_too_many_requests_slow_everybody_down(resend: ResendServer) -> None:
    resend.script.append(Problem(429, "rate_limit_exceeded", retry_after=0.3))
    async with transport_to(resend) as transport:
        clock = asyncio.get_running_loop().time
        began = clock()
        outcomes = await asyncio.gather(*(transport.send(letter()) for _ in range(3)))
        took = clock() - began

    assert outcomes == [Sent("resend")] * 3
    assert took >= 0.3


async def test_the_pace_stays_under_the_accounts_limit() -> None:
    async with ResendServer(rate=10) as server, transport_to(server, rate=10.0) as transport:
        clock = asyncio.get_running_loop().time
        began = clock()
        outcomes = await asyncio.gather(*(transport.send(letter()) for _ in range(8)))
        took = clock() - began

    assert outcomes == [Sent("resend")] * 8
    assert server.requests == 8  # none was refused for being too fast
    assert took >= 0.65


async def test_a_long_wait_is_left_to_the_queue(resend: ResendServer) -> None:
    resend.script.append(Problem(429, "rate_limit_exceeded", retry_after=120.0))
    async with transport_to(resend) as transport:
        outcome = await transport.send(letter())

    assert isinstance(outcome, NotSent)
    assert outcome.failure is Failure.TRANSIENT
    assert outcome.retry_after == 120.0
    assert resend.requests == 1


@pytest.mark.parametrize("seconds", [-1.0, 1e9, float("inf"), float("nan")])
async def test_a_retry_after_that_makes_no_sense_is_left_out(
    resend: ResendServer, seconds: float
) -> None:
    resend.script.append(Problem(500, "internal_server_error", retry_after=seconds))
    async with transport_to(resend) as transport:
        outcome = await transport.send(letter())

    assert isinstance(outcome, NotSent)
    assert outcome.retry_after is None


@pytest.mark.parametrize("name", ["daily_quota_exceeded", "monthly_quota_exceeded"])
async def test_a_spent_quota_is_the_transports_failure(resend: ResendServer, name: str) -> None:
    resend.script.append(Problem(429, name))
    async with transport_to(resend) as transport:
        with pytest.raises(TransportDownError, match=name) as caught:
            await transport.send(letter())

    assert caught.value.retry_after is not None
    assert caught.value.retry_after >= 60


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (401, "missing_api_key"),
        (401, "restricted_api_key"),
        (403, "invalid_api_key"),
        (403, "validation_error"),
        (404, "not_found"),
        (405, "method_not_allowed"),
        (422, "invalid_from_address"),
    ],
)
async def test_what_would_meet_every_letter_is_the_transports_failure(
    resend: ResendServer, status: int, name: str
) -> None:
    resend.script.append(Problem(status, name, "no, s@example.org"))
    async with transport_to(resend) as transport:
        with pytest.raises(TransportDownError, match=f"{status} {name}") as caught:
            await transport.send(letter())

    assert "s@example.org" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "name", "failure"),
    [
        (400, "validation_error", Failure.PERMANENT),
        (400, "invalid_idempotency_key", Failure.PERMANENT),
        (408, "request_timeout", Failure.UNKNOWN),
        (422, "missing_required_field", Failure.PERMANENT),
        (422, "invalid_attachment", Failure.PERMANENT),
        (451, "security_error", Failure.PERMANENT),
        (500, "application_error", Failure.UNKNOWN),
        (500, "internal_server_error", Failure.UNKNOWN),
        (502, "", Failure.UNKNOWN),
        (503, "service_unavailable", Failure.UNKNOWN),
    ],
)
async def test_other_refusals_are_this_letters(
    resend: ResendServer, status: int, name: str, failure: Failure
) -> None:
    resend.script.append(Problem(status, name, "to priya@example.com: no"))
    async with transport_to(resend) as transport:
        outcome = await transport.send(letter())
        following = await transport.send(letter())

    assert isinstance(outcome, NotSent)
    assert outcome.failure is failure
    assert str(status) in outcome.detail
    assert "priya" not in outcome.detail
    assert following == Sent("resend")


@pytest.mark.parametrize(
    ("content_type", "page"),
    [
        ("text/html", "<h1>Passerelle indisponible, désolé</h1>".encode("latin-1")),
        ("text/html; charset=utf-8", b"\xff\xfe\x00"),
        ("text/html; charset=hex", b"out of order"),
        ("application/json", b'{"name": "\xe9"}'),
    ],
)
async def test_a_page_of_a_proxy_in_any_encoding_is_an_answer(
    resend: ResendServer, content_type: str, page: bytes
) -> None:
    resend.script.append(Page(502, page, content_type))
    async with transport_to(resend) as transport:
        outcome = await transport.send(letter())
        following = await transport.send(letter())

    assert isinstance(outcome, NotSent)
    assert outcome.failure is Failure.UNKNOWN
    assert "502" in outcome.detail
    assert following == Sent("resend")


SIGN_IN = Page(200, b"<h1>Sign in to the Wi-Fi</h1>")


@pytest.mark.parametrize(
    "page",
    [
        SIGN_IN,
        Page(200, b"", "application/json"),
        Page(200, b'{"id": null}', "application/json"),
        Page(200, b"[" * 100_000, "application/json"),
        Page(204, b""),
    ],
    ids=["html", "nothing", "no id", "deep", "no content"],
)
async def test_a_success_that_is_not_resends_is_not_taken_for_sent(
    resend: ResendServer, page: Page
) -> None:
    resend.script.append(page)
    mail = letter()
    async with transport_to(resend) as transport:
        outcome = await transport.send(mail)
        following = await transport.send(mail)

    assert isinstance(outcome, NotSent)
    assert outcome.failure is Failure.UNKNOWN
    assert "RESEND_API_URL" in outcome.detail or page.body.startswith(b"[")
    assert following == Sent("resend")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed_and_says_what_to_check(
    resend: ResendServer, status: int
) -> None:
    resend.script.append(Page(status, b"", location="/domains"))
    async with transport_to(resend) as transport:
        with pytest.raises(TransportDownError, match="RESEND_API_URL"):
            await transport.send(letter())

    assert resend.mails == []


async def test_a_refusal_that_is_not_resends_is_not_the_last_word(resend: ResendServer) -> None:
    resend.script.append(Page(400, b"<h1>Bad Request</h1>"))
    async with transport_to(resend) as transport:
        outcome = await transport.send(letter())

    assert isinstance(outcome, NotSent)
    assert outcome.failure is Failure.TRANSIENT


async def test_a_wrong_key_says_what_to_check(resend: ResendServer) -> None:
    async with transport_to(resend, key="re_wr0ng") as transport:
        with pytest.raises(TransportDownError, match="RESEND_API_KEY") as caught:
            await transport.send(letter())

    assert "wr0ng" not in str(caught.value)
    assert resend.mails == []


async def test_an_unreachable_api_is_down_and_nothing_was_asked() -> None:
    with ports.reserved() as port:
        transport = ResendTransport(ResendSettings(API_KEY, f"http://127.0.0.1:{port}", 1000))

        with pytest.raises(TransportDownError, match="cannot reach"):
            await transport.send(letter())
        await transport.close()


def reminders(count: int = 3, **fields: object) -> list[Letter]:
    return [
        letter(kind="session_reminder", address=f"person{number}@example.org", **fields)
        for number in range(count)
    ]


async def test_a_parcel_is_one_request_that_says_of_each_letter_what_it_is(
    resend: ResendServer,
) -> None:
    letters, parcel = reminders(), uuid4()
    async with transport_to(resend) as transport:
        assert await transport.send_parcel(parcel, letters) == [Sent("resend")] * 3

    assert (resend.requests, resend.batches) == (1, 1)
    assert {mail.key for mail in resend.mails} == {str(parcel)}
    assert [mail.request["to"] for mail in resend.mails] == [
        [str(each.recipient)] for each in letters
    ]
    assert [mail.request["tags"][0]["value"] for mail in resend.mails] == [
        str(each.email_id) for each in letters
    ]


async def test_one_that_is_refused_keeps_no_other_of_its_parcel(resend: ResendServer) -> None:
    letters = reminders()
    letters[1] = letter(kind="session_reminder", full_name="Odd", address="odd@invalid")
    async with transport_to(resend) as transport:
        first, refused, last = await transport.send_parcel(uuid4(), letters)

    assert (first, last) == (Sent("resend"), Sent("resend"))
    assert isinstance(refused, NotSent)
    assert refused.failure is Failure.PERMANENT
    assert "`to`" in refused.detail
    assert [mail.request["to"] for mail in resend.mails] == [
        [str(letters[number].recipient)] for number in (0, 2)
    ]


async def test_a_parcel_that_is_refused_as_a_whole_is_to_be_tried_letter_by_letter(
    resend: ResendServer,
) -> None:
    letters = [*reminders(2), letter(kind="session_scheduled")]  # has a file
    resend.script.append(Problem(422, "validation_error"))
    async with transport_to(resend) as transport:
        outcomes = await transport.send_parcel(uuid4(), letters)

    assert [isinstance(each, NotSent) and each.failure for each in outcomes] == [
        Failure.TRANSIENT
    ] * 3
    assert resend.mails == []


@pytest.mark.parametrize("step", [NO_ANSWER, SILENCE])
async def test_a_parcel_without_an_answer_is_unknown_and_its_repetition_harmless(
    resend: ResendServer, step: str
) -> None:
    letters, parcel = reminders(), uuid4()
    resend.script.append(step)
    async with transport_to(resend, patience=2.0) as impatient:
        first = await impatient.send_parcel(parcel, letters)
    async with transport_to(resend) as transport:
        again = await transport.send_parcel(parcel, letters)
        fewer = await transport.send_parcel(parcel, letters[:2])  # one was skipped meanwhile

    assert [isinstance(each, NotSent) and each.failure for each in first] == [Failure.UNKNOWN] * 3
    assert (again, fewer) == ([Sent("resend")] * 3, [Sent("resend")] * 2)
    assert len(resend.mails) == 3


@pytest.mark.parametrize(
    "answer",
    [
        b"<h1>Sign in</h1>",
        b'{"data": [{"id": "1"}], "errors": []}',
        b'{"data": [{"id": "1"}, {"id": "2"}], "errors": ["no"]}',
        b'{"data": [{"id": "1"}, {"id": "2"}], "errors": [{"index": [1], "message": "no"}]}',
        b'{"data": [{"id": "1"}, {"id": "2"}], "errors": 1}',
    ],
)
async def test_a_parcel_whose_answer_does_not_say_what_became_of_each_is_unknown(
    resend: ResendServer, answer: bytes
) -> None:
    letters = reminders()
    resend.script.append(Page(200, answer))
    async with transport_to(resend) as transport:
        outcomes = await transport.send_parcel(uuid4(), letters)

    assert [each.failure for each in outcomes if isinstance(each, NotSent)] == [Failure.UNKNOWN] * 3


async def test_a_parcel_that_is_no_longer_ours_is_not_posted(resend: ResendServer) -> None:
    async with transport_to(resend) as transport:
        with pytest.raises(LeaseLostError):
            await transport.send_parcel(uuid4(), reminders(), lambda: False)

    assert resend.requests == 0


async def test_a_page_of_something_in_between_accepts_no_key(resend: ResendServer) -> None:
    resend.script.append(SIGN_IN)
    async with transport_to(resend) as transport:
        with pytest.raises(TransportDownError, match="RESEND_API_URL"):
            await transport.verify()


async def test_verifying_tells_what_the_key_may_do(resend: ResendServer) -> None:
    async with transport_to(resend) as transport:
        assert "full access" in await transport.verify()
        resend.sending_only = True
        assert "sending only" in await transport.verify()
    async with transport_to(resend, key="re_wrong") as transport:
        with pytest.raises(TransportDownError, match="RESEND_API_KEY"):
            await transport.verify()

    assert resend.mails == []
