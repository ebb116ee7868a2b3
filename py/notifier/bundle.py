"""Several sessions in one mail: what they share is said once, and every date by itself.

A date stands in a group with those that have everything but time, title and description in common,
so that what a group says holds for each of its dates.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from gettext import NullTranslations

from notifier.language import words
from notifier.views import Change, DescriptionNews, Part, Reader, SessionView
from notifier.when import Span, describe_zone


@dataclass(frozen=True, slots=True)
class News:
    """What is told about a session: as a heading, and with its number, both in English.

    ``visible``: its page is still the reader's to see. ``off``: it does not take place.
    """

    heading: str
    counted: str
    visible: bool = True
    off: bool = False


_NEWS = {
    "session_scheduled": News("New", "%(number)s new"),
    "session_rescheduled": News("Moved to another time", "%(number)s moved"),
    "session_updated": News("Changed", "%(number)s changed"),
    "meeting_link_changed": News("Another meeting link", "%(number)s with another link"),
    "session_cancelled": News("Cancelled", "%(number)s cancelled", off=True),
    "recording_available": News("Recordings to watch", "%(number)s to watch"),
    "weekly_summary": News("Held", "%(number)s held"),
    "mentor_assigned": News("You host", "%(number)s to host"),
    "mentor_unassigned": News("You no longer host", "%(number)s no longer yours", visible=False),
}
_AFTER_ALL = News("Takes place after all", "%(number)s taking place after all")
_UNINVITED = News("No longer yours", "%(number)s no longer yours", visible=False)


@dataclass(frozen=True, slots=True)
class Date:
    """One session of a group; what is said for the whole group or mail is empty here.

    ``before`` is its old time, if it moved; ``elsewhere`` its time in its own zone; ``note`` says
    how many took part, or that a seat is needed.
    """

    title: str
    when: Span
    before: str
    elsewhere: str
    note: str
    url: str


@dataclass(frozen=True, slots=True)
class Group:
    """Sessions of which the same is told.

    ``facts`` are pairs of name and value, ``planned`` is as in :class:`Bundle`; both without what
    the bundle says already.
    """

    news: News
    counted: str
    facts: tuple[tuple[str, str], ...]
    planned: str
    changes: tuple[Change, ...]
    description_news: DescriptionNews
    meeting_details_changed: bool
    dates: tuple[Date, ...]


@dataclass(frozen=True, slots=True)
class Bundle:
    """The sessions of a mail, at least one, in groups by what is told of them.

    ``title`` is empty unless it is that of all; ``name`` is the title, or the course, or empty;
    ``counted`` is "12 dates" of one title or "12 sessions" of several; ``pattern`` (weekday and
    hours) is empty unless it holds for all; ``planned`` is the time of day in the sessions' zone,
    empty unless it is the same for all and not the reader's; ``clocks_differ`` says that the
    reader's then is not the same for all; ``news`` counts ("3 changed, 1 cancelled"). ``headed``
    says that the groups need their headings, the mail's own being none for them.
    """

    title: str
    name: str
    count: int
    counted: str
    kind: str
    zone: str
    first: Span
    days: str
    pattern: str
    planned: str
    clocks_differ: bool
    facts: tuple[tuple[str, str], ...]
    description: tuple[str, ...]
    news: str
    all_cancelled: bool
    all_uninvited: bool
    headed: bool
    groups: tuple[Group, ...]


@dataclass(slots=True)
class _Sharing:
    """Parts that have a group in common, while they are being collected."""

    facts: tuple[tuple[str, str], ...]
    news: News
    parts: list[Part] = field(default_factory=list)


def make_bundle(kind: str, parts: Sequence[Part], reader: Reader) -> Bundle:
    """The bundle that a mail of this kind is about; ``parts`` stand in order of their start."""
    one_title = _same(parts, lambda part: part.session.title)
    one_course = _same(parts, lambda part: part.session.course)
    first = parts[0].session
    speech = words(reader.locale)
    groups = _groups(parts, speech)
    shared = tuple(fact for fact in groups[0].facts if all(fact in each.facts for each in groups))
    planned = _planned(parts)
    told = [_news(part) for part in parts]
    counts = Counter(each.counted for each in told)
    kinds = {part.session.kinds for part in parts}
    days = list(dict.fromkeys(part.when.date for part in (parts[0], parts[-1])))
    return Bundle(
        title=first.title if one_title else "",
        name=first.title if one_title else first.course if one_course else "",
        count=len(parts),
        counted=_counted(len(parts), one_title, speech),
        kind=kinds.pop() if len(kinds) == 1 else speech.gettext("Sessions"),
        zone=_zone(parts, reader),
        first=parts[0].when,
        days=(
            days[0]
            if len(days) == 1
            else speech.gettext("%(first)s to %(last)s") % {"first": days[0], "last": days[1]}
        ),
        pattern=_pattern(parts, speech),
        planned=planned,
        clocks_differ=bool(planned) and not _same(parts, lambda part: part.when.hours),
        facts=shared,
        description=(
            first.description if _same(parts, lambda part: part.session.description) else ()
        ),
        news=", ".join(
            speech.ngettext(news, news, count) % {"number": count} for news, count in counts.items()
        ),
        all_cancelled=all(part.session.cancelled for part in parts),
        all_uninvited=set(told) == {_UNINVITED},
        headed=len(groups) > 1 or kind in ("series_updated", "daily_digest"),
        groups=tuple(_group(each, shared, one_title, bool(planned), speech) for each in groups),
    )


def _group(
    sharing: _Sharing,
    said: tuple[tuple[str, str], ...],
    one_title: bool,
    planned_said: bool,
    speech: NullTranslations,
) -> Group:
    """``said`` facts are the bundle's, and so is ``planned``, if ``planned_said``."""
    parts, news = sharing.parts, sharing.news
    planned = "" if planned_said else _planned(parts)
    return Group(
        news=replace(news, heading=speech.gettext(news.heading)),
        counted=_counted(len(parts), one_title, speech),
        facts=tuple(fact for fact in sharing.facts if fact not in said),
        planned=planned,
        changes=parts[0].changes,
        description_news=parts[0].description_news,
        meeting_details_changed=parts[0].meeting_details_changed,
        dates=tuple(
            Date(
                title="" if one_title else part.session.title,
                when=part.when,
                before=part.moved.old if part.moved else "",
                elsewhere=(
                    f"{part.elsewhere.brief} ({part.session_zone.key})"
                    if part.elsewhere and not (planned or planned_said)
                    else ""
                ),
                note=part.attendance or _seat(part, speech),
                url=part.session.url if news.visible else "",
            )
            for part in parts
        ),
    )


def _groups(parts: Sequence[Part], speech: NullTranslations) -> list[_Sharing]:
    """In order of their earliest session."""
    groups: dict[object, _Sharing] = {}
    for part in parts:
        news = _news(part)
        facts = tuple((speech.gettext(name), value) for name, value in _facts(part.session, news))
        key = news, facts, part.changes, part.description_news, part.meeting_details_changed
        groups.setdefault(key, _Sharing(facts, news)).parts.append(part)
    return list(groups.values())


def _news(part: Part) -> News:
    if part.kind == "session_cancelled" and not part.session.cancelled:
        return _UNINVITED
    if part.kind == "session_scheduled" and part.after_all:
        return _AFTER_ALL
    return _NEWS[part.kind]


def _seat(part: Part, speech: NullTranslations) -> str:
    if part.kind == "session_scheduled" and part.session.registration_required:
        return speech.gettext("takes a seat: please register on its page")
    return ""


def _facts(session: SessionView, news: News) -> Iterable[tuple[str, str]]:
    if session.course:
        batch = f" \N{MIDDLE DOT} {session.batch}" if session.batch else ""
        yield "Course", f"{session.course}{batch}"
    if session.mentor:
        yield "Mentor", session.mentor
    if session.platform:
        yield "Platform", session.platform
    if session.cancelled and session.cancel_reason and news.visible:
        yield "Reason", session.cancel_reason


def _pattern(parts: Sequence[Part], speech: NullTranslations) -> str:
    if not _same(parts, lambda part: part.when.date) and _same(
        parts, lambda part: (part.when.weekday, part.when.hours, part.zone)
    ):
        return speech.gettext("%(weekday)ss, %(hours)s") % {
            "weekday": parts[0].when.weekday,
            "hours": parts[0].when.hours,
        }
    return ""


def _planned(parts: Sequence[Part]) -> str:
    if len(parts) == 1 or all(part.elsewhere is None for part in parts):
        return ""
    if not _same(parts, lambda part: (part.planned.hours, part.session_zone.key)):
        return ""
    return f"{parts[0].planned.hours} ({parts[0].session_zone.key})"


def _zone(parts: Sequence[Part], reader: Reader) -> str:
    zones = list(dict.fromkeys(part.zone for part in parts))
    return "; ".join(
        describe_zone(
            [time for part in parts if part.zone == zone for time in (part.start, part.end)],
            zone,
            reader.locale,
        )
        for zone in zones
    )


def _same(parts: Sequence[Part], what: Callable[[Part], object]) -> bool:
    first = what(parts[0])
    return all(what(part) == first for part in parts)


def _counted(number: int, one_title: bool, speech: NullTranslations) -> str:
    if one_title:
        return speech.ngettext("%(number)s date", "%(number)s dates", number) % {"number": number}
    return speech.ngettext("%(number)s session", "%(number)s sessions", number) % {"number": number}
