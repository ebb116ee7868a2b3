# ruff: noqa
"""Generated from the database by `make types`. Do not edit."""

from __future__ import annotations

import datetime
import uuid
from typing import (
    Annotated,
    Any,
    List,
    Literal,
    Optional,
    TypedDict,
)
from typing_extensions import NotRequired, TypeAlias

from pydantic import BaseModel, Field, JsonValue

NotifierEmailKind: TypeAlias = Literal[
    "session_scheduled",
    "session_rescheduled",
    "session_updated",
    "meeting_link_changed",
    "session_cancelled",
    "mentor_assigned",
    "mentor_unassigned",
    "series_scheduled",
    "series_updated",
    "series_cancelled",
    "enrollment_schedule",
    "daily_digest",
    "registration_confirmed",
    "waitlist_promoted",
    "recording_available",
    "session_reminder",
    "attendance_warning",
    "weekly_summary",
    "attendance_summary",
]

NotifierEmailStatus: TypeAlias = Literal[
    "queued", "claimed", "sending", "in_doubt", "sent", "skipped", "dead"
]

NotifierEmailTopic: TypeAlias = Literal[
    "invitation", "registration", "reminder", "summary", "week", "warning", "recording"
]

PrivatePresenceKind: TypeAlias = Literal["join", "leave", "end"]

PrivateReviewStatus: TypeAlias = Literal["waiting", "linked", "dismissed"]

PrivateSessionSecret: TypeAlias = Literal[
    "zoom_passcode", "link", "backup_link", "host_link", "recording_url"
]

PublicAppRole: TypeAlias = Literal["student", "mentor", "enrollment_manager", "admin", "superadmin"]

PublicAttendanceSource: TypeAlias = Literal["join", "platform", "manual", "import"]

PublicAttendanceStatus: TypeAlias = Literal["present", "late", "partial", "absent", "excused"]

PublicEnrollmentStatus: TypeAlias = Literal["active", "paused", "completed", "withdrawn"]

PublicExcuseStatus: TypeAlias = Literal["requested", "approved", "declined", "withdrawn"]

PublicMeetingState: TypeAlias = Literal["pending", "changing", "ready", "ending", "ended"]

PublicOfferAudience: TypeAlias = Literal["everybody", "course", "batch", "unbatched"]

PublicPresenceOutcome: TypeAlias = Literal[
    "recorded", "unmatched", "staff", "duplicate", "unknown_meeting"
]

PublicRegistrationStatus: TypeAlias = Literal["registered", "waitlisted", "cancelled"]

PublicSeriesSkipReason: TypeAlias = Literal["blackout", "clash", "failed"]

PublicSessionStatus: TypeAlias = Literal["upcoming", "live", "completed", "cancelled"]

PublicSessionType: TypeAlias = Literal["success_session", "mentorship", "group_coaching"]


class PublicAppSettings(BaseModel):
    app_url: Optional[str] = Field(alias="app_url")
    audit_retention_months: int = Field(alias="audit_retention_months")
    check_in_code_seconds: int = Field(alias="check_in_code_seconds")
    id: bool = Field(alias="id")
    join_opens_minutes_before: int = Field(alias="join_opens_minutes_before")
    late_after_minutes: int = Field(alias="late_after_minutes")
    low_attendance_percent: int = Field(alias="low_attendance_percent")
    low_attendance_warnings: int = Field(alias="low_attendance_warnings")
    mail_debounce_seconds: int = Field(alias="mail_debounce_seconds")
    meeting_wait_minutes: int = Field(alias="meeting_wait_minutes")
    mentor_buffer_minutes: int = Field(alias="mentor_buffer_minutes")
    outbox_retention_months: Optional[int] = Field(alias="outbox_retention_months")
    partial_below_percent: int = Field(alias="partial_below_percent")
    presence_retention_months: int = Field(alias="presence_retention_months")
    reminder_minutes: List[int] = Field(alias="reminder_minutes")
    series_horizon_days: int = Field(alias="series_horizon_days")
    unmatched_retention_days: int = Field(alias="unmatched_retention_days")
    updated_at: datetime.datetime = Field(alias="updated_at")


class PublicAppSettingsInsert(TypedDict):
    app_url: NotRequired[Annotated[Optional[str], Field(alias="app_url")]]
    audit_retention_months: NotRequired[Annotated[int, Field(alias="audit_retention_months")]]
    check_in_code_seconds: NotRequired[Annotated[int, Field(alias="check_in_code_seconds")]]
    id: NotRequired[Annotated[bool, Field(alias="id")]]
    join_opens_minutes_before: NotRequired[Annotated[int, Field(alias="join_opens_minutes_before")]]
    late_after_minutes: NotRequired[Annotated[int, Field(alias="late_after_minutes")]]
    low_attendance_percent: NotRequired[Annotated[int, Field(alias="low_attendance_percent")]]
    low_attendance_warnings: NotRequired[Annotated[int, Field(alias="low_attendance_warnings")]]
    mail_debounce_seconds: NotRequired[Annotated[int, Field(alias="mail_debounce_seconds")]]
    meeting_wait_minutes: NotRequired[Annotated[int, Field(alias="meeting_wait_minutes")]]
    mentor_buffer_minutes: NotRequired[Annotated[int, Field(alias="mentor_buffer_minutes")]]
    outbox_retention_months: NotRequired[
        Annotated[Optional[int], Field(alias="outbox_retention_months")]
    ]
    partial_below_percent: NotRequired[Annotated[int, Field(alias="partial_below_percent")]]
    presence_retention_months: NotRequired[Annotated[int, Field(alias="presence_retention_months")]]
    reminder_minutes: NotRequired[Annotated[List[int], Field(alias="reminder_minutes")]]
    series_horizon_days: NotRequired[Annotated[int, Field(alias="series_horizon_days")]]
    unmatched_retention_days: NotRequired[Annotated[int, Field(alias="unmatched_retention_days")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]


class PublicAppSettingsUpdate(TypedDict):
    app_url: NotRequired[Annotated[Optional[str], Field(alias="app_url")]]
    audit_retention_months: NotRequired[Annotated[int, Field(alias="audit_retention_months")]]
    check_in_code_seconds: NotRequired[Annotated[int, Field(alias="check_in_code_seconds")]]
    id: NotRequired[Annotated[bool, Field(alias="id")]]
    join_opens_minutes_before: NotRequired[Annotated[int, Field(alias="join_opens_minutes_before")]]
    late_after_minutes: NotRequired[Annotated[int, Field(alias="late_after_minutes")]]
    low_attendance_percent: NotRequired[Annotated[int, Field(alias="low_attendance_percent")]]
    low_attendance_warnings: NotRequired[Annotated[int, Field(alias="low_attendance_warnings")]]
    mail_debounce_seconds: NotRequired[Annotated[int, Field(alias="mail_debounce_seconds")]]
    meeting_wait_minutes: NotRequired[Annotated[int, Field(alias="meeting_wait_minutes")]]
    mentor_buffer_minutes: NotRequired[Annotated[int, Field(alias="mentor_buffer_minutes")]]
    outbox_retention_months: NotRequired[
        Annotated[Optional[int], Field(alias="outbox_retention_months")]
    ]
    partial_below_percent: NotRequired[Annotated[int, Field(alias="partial_below_percent")]]
    presence_retention_months: NotRequired[Annotated[int, Field(alias="presence_retention_months")]]
    reminder_minutes: NotRequired[Annotated[List[int], Field(alias="reminder_minutes")]]
    series_horizon_days: NotRequired[Annotated[int, Field(alias="series_horizon_days")]]
    unmatched_retention_days: NotRequired[Annotated[int, Field(alias="unmatched_retention_days")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]


class PublicAttendanceRules(BaseModel):
    late_after_minutes: Optional[int] = Field(alias="late_after_minutes")
    partial_below_percent: Optional[int] = Field(alias="partial_below_percent")
    session_type: PublicSessionType = Field(alias="session_type")
    updated_at: datetime.datetime = Field(alias="updated_at")


class PublicAttendanceRulesInsert(TypedDict):
    late_after_minutes: NotRequired[Annotated[Optional[int], Field(alias="late_after_minutes")]]
    partial_below_percent: NotRequired[
        Annotated[Optional[int], Field(alias="partial_below_percent")]
    ]
    session_type: Annotated[PublicSessionType, Field(alias="session_type")]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]


class PublicAttendanceRulesUpdate(TypedDict):
    late_after_minutes: NotRequired[Annotated[Optional[int], Field(alias="late_after_minutes")]]
    partial_below_percent: NotRequired[
        Annotated[Optional[int], Field(alias="partial_below_percent")]
    ]
    session_type: NotRequired[Annotated[PublicSessionType, Field(alias="session_type")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]


class PublicAuditLog(BaseModel):
    action: str = Field(alias="action")
    actor_id: Optional[uuid.UUID] = Field(alias="actor_id")
    id: int = Field(alias="id")
    new: Optional[JsonValue] = Field(alias="new")
    occurred_at: datetime.datetime = Field(alias="occurred_at")
    old: Optional[JsonValue] = Field(alias="old")
    reason: Optional[str] = Field(alias="reason")
    request: Optional[str] = Field(alias="request")
    role: str = Field(alias="role")
    row_key: JsonValue = Field(alias="row_key")
    session_id: Optional[uuid.UUID] = Field(alias="session_id")
    table_name: str = Field(alias="table_name")
    user_id: Optional[uuid.UUID] = Field(alias="user_id")


class PublicAuditLogInsert(TypedDict):
    action: Annotated[str, Field(alias="action")]
    actor_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="actor_id")]]
    id: NotRequired[Annotated[int, Field(alias="id")]]
    new: NotRequired[Annotated[Optional[JsonValue], Field(alias="new")]]
    occurred_at: NotRequired[Annotated[datetime.datetime, Field(alias="occurred_at")]]
    old: NotRequired[Annotated[Optional[JsonValue], Field(alias="old")]]
    reason: NotRequired[Annotated[Optional[str], Field(alias="reason")]]
    request: NotRequired[Annotated[Optional[str], Field(alias="request")]]
    role: NotRequired[Annotated[str, Field(alias="role")]]
    row_key: Annotated[JsonValue, Field(alias="row_key")]
    session_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="session_id")]]
    table_name: Annotated[str, Field(alias="table_name")]
    user_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="user_id")]]


class PublicAuditLogUpdate(TypedDict):
    action: NotRequired[Annotated[str, Field(alias="action")]]
    actor_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="actor_id")]]
    id: NotRequired[Annotated[int, Field(alias="id")]]
    new: NotRequired[Annotated[Optional[JsonValue], Field(alias="new")]]
    occurred_at: NotRequired[Annotated[datetime.datetime, Field(alias="occurred_at")]]
    old: NotRequired[Annotated[Optional[JsonValue], Field(alias="old")]]
    reason: NotRequired[Annotated[Optional[str], Field(alias="reason")]]
    request: NotRequired[Annotated[Optional[str], Field(alias="request")]]
    role: NotRequired[Annotated[str, Field(alias="role")]]
    row_key: NotRequired[Annotated[JsonValue, Field(alias="row_key")]]
    session_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="session_id")]]
    table_name: NotRequired[Annotated[str, Field(alias="table_name")]]
    user_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="user_id")]]


class PublicBatches(BaseModel):
    course_id: uuid.UUID = Field(alias="course_id")
    created_at: datetime.datetime = Field(alias="created_at")
    id: uuid.UUID = Field(alias="id")
    name: str = Field(alias="name")


class PublicBatchesInsert(TypedDict):
    course_id: Annotated[uuid.UUID, Field(alias="course_id")]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    name: Annotated[str, Field(alias="name")]


class PublicBatchesUpdate(TypedDict):
    course_id: NotRequired[Annotated[uuid.UUID, Field(alias="course_id")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    name: NotRequired[Annotated[str, Field(alias="name")]]


class PublicBlackoutDates(BaseModel):
    begins_after: datetime.datetime = Field(alias="begins_after")
    begins_before: datetime.datetime = Field(alias="begins_before")
    course_id: Optional[uuid.UUID] = Field(alias="course_id")
    created_at: datetime.datetime = Field(alias="created_at")
    created_by: Optional[uuid.UUID] = Field(alias="created_by")
    first_date: datetime.date = Field(alias="first_date")
    id: uuid.UUID = Field(alias="id")
    last_date: datetime.date = Field(alias="last_date")
    name: str = Field(alias="name")
    updated_at: datetime.datetime = Field(alias="updated_at")


class PublicBlackoutDatesInsert(TypedDict):
    begins_after: NotRequired[Annotated[datetime.datetime, Field(alias="begins_after")]]
    begins_before: NotRequired[Annotated[datetime.datetime, Field(alias="begins_before")]]
    course_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="course_id")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    created_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="created_by")]]
    first_date: Annotated[datetime.date, Field(alias="first_date")]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    last_date: Annotated[datetime.date, Field(alias="last_date")]
    name: Annotated[str, Field(alias="name")]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]


class PublicBlackoutDatesUpdate(TypedDict):
    begins_after: NotRequired[Annotated[datetime.datetime, Field(alias="begins_after")]]
    begins_before: NotRequired[Annotated[datetime.datetime, Field(alias="begins_before")]]
    course_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="course_id")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    created_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="created_by")]]
    first_date: NotRequired[Annotated[datetime.date, Field(alias="first_date")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    last_date: NotRequired[Annotated[datetime.date, Field(alias="last_date")]]
    name: NotRequired[Annotated[str, Field(alias="name")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]


class PublicBookingOffers(BaseModel):
    audience: PublicOfferAudience = Field(alias="audience")
    audience_key: Optional[uuid.UUID] = Field(alias="audience_key")
    backup_link: Optional[str] = Field(alias="backup_link")
    batch_id: Optional[uuid.UUID] = Field(alias="batch_id")
    booking_horizon_days: int = Field(alias="booking_horizon_days")
    booking_notice_minutes: int = Field(alias="booking_notice_minutes")
    change_notice_minutes: int = Field(alias="change_notice_minutes")
    course_id: Optional[uuid.UUID] = Field(alias="course_id")
    created_at: datetime.datetime = Field(alias="created_at")
    created_by: Optional[uuid.UUID] = Field(alias="created_by")
    description: Optional[str] = Field(alias="description")
    exdates: List[datetime.date] = Field(alias="exdates")
    gap_minutes: int = Field(alias="gap_minutes")
    id: uuid.UUID = Field(alias="id")
    is_active: bool = Field(alias="is_active")
    link: Optional[str] = Field(alias="link")
    max_open_per_student: Optional[int] = Field(alias="max_open_per_student")
    max_per_day: Optional[int] = Field(alias="max_per_day")
    max_per_student_month: Optional[int] = Field(alias="max_per_student_month")
    max_per_student_week: Optional[int] = Field(alias="max_per_student_week")
    mentor_id: uuid.UUID = Field(alias="mentor_id")
    platform: str = Field(alias="platform")
    recurrence: Optional[JsonValue] = Field(alias="recurrence")
    rrule: str = Field(alias="rrule")
    slot_minutes: int = Field(alias="slot_minutes")
    start_time: datetime.datetime = Field(alias="start_time")
    timezone: str = Field(alias="timezone")
    title: str = Field(alias="title")
    updated_at: datetime.datetime = Field(alias="updated_at")
    window_minutes: int = Field(alias="window_minutes")
    zoom_meeting_id: Optional[str] = Field(alias="zoom_meeting_id")
    zoom_passcode: Optional[str] = Field(alias="zoom_passcode")


class PublicBookingOffersInsert(TypedDict):
    audience: Annotated[PublicOfferAudience, Field(alias="audience")]
    audience_key: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="audience_key")]]
    backup_link: NotRequired[Annotated[Optional[str], Field(alias="backup_link")]]
    batch_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="batch_id")]]
    booking_horizon_days: NotRequired[Annotated[int, Field(alias="booking_horizon_days")]]
    booking_notice_minutes: NotRequired[Annotated[int, Field(alias="booking_notice_minutes")]]
    change_notice_minutes: NotRequired[Annotated[int, Field(alias="change_notice_minutes")]]
    course_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="course_id")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    created_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="created_by")]]
    description: NotRequired[Annotated[Optional[str], Field(alias="description")]]
    exdates: NotRequired[Annotated[List[datetime.date], Field(alias="exdates")]]
    gap_minutes: NotRequired[Annotated[int, Field(alias="gap_minutes")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    is_active: NotRequired[Annotated[bool, Field(alias="is_active")]]
    link: NotRequired[Annotated[Optional[str], Field(alias="link")]]
    max_open_per_student: NotRequired[Annotated[Optional[int], Field(alias="max_open_per_student")]]
    max_per_day: NotRequired[Annotated[Optional[int], Field(alias="max_per_day")]]
    max_per_student_month: NotRequired[
        Annotated[Optional[int], Field(alias="max_per_student_month")]
    ]
    max_per_student_week: NotRequired[Annotated[Optional[int], Field(alias="max_per_student_week")]]
    mentor_id: NotRequired[Annotated[uuid.UUID, Field(alias="mentor_id")]]
    platform: NotRequired[Annotated[str, Field(alias="platform")]]
    recurrence: NotRequired[Annotated[Optional[JsonValue], Field(alias="recurrence")]]
    rrule: NotRequired[Annotated[str, Field(alias="rrule")]]
    slot_minutes: NotRequired[Annotated[int, Field(alias="slot_minutes")]]
    start_time: Annotated[datetime.datetime, Field(alias="start_time")]
    timezone: NotRequired[Annotated[str, Field(alias="timezone")]]
    title: Annotated[str, Field(alias="title")]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]
    window_minutes: NotRequired[Annotated[int, Field(alias="window_minutes")]]
    zoom_meeting_id: NotRequired[Annotated[Optional[str], Field(alias="zoom_meeting_id")]]
    zoom_passcode: NotRequired[Annotated[Optional[str], Field(alias="zoom_passcode")]]


class PublicBookingOffersUpdate(TypedDict):
    audience: NotRequired[Annotated[PublicOfferAudience, Field(alias="audience")]]
    audience_key: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="audience_key")]]
    backup_link: NotRequired[Annotated[Optional[str], Field(alias="backup_link")]]
    batch_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="batch_id")]]
    booking_horizon_days: NotRequired[Annotated[int, Field(alias="booking_horizon_days")]]
    booking_notice_minutes: NotRequired[Annotated[int, Field(alias="booking_notice_minutes")]]
    change_notice_minutes: NotRequired[Annotated[int, Field(alias="change_notice_minutes")]]
    course_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="course_id")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    created_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="created_by")]]
    description: NotRequired[Annotated[Optional[str], Field(alias="description")]]
    exdates: NotRequired[Annotated[List[datetime.date], Field(alias="exdates")]]
    gap_minutes: NotRequired[Annotated[int, Field(alias="gap_minutes")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    is_active: NotRequired[Annotated[bool, Field(alias="is_active")]]
    link: NotRequired[Annotated[Optional[str], Field(alias="link")]]
    max_open_per_student: NotRequired[Annotated[Optional[int], Field(alias="max_open_per_student")]]
    max_per_day: NotRequired[Annotated[Optional[int], Field(alias="max_per_day")]]
    max_per_student_month: NotRequired[
        Annotated[Optional[int], Field(alias="max_per_student_month")]
    ]
    max_per_student_week: NotRequired[Annotated[Optional[int], Field(alias="max_per_student_week")]]
    mentor_id: NotRequired[Annotated[uuid.UUID, Field(alias="mentor_id")]]
    platform: NotRequired[Annotated[str, Field(alias="platform")]]
    recurrence: NotRequired[Annotated[Optional[JsonValue], Field(alias="recurrence")]]
    rrule: NotRequired[Annotated[str, Field(alias="rrule")]]
    slot_minutes: NotRequired[Annotated[int, Field(alias="slot_minutes")]]
    start_time: NotRequired[Annotated[datetime.datetime, Field(alias="start_time")]]
    timezone: NotRequired[Annotated[str, Field(alias="timezone")]]
    title: NotRequired[Annotated[str, Field(alias="title")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]
    window_minutes: NotRequired[Annotated[int, Field(alias="window_minutes")]]
    zoom_meeting_id: NotRequired[Annotated[Optional[str], Field(alias="zoom_meeting_id")]]
    zoom_passcode: NotRequired[Annotated[Optional[str], Field(alias="zoom_passcode")]]


class PublicCalendarFeeds(BaseModel):
    course_id: Optional[uuid.UUID] = Field(alias="course_id")
    created_at: datetime.datetime = Field(alias="created_at")
    id: uuid.UUID = Field(alias="id")
    label: Optional[str] = Field(alias="label")
    last_used_at: Optional[datetime.datetime] = Field(alias="last_used_at")
    owner_id: uuid.UUID = Field(alias="owner_id")


class PublicCalendarFeedsInsert(TypedDict):
    course_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="course_id")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    label: NotRequired[Annotated[Optional[str], Field(alias="label")]]
    last_used_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="last_used_at")]]
    owner_id: Annotated[uuid.UUID, Field(alias="owner_id")]


class PublicCalendarFeedsUpdate(TypedDict):
    course_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="course_id")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    label: NotRequired[Annotated[Optional[str], Field(alias="label")]]
    last_used_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="last_used_at")]]
    owner_id: NotRequired[Annotated[uuid.UUID, Field(alias="owner_id")]]


class PublicCourseEnrollments(BaseModel):
    batch_id: Optional[uuid.UUID] = Field(alias="batch_id")
    course_id: uuid.UUID = Field(alias="course_id")
    created_at: datetime.datetime = Field(alias="created_at")
    id: uuid.UUID = Field(alias="id")
    status: PublicEnrollmentStatus = Field(alias="status")
    student_id: uuid.UUID = Field(alias="student_id")
    updated_at: datetime.datetime = Field(alias="updated_at")


class PublicCourseEnrollmentsInsert(TypedDict):
    batch_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="batch_id")]]
    course_id: Annotated[uuid.UUID, Field(alias="course_id")]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    status: NotRequired[Annotated[PublicEnrollmentStatus, Field(alias="status")]]
    student_id: Annotated[uuid.UUID, Field(alias="student_id")]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]


class PublicCourseEnrollmentsUpdate(TypedDict):
    batch_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="batch_id")]]
    course_id: NotRequired[Annotated[uuid.UUID, Field(alias="course_id")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    status: NotRequired[Annotated[PublicEnrollmentStatus, Field(alias="status")]]
    student_id: NotRequired[Annotated[uuid.UUID, Field(alias="student_id")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]


class PublicCourses(BaseModel):
    created_at: datetime.datetime = Field(alias="created_at")
    id: uuid.UUID = Field(alias="id")
    name: str = Field(alias="name")


class PublicCoursesInsert(TypedDict):
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    name: Annotated[str, Field(alias="name")]


class PublicCoursesUpdate(TypedDict):
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    name: NotRequired[Annotated[str, Field(alias="name")]]


class PublicMeetingAccounts(BaseModel):
    created_at: datetime.datetime = Field(alias="created_at")
    external_id: Optional[str] = Field(alias="external_id")
    id: uuid.UUID = Field(alias="id")
    max_concurrent_meetings: Optional[int] = Field(alias="max_concurrent_meetings")
    mentor_id: Optional[uuid.UUID] = Field(alias="mentor_id")
    name: str = Field(alias="name")
    platform: str = Field(alias="platform")
    updated_at: datetime.datetime = Field(alias="updated_at")


class PublicMeetingAccountsInsert(TypedDict):
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    external_id: NotRequired[Annotated[Optional[str], Field(alias="external_id")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    max_concurrent_meetings: NotRequired[
        Annotated[Optional[int], Field(alias="max_concurrent_meetings")]
    ]
    mentor_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="mentor_id")]]
    name: Annotated[str, Field(alias="name")]
    platform: Annotated[str, Field(alias="platform")]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]


class PublicMeetingAccountsUpdate(TypedDict):
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    external_id: NotRequired[Annotated[Optional[str], Field(alias="external_id")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    max_concurrent_meetings: NotRequired[
        Annotated[Optional[int], Field(alias="max_concurrent_meetings")]
    ]
    mentor_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="mentor_id")]]
    name: NotRequired[Annotated[str, Field(alias="name")]]
    platform: NotRequired[Annotated[str, Field(alias="platform")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]


class PublicMeetingPlatforms(BaseModel):
    daily_changes_per_account: Optional[int] = Field(alias="daily_changes_per_account")
    has_personal_links: bool = Field(alias="has_personal_links")
    id: str = Field(alias="id")
    is_active: bool = Field(alias="is_active")
    max_concurrent_meetings: Optional[int] = Field(alias="max_concurrent_meetings")
    name: str = Field(alias="name")
    platform_data_schema: JsonValue = Field(alias="platform_data_schema")


class PublicMeetingPlatformsInsert(TypedDict):
    daily_changes_per_account: NotRequired[
        Annotated[Optional[int], Field(alias="daily_changes_per_account")]
    ]
    has_personal_links: NotRequired[Annotated[bool, Field(alias="has_personal_links")]]
    id: Annotated[str, Field(alias="id")]
    is_active: NotRequired[Annotated[bool, Field(alias="is_active")]]
    max_concurrent_meetings: NotRequired[
        Annotated[Optional[int], Field(alias="max_concurrent_meetings")]
    ]
    name: Annotated[str, Field(alias="name")]
    platform_data_schema: NotRequired[Annotated[JsonValue, Field(alias="platform_data_schema")]]


class PublicMeetingPlatformsUpdate(TypedDict):
    daily_changes_per_account: NotRequired[
        Annotated[Optional[int], Field(alias="daily_changes_per_account")]
    ]
    has_personal_links: NotRequired[Annotated[bool, Field(alias="has_personal_links")]]
    id: NotRequired[Annotated[str, Field(alias="id")]]
    is_active: NotRequired[Annotated[bool, Field(alias="is_active")]]
    max_concurrent_meetings: NotRequired[
        Annotated[Optional[int], Field(alias="max_concurrent_meetings")]
    ]
    name: NotRequired[Annotated[str, Field(alias="name")]]
    platform_data_schema: NotRequired[Annotated[JsonValue, Field(alias="platform_data_schema")]]


class PublicMentorAvailability(BaseModel):
    created_at: datetime.datetime = Field(alias="created_at")
    end_time: datetime.time = Field(alias="end_time")
    id: uuid.UUID = Field(alias="id")
    mentor_id: uuid.UUID = Field(alias="mentor_id")
    start_time: datetime.time = Field(alias="start_time")
    timezone: str = Field(alias="timezone")
    updated_at: datetime.datetime = Field(alias="updated_at")
    weekday: int = Field(alias="weekday")


class PublicMentorAvailabilityInsert(TypedDict):
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    end_time: Annotated[datetime.time, Field(alias="end_time")]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    mentor_id: NotRequired[Annotated[uuid.UUID, Field(alias="mentor_id")]]
    start_time: Annotated[datetime.time, Field(alias="start_time")]
    timezone: Annotated[str, Field(alias="timezone")]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]
    weekday: Annotated[int, Field(alias="weekday")]


class PublicMentorAvailabilityUpdate(TypedDict):
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    end_time: NotRequired[Annotated[datetime.time, Field(alias="end_time")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    mentor_id: NotRequired[Annotated[uuid.UUID, Field(alias="mentor_id")]]
    start_time: NotRequired[Annotated[datetime.time, Field(alias="start_time")]]
    timezone: NotRequired[Annotated[str, Field(alias="timezone")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]
    weekday: NotRequired[Annotated[int, Field(alias="weekday")]]


class PublicMentorTimeOff(BaseModel):
    created_at: datetime.datetime = Field(alias="created_at")
    end_time: datetime.datetime = Field(alias="end_time")
    id: uuid.UUID = Field(alias="id")
    mentor_id: uuid.UUID = Field(alias="mentor_id")
    reason: Optional[str] = Field(alias="reason")
    start_time: datetime.datetime = Field(alias="start_time")
    updated_at: datetime.datetime = Field(alias="updated_at")


class PublicMentorTimeOffInsert(TypedDict):
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    end_time: Annotated[datetime.datetime, Field(alias="end_time")]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    mentor_id: NotRequired[Annotated[uuid.UUID, Field(alias="mentor_id")]]
    reason: NotRequired[Annotated[Optional[str], Field(alias="reason")]]
    start_time: Annotated[datetime.datetime, Field(alias="start_time")]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]


class PublicMentorTimeOffUpdate(TypedDict):
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    end_time: NotRequired[Annotated[datetime.datetime, Field(alias="end_time")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    mentor_id: NotRequired[Annotated[uuid.UUID, Field(alias="mentor_id")]]
    reason: NotRequired[Annotated[Optional[str], Field(alias="reason")]]
    start_time: NotRequired[Annotated[datetime.datetime, Field(alias="start_time")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]


class PublicNotificationPreferences(BaseModel):
    created_at: datetime.datetime = Field(alias="created_at")
    digest_at: Optional[datetime.time] = Field(alias="digest_at")
    due_at: Optional[datetime.datetime] = Field(alias="due_at")
    enabled: bool = Field(alias="enabled")
    kind: str = Field(alias="kind")
    quiet_from: Optional[datetime.time] = Field(alias="quiet_from")
    quiet_until: Optional[datetime.time] = Field(alias="quiet_until")
    reminder_minutes: Optional[List[int]] = Field(alias="reminder_minutes")
    updated_at: datetime.datetime = Field(alias="updated_at")
    user_id: uuid.UUID = Field(alias="user_id")


class PublicNotificationPreferencesInsert(TypedDict):
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    digest_at: NotRequired[Annotated[Optional[datetime.time], Field(alias="digest_at")]]
    due_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="due_at")]]
    enabled: NotRequired[Annotated[bool, Field(alias="enabled")]]
    kind: Annotated[str, Field(alias="kind")]
    quiet_from: NotRequired[Annotated[Optional[datetime.time], Field(alias="quiet_from")]]
    quiet_until: NotRequired[Annotated[Optional[datetime.time], Field(alias="quiet_until")]]
    reminder_minutes: NotRequired[Annotated[Optional[List[int]], Field(alias="reminder_minutes")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]
    user_id: NotRequired[Annotated[uuid.UUID, Field(alias="user_id")]]


class PublicNotificationPreferencesUpdate(TypedDict):
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    digest_at: NotRequired[Annotated[Optional[datetime.time], Field(alias="digest_at")]]
    due_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="due_at")]]
    enabled: NotRequired[Annotated[bool, Field(alias="enabled")]]
    kind: NotRequired[Annotated[str, Field(alias="kind")]]
    quiet_from: NotRequired[Annotated[Optional[datetime.time], Field(alias="quiet_from")]]
    quiet_until: NotRequired[Annotated[Optional[datetime.time], Field(alias="quiet_until")]]
    reminder_minutes: NotRequired[Annotated[Optional[List[int]], Field(alias="reminder_minutes")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]
    user_id: NotRequired[Annotated[uuid.UUID, Field(alias="user_id")]]


class PublicProfiles(BaseModel):
    created_at: datetime.datetime = Field(alias="created_at")
    full_name: str = Field(alias="full_name")
    id: uuid.UUID = Field(alias="id")
    locale: str = Field(alias="locale")
    timezone: str = Field(alias="timezone")
    updated_at: datetime.datetime = Field(alias="updated_at")


class PublicProfilesInsert(TypedDict):
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    full_name: NotRequired[Annotated[str, Field(alias="full_name")]]
    id: Annotated[uuid.UUID, Field(alias="id")]
    locale: NotRequired[Annotated[str, Field(alias="locale")]]
    timezone: NotRequired[Annotated[str, Field(alias="timezone")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]


class PublicProfilesUpdate(TypedDict):
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    full_name: NotRequired[Annotated[str, Field(alias="full_name")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    locale: NotRequired[Annotated[str, Field(alias="locale")]]
    timezone: NotRequired[Annotated[str, Field(alias="timezone")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]


class PublicSeriesSkips(BaseModel):
    created_at: datetime.datetime = Field(alias="created_at")
    detail: str = Field(alias="detail")
    reason: PublicSeriesSkipReason = Field(alias="reason")
    series_date: datetime.date = Field(alias="series_date")
    series_id: uuid.UUID = Field(alias="series_id")


class PublicSeriesSkipsInsert(TypedDict):
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    detail: Annotated[str, Field(alias="detail")]
    reason: Annotated[PublicSeriesSkipReason, Field(alias="reason")]
    series_date: Annotated[datetime.date, Field(alias="series_date")]
    series_id: Annotated[uuid.UUID, Field(alias="series_id")]


class PublicSeriesSkipsUpdate(TypedDict):
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    detail: NotRequired[Annotated[str, Field(alias="detail")]]
    reason: NotRequired[Annotated[PublicSeriesSkipReason, Field(alias="reason")]]
    series_date: NotRequired[Annotated[datetime.date, Field(alias="series_date")]]
    series_id: NotRequired[Annotated[uuid.UUID, Field(alias="series_id")]]


class PublicSessionAttendance(BaseModel):
    created_at: datetime.datetime = Field(alias="created_at")
    joined_at: Optional[datetime.datetime] = Field(alias="joined_at")
    left_at: Optional[datetime.datetime] = Field(alias="left_at")
    marked_by: Optional[uuid.UUID] = Field(alias="marked_by")
    minutes_present: int = Field(alias="minutes_present")
    note: Optional[str] = Field(alias="note")
    session_id: uuid.UUID = Field(alias="session_id")
    source: PublicAttendanceSource = Field(alias="source")
    status: PublicAttendanceStatus = Field(alias="status")
    student_id: uuid.UUID = Field(alias="student_id")
    updated_at: datetime.datetime = Field(alias="updated_at")


class PublicSessionAttendanceInsert(TypedDict):
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    joined_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="joined_at")]]
    left_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="left_at")]]
    marked_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="marked_by")]]
    minutes_present: NotRequired[Annotated[int, Field(alias="minutes_present")]]
    note: NotRequired[Annotated[Optional[str], Field(alias="note")]]
    session_id: Annotated[uuid.UUID, Field(alias="session_id")]
    source: Annotated[PublicAttendanceSource, Field(alias="source")]
    status: Annotated[PublicAttendanceStatus, Field(alias="status")]
    student_id: Annotated[uuid.UUID, Field(alias="student_id")]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]


class PublicSessionAttendanceUpdate(TypedDict):
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    joined_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="joined_at")]]
    left_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="left_at")]]
    marked_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="marked_by")]]
    minutes_present: NotRequired[Annotated[int, Field(alias="minutes_present")]]
    note: NotRequired[Annotated[Optional[str], Field(alias="note")]]
    session_id: NotRequired[Annotated[uuid.UUID, Field(alias="session_id")]]
    source: NotRequired[Annotated[PublicAttendanceSource, Field(alias="source")]]
    status: NotRequired[Annotated[PublicAttendanceStatus, Field(alias="status")]]
    student_id: NotRequired[Annotated[uuid.UUID, Field(alias="student_id")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]


class PublicSessionBookings(BaseModel):
    change_notice_minutes: int = Field(alias="change_notice_minutes")
    created_at: datetime.datetime = Field(alias="created_at")
    note: Optional[str] = Field(alias="note")
    offer_id: uuid.UUID = Field(alias="offer_id")
    session_id: uuid.UUID = Field(alias="session_id")
    student_id: uuid.UUID = Field(alias="student_id")


class PublicSessionBookingsInsert(TypedDict):
    change_notice_minutes: Annotated[int, Field(alias="change_notice_minutes")]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    note: NotRequired[Annotated[Optional[str], Field(alias="note")]]
    offer_id: Annotated[uuid.UUID, Field(alias="offer_id")]
    session_id: Annotated[uuid.UUID, Field(alias="session_id")]
    student_id: Annotated[uuid.UUID, Field(alias="student_id")]


class PublicSessionBookingsUpdate(TypedDict):
    change_notice_minutes: NotRequired[Annotated[int, Field(alias="change_notice_minutes")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    note: NotRequired[Annotated[Optional[str], Field(alias="note")]]
    offer_id: NotRequired[Annotated[uuid.UUID, Field(alias="offer_id")]]
    session_id: NotRequired[Annotated[uuid.UUID, Field(alias="session_id")]]
    student_id: NotRequired[Annotated[uuid.UUID, Field(alias="student_id")]]


class PublicSessionExcuses(BaseModel):
    created_at: datetime.datetime = Field(alias="created_at")
    decided_at: Optional[datetime.datetime] = Field(alias="decided_at")
    decided_by: Optional[uuid.UUID] = Field(alias="decided_by")
    decision_note: Optional[str] = Field(alias="decision_note")
    reason: str = Field(alias="reason")
    session_id: uuid.UUID = Field(alias="session_id")
    status: PublicExcuseStatus = Field(alias="status")
    student_id: uuid.UUID = Field(alias="student_id")
    updated_at: datetime.datetime = Field(alias="updated_at")


class PublicSessionExcusesInsert(TypedDict):
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    decided_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="decided_at")]]
    decided_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="decided_by")]]
    decision_note: NotRequired[Annotated[Optional[str], Field(alias="decision_note")]]
    reason: NotRequired[Annotated[str, Field(alias="reason")]]
    session_id: Annotated[uuid.UUID, Field(alias="session_id")]
    status: NotRequired[Annotated[PublicExcuseStatus, Field(alias="status")]]
    student_id: Annotated[uuid.UUID, Field(alias="student_id")]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]


class PublicSessionExcusesUpdate(TypedDict):
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    decided_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="decided_at")]]
    decided_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="decided_by")]]
    decision_note: NotRequired[Annotated[Optional[str], Field(alias="decision_note")]]
    reason: NotRequired[Annotated[str, Field(alias="reason")]]
    session_id: NotRequired[Annotated[uuid.UUID, Field(alias="session_id")]]
    status: NotRequired[Annotated[PublicExcuseStatus, Field(alias="status")]]
    student_id: NotRequired[Annotated[uuid.UUID, Field(alias="student_id")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]


class PublicSessionMeetings(BaseModel):
    attempts: int = Field(alias="attempts")
    begun_at: Optional[datetime.datetime] = Field(alias="begun_at")
    claim_id: Optional[uuid.UUID] = Field(alias="claim_id")
    claimed_action: Optional[str] = Field(alias="claimed_action")
    claimed_revision: Optional[int] = Field(alias="claimed_revision")
    created_at: datetime.datetime = Field(alias="created_at")
    done_revision: int = Field(alias="done_revision")
    due_at: Optional[datetime.datetime] = Field(alias="due_at")
    ended_at: Optional[datetime.datetime] = Field(alias="ended_at")
    external_id: Optional[str] = Field(alias="external_id")
    id: uuid.UUID = Field(alias="id")
    is_wanted: bool = Field(alias="is_wanted")
    link: Optional[str] = Field(alias="link")
    meeting_account_id: uuid.UUID = Field(alias="meeting_account_id")
    platform: str = Field(alias="platform")
    reason: Optional[str] = Field(alias="reason")
    report_due_at: Optional[datetime.datetime] = Field(alias="report_due_at")
    reported_at: Optional[datetime.datetime] = Field(alias="reported_at")
    revision: int = Field(alias="revision")
    session_id: Optional[uuid.UUID] = Field(alias="session_id")
    state: PublicMeetingState = Field(alias="state")
    sweep_due_at: Optional[datetime.datetime] = Field(alias="sweep_due_at")
    updated_at: datetime.datetime = Field(alias="updated_at")


class PublicSessionMeetingsInsert(TypedDict):
    attempts: NotRequired[Annotated[int, Field(alias="attempts")]]
    begun_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="begun_at")]]
    claim_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="claim_id")]]
    claimed_action: NotRequired[Annotated[Optional[str], Field(alias="claimed_action")]]
    claimed_revision: NotRequired[Annotated[Optional[int], Field(alias="claimed_revision")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    done_revision: NotRequired[Annotated[int, Field(alias="done_revision")]]
    due_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="due_at")]]
    ended_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="ended_at")]]
    external_id: NotRequired[Annotated[Optional[str], Field(alias="external_id")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    is_wanted: NotRequired[Annotated[bool, Field(alias="is_wanted")]]
    link: NotRequired[Annotated[Optional[str], Field(alias="link")]]
    meeting_account_id: Annotated[uuid.UUID, Field(alias="meeting_account_id")]
    platform: Annotated[str, Field(alias="platform")]
    reason: NotRequired[Annotated[Optional[str], Field(alias="reason")]]
    report_due_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="report_due_at")]]
    reported_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="reported_at")]]
    revision: NotRequired[Annotated[int, Field(alias="revision")]]
    session_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="session_id")]]
    state: NotRequired[Annotated[PublicMeetingState, Field(alias="state")]]
    sweep_due_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="sweep_due_at")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]


class PublicSessionMeetingsUpdate(TypedDict):
    attempts: NotRequired[Annotated[int, Field(alias="attempts")]]
    begun_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="begun_at")]]
    claim_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="claim_id")]]
    claimed_action: NotRequired[Annotated[Optional[str], Field(alias="claimed_action")]]
    claimed_revision: NotRequired[Annotated[Optional[int], Field(alias="claimed_revision")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    done_revision: NotRequired[Annotated[int, Field(alias="done_revision")]]
    due_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="due_at")]]
    ended_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="ended_at")]]
    external_id: NotRequired[Annotated[Optional[str], Field(alias="external_id")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    is_wanted: NotRequired[Annotated[bool, Field(alias="is_wanted")]]
    link: NotRequired[Annotated[Optional[str], Field(alias="link")]]
    meeting_account_id: NotRequired[Annotated[uuid.UUID, Field(alias="meeting_account_id")]]
    platform: NotRequired[Annotated[str, Field(alias="platform")]]
    reason: NotRequired[Annotated[Optional[str], Field(alias="reason")]]
    report_due_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="report_due_at")]]
    reported_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="reported_at")]]
    revision: NotRequired[Annotated[int, Field(alias="revision")]]
    session_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="session_id")]]
    state: NotRequired[Annotated[PublicMeetingState, Field(alias="state")]]
    sweep_due_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="sweep_due_at")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]


class PublicSessionParticipants(BaseModel):
    added_by: Optional[uuid.UUID] = Field(alias="added_by")
    created_at: datetime.datetime = Field(alias="created_at")
    session_id: uuid.UUID = Field(alias="session_id")
    user_id: uuid.UUID = Field(alias="user_id")


class PublicSessionParticipantsInsert(TypedDict):
    added_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="added_by")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    session_id: Annotated[uuid.UUID, Field(alias="session_id")]
    user_id: Annotated[uuid.UUID, Field(alias="user_id")]


class PublicSessionParticipantsUpdate(TypedDict):
    added_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="added_by")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    session_id: NotRequired[Annotated[uuid.UUID, Field(alias="session_id")]]
    user_id: NotRequired[Annotated[uuid.UUID, Field(alias="user_id")]]


class PublicSessionRatings(BaseModel):
    comment: Optional[str] = Field(alias="comment")
    created_at: datetime.datetime = Field(alias="created_at")
    rating: int = Field(alias="rating")
    session_id: uuid.UUID = Field(alias="session_id")
    student_id: uuid.UUID = Field(alias="student_id")


class PublicSessionRatingsInsert(TypedDict):
    comment: NotRequired[Annotated[Optional[str], Field(alias="comment")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    rating: Annotated[int, Field(alias="rating")]
    session_id: Annotated[uuid.UUID, Field(alias="session_id")]
    student_id: Annotated[uuid.UUID, Field(alias="student_id")]


class PublicSessionRatingsUpdate(TypedDict):
    comment: NotRequired[Annotated[Optional[str], Field(alias="comment")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    rating: NotRequired[Annotated[int, Field(alias="rating")]]
    session_id: NotRequired[Annotated[uuid.UUID, Field(alias="session_id")]]
    student_id: NotRequired[Annotated[uuid.UUID, Field(alias="student_id")]]


class PublicSessionRecordingViews(BaseModel):
    id: uuid.UUID = Field(alias="id")
    recording_id: uuid.UUID = Field(alias="recording_id")
    session_id: uuid.UUID = Field(alias="session_id")
    user_id: uuid.UUID = Field(alias="user_id")
    viewed_at: datetime.datetime = Field(alias="viewed_at")


class PublicSessionRecordingViewsInsert(TypedDict):
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    recording_id: Annotated[uuid.UUID, Field(alias="recording_id")]
    session_id: Annotated[uuid.UUID, Field(alias="session_id")]
    user_id: Annotated[uuid.UUID, Field(alias="user_id")]
    viewed_at: NotRequired[Annotated[datetime.datetime, Field(alias="viewed_at")]]


class PublicSessionRecordingViewsUpdate(TypedDict):
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    recording_id: NotRequired[Annotated[uuid.UUID, Field(alias="recording_id")]]
    session_id: NotRequired[Annotated[uuid.UUID, Field(alias="session_id")]]
    user_id: NotRequired[Annotated[uuid.UUID, Field(alias="user_id")]]
    viewed_at: NotRequired[Annotated[datetime.datetime, Field(alias="viewed_at")]]


class PublicSessionRecordings(BaseModel):
    announce_at: Optional[datetime.datetime] = Field(alias="announce_at")
    available_from: datetime.datetime = Field(alias="available_from")
    available_until: Optional[datetime.datetime] = Field(alias="available_until")
    created_at: datetime.datetime = Field(alias="created_at")
    created_by: Optional[uuid.UUID] = Field(alias="created_by")
    duration_minutes: Optional[int] = Field(alias="duration_minutes")
    event_id: Optional[str] = Field(alias="event_id")
    id: uuid.UUID = Field(alias="id")
    is_published: bool = Field(alias="is_published")
    notify: bool = Field(alias="notify")
    platform: Optional[str] = Field(alias="platform")
    session_id: uuid.UUID = Field(alias="session_id")
    storage_path: Optional[str] = Field(alias="storage_path")
    title: Optional[str] = Field(alias="title")
    told_at: Optional[datetime.datetime] = Field(alias="told_at")
    updated_at: datetime.datetime = Field(alias="updated_at")
    url: Optional[str] = Field(alias="url")


class PublicSessionRecordingsInsert(TypedDict):
    announce_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="announce_at")]]
    available_from: NotRequired[Annotated[datetime.datetime, Field(alias="available_from")]]
    available_until: NotRequired[
        Annotated[Optional[datetime.datetime], Field(alias="available_until")]
    ]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    created_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="created_by")]]
    duration_minutes: NotRequired[Annotated[Optional[int], Field(alias="duration_minutes")]]
    event_id: NotRequired[Annotated[Optional[str], Field(alias="event_id")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    is_published: NotRequired[Annotated[bool, Field(alias="is_published")]]
    notify: NotRequired[Annotated[bool, Field(alias="notify")]]
    platform: NotRequired[Annotated[Optional[str], Field(alias="platform")]]
    session_id: Annotated[uuid.UUID, Field(alias="session_id")]
    storage_path: NotRequired[Annotated[Optional[str], Field(alias="storage_path")]]
    title: NotRequired[Annotated[Optional[str], Field(alias="title")]]
    told_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="told_at")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]
    url: NotRequired[Annotated[Optional[str], Field(alias="url")]]


class PublicSessionRecordingsUpdate(TypedDict):
    announce_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="announce_at")]]
    available_from: NotRequired[Annotated[datetime.datetime, Field(alias="available_from")]]
    available_until: NotRequired[
        Annotated[Optional[datetime.datetime], Field(alias="available_until")]
    ]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    created_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="created_by")]]
    duration_minutes: NotRequired[Annotated[Optional[int], Field(alias="duration_minutes")]]
    event_id: NotRequired[Annotated[Optional[str], Field(alias="event_id")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    is_published: NotRequired[Annotated[bool, Field(alias="is_published")]]
    notify: NotRequired[Annotated[bool, Field(alias="notify")]]
    platform: NotRequired[Annotated[Optional[str], Field(alias="platform")]]
    session_id: NotRequired[Annotated[uuid.UUID, Field(alias="session_id")]]
    storage_path: NotRequired[Annotated[Optional[str], Field(alias="storage_path")]]
    title: NotRequired[Annotated[Optional[str], Field(alias="title")]]
    told_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="told_at")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]
    url: NotRequired[Annotated[Optional[str], Field(alias="url")]]


class PublicSessionRegistrations(BaseModel):
    created_at: datetime.datetime = Field(alias="created_at")
    queued_at: datetime.datetime = Field(alias="queued_at")
    session_id: uuid.UUID = Field(alias="session_id")
    status: PublicRegistrationStatus = Field(alias="status")
    student_id: uuid.UUID = Field(alias="student_id")
    updated_at: datetime.datetime = Field(alias="updated_at")


class PublicSessionRegistrationsInsert(TypedDict):
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    queued_at: NotRequired[Annotated[datetime.datetime, Field(alias="queued_at")]]
    session_id: Annotated[uuid.UUID, Field(alias="session_id")]
    status: Annotated[PublicRegistrationStatus, Field(alias="status")]
    student_id: Annotated[uuid.UUID, Field(alias="student_id")]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]


class PublicSessionRegistrationsUpdate(TypedDict):
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    queued_at: NotRequired[Annotated[datetime.datetime, Field(alias="queued_at")]]
    session_id: NotRequired[Annotated[uuid.UUID, Field(alias="session_id")]]
    status: NotRequired[Annotated[PublicRegistrationStatus, Field(alias="status")]]
    student_id: NotRequired[Annotated[uuid.UUID, Field(alias="student_id")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]


class PublicSessionSeries(BaseModel):
    audience_key: Optional[uuid.UUID] = Field(alias="audience_key")
    backup_credentials_updated_at: Optional[datetime.datetime] = Field(
        alias="backup_credentials_updated_at"
    )
    backup_link: Optional[str] = Field(alias="backup_link")
    batch_id: Optional[uuid.UUID] = Field(alias="batch_id")
    calendar_uid: uuid.UUID = Field(alias="calendar_uid")
    capacity: Optional[int] = Field(alias="capacity")
    course_id: Optional[uuid.UUID] = Field(alias="course_id")
    created_at: datetime.datetime = Field(alias="created_at")
    created_by: Optional[uuid.UUID] = Field(alias="created_by")
    credentials_updated_at: Optional[datetime.datetime] = Field(alias="credentials_updated_at")
    description: Optional[str] = Field(alias="description")
    duration: str = Field(alias="duration")
    exdates: List[datetime.date] = Field(alias="exdates")
    first_date: Optional[datetime.date] = Field(alias="first_date")
    host_key: uuid.UUID = Field(alias="host_key")
    id: uuid.UUID = Field(alias="id")
    last_date: Optional[datetime.date] = Field(alias="last_date")
    link: Optional[str] = Field(alias="link")
    meeting_account_id: Optional[uuid.UUID] = Field(alias="meeting_account_id")
    mentor_id: Optional[uuid.UUID] = Field(alias="mentor_id")
    next_start: Optional[datetime.datetime] = Field(alias="next_start")
    platform: str = Field(alias="platform")
    platform_data: JsonValue = Field(alias="platform_data")
    registration_closes_before: Optional[str] = Field(alias="registration_closes_before")
    registration_required: bool = Field(alias="registration_required")
    reminder_minutes: Optional[List[int]] = Field(alias="reminder_minutes")
    retry_at: Optional[datetime.datetime] = Field(alias="retry_at")
    rrule: str = Field(alias="rrule")
    session_type: PublicSessionType = Field(alias="session_type")
    start_time: datetime.datetime = Field(alias="start_time")
    timezone: str = Field(alias="timezone")
    title: str = Field(alias="title")
    updated_at: datetime.datetime = Field(alias="updated_at")
    zoom_meeting_id: Optional[str] = Field(alias="zoom_meeting_id")
    zoom_passcode: Optional[str] = Field(alias="zoom_passcode")


class PublicSessionSeriesInsert(TypedDict):
    audience_key: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="audience_key")]]
    backup_credentials_updated_at: NotRequired[
        Annotated[Optional[datetime.datetime], Field(alias="backup_credentials_updated_at")]
    ]
    backup_link: NotRequired[Annotated[Optional[str], Field(alias="backup_link")]]
    batch_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="batch_id")]]
    calendar_uid: Annotated[uuid.UUID, Field(alias="calendar_uid")]
    capacity: NotRequired[Annotated[Optional[int], Field(alias="capacity")]]
    course_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="course_id")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    created_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="created_by")]]
    credentials_updated_at: NotRequired[
        Annotated[Optional[datetime.datetime], Field(alias="credentials_updated_at")]
    ]
    description: NotRequired[Annotated[Optional[str], Field(alias="description")]]
    duration: Annotated[str, Field(alias="duration")]
    exdates: NotRequired[Annotated[List[datetime.date], Field(alias="exdates")]]
    first_date: NotRequired[Annotated[Optional[datetime.date], Field(alias="first_date")]]
    host_key: NotRequired[Annotated[uuid.UUID, Field(alias="host_key")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    last_date: NotRequired[Annotated[Optional[datetime.date], Field(alias="last_date")]]
    link: NotRequired[Annotated[Optional[str], Field(alias="link")]]
    meeting_account_id: NotRequired[
        Annotated[Optional[uuid.UUID], Field(alias="meeting_account_id")]
    ]
    mentor_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="mentor_id")]]
    next_start: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="next_start")]]
    platform: NotRequired[Annotated[str, Field(alias="platform")]]
    platform_data: NotRequired[Annotated[JsonValue, Field(alias="platform_data")]]
    registration_closes_before: NotRequired[
        Annotated[Optional[str], Field(alias="registration_closes_before")]
    ]
    registration_required: NotRequired[Annotated[bool, Field(alias="registration_required")]]
    reminder_minutes: NotRequired[Annotated[Optional[List[int]], Field(alias="reminder_minutes")]]
    retry_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="retry_at")]]
    rrule: Annotated[str, Field(alias="rrule")]
    session_type: NotRequired[Annotated[PublicSessionType, Field(alias="session_type")]]
    start_time: Annotated[datetime.datetime, Field(alias="start_time")]
    timezone: NotRequired[Annotated[str, Field(alias="timezone")]]
    title: Annotated[str, Field(alias="title")]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]
    zoom_meeting_id: NotRequired[Annotated[Optional[str], Field(alias="zoom_meeting_id")]]
    zoom_passcode: NotRequired[Annotated[Optional[str], Field(alias="zoom_passcode")]]


class PublicSessionSeriesUpdate(TypedDict):
    audience_key: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="audience_key")]]
    backup_credentials_updated_at: NotRequired[
        Annotated[Optional[datetime.datetime], Field(alias="backup_credentials_updated_at")]
    ]
    backup_link: NotRequired[Annotated[Optional[str], Field(alias="backup_link")]]
    batch_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="batch_id")]]
    calendar_uid: NotRequired[Annotated[uuid.UUID, Field(alias="calendar_uid")]]
    capacity: NotRequired[Annotated[Optional[int], Field(alias="capacity")]]
    course_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="course_id")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    created_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="created_by")]]
    credentials_updated_at: NotRequired[
        Annotated[Optional[datetime.datetime], Field(alias="credentials_updated_at")]
    ]
    description: NotRequired[Annotated[Optional[str], Field(alias="description")]]
    duration: NotRequired[Annotated[str, Field(alias="duration")]]
    exdates: NotRequired[Annotated[List[datetime.date], Field(alias="exdates")]]
    first_date: NotRequired[Annotated[Optional[datetime.date], Field(alias="first_date")]]
    host_key: NotRequired[Annotated[uuid.UUID, Field(alias="host_key")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    last_date: NotRequired[Annotated[Optional[datetime.date], Field(alias="last_date")]]
    link: NotRequired[Annotated[Optional[str], Field(alias="link")]]
    meeting_account_id: NotRequired[
        Annotated[Optional[uuid.UUID], Field(alias="meeting_account_id")]
    ]
    mentor_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="mentor_id")]]
    next_start: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="next_start")]]
    platform: NotRequired[Annotated[str, Field(alias="platform")]]
    platform_data: NotRequired[Annotated[JsonValue, Field(alias="platform_data")]]
    registration_closes_before: NotRequired[
        Annotated[Optional[str], Field(alias="registration_closes_before")]
    ]
    registration_required: NotRequired[Annotated[bool, Field(alias="registration_required")]]
    reminder_minutes: NotRequired[Annotated[Optional[List[int]], Field(alias="reminder_minutes")]]
    retry_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="retry_at")]]
    rrule: NotRequired[Annotated[str, Field(alias="rrule")]]
    session_type: NotRequired[Annotated[PublicSessionType, Field(alias="session_type")]]
    start_time: NotRequired[Annotated[datetime.datetime, Field(alias="start_time")]]
    timezone: NotRequired[Annotated[str, Field(alias="timezone")]]
    title: NotRequired[Annotated[str, Field(alias="title")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]
    zoom_meeting_id: NotRequired[Annotated[Optional[str], Field(alias="zoom_meeting_id")]]
    zoom_passcode: NotRequired[Annotated[Optional[str], Field(alias="zoom_passcode")]]


class PublicSuccessSessions(BaseModel):
    audience_key: Optional[uuid.UUID] = Field(alias="audience_key")
    backup_credentials_updated_at: Optional[datetime.datetime] = Field(
        alias="backup_credentials_updated_at"
    )
    backup_link: Optional[str] = Field(alias="backup_link")
    batch_id: Optional[uuid.UUID] = Field(alias="batch_id")
    calendar_uid: uuid.UUID = Field(alias="calendar_uid")
    cancel_reason: Optional[str] = Field(alias="cancel_reason")
    capacity: Optional[int] = Field(alias="capacity")
    course_id: Optional[uuid.UUID] = Field(alias="course_id")
    created_at: datetime.datetime = Field(alias="created_at")
    created_by: Optional[uuid.UUID] = Field(alias="created_by")
    credentials_updated_at: Optional[datetime.datetime] = Field(alias="credentials_updated_at")
    description: Optional[str] = Field(alias="description")
    end_time: datetime.datetime = Field(alias="end_time")
    host_key: uuid.UUID = Field(alias="host_key")
    id: uuid.UUID = Field(alias="id")
    link: Optional[str] = Field(alias="link")
    link_failed_at: Optional[datetime.datetime] = Field(alias="link_failed_at")
    link_failure_note: Optional[str] = Field(alias="link_failure_note")
    meeting_account_id: Optional[uuid.UUID] = Field(alias="meeting_account_id")
    mentor_id: Optional[uuid.UUID] = Field(alias="mentor_id")
    platform: str = Field(alias="platform")
    platform_data: JsonValue = Field(alias="platform_data")
    recurrence_id: Optional[datetime.datetime] = Field(alias="recurrence_id")
    registration_closes_at: Optional[datetime.datetime] = Field(alias="registration_closes_at")
    registration_required: bool = Field(alias="registration_required")
    reminder_minutes: Optional[List[int]] = Field(alias="reminder_minutes")
    sequence: int = Field(alias="sequence")
    series_date: Optional[datetime.date] = Field(alias="series_date")
    series_id: Optional[uuid.UUID] = Field(alias="series_id")
    session_type: PublicSessionType = Field(alias="session_type")
    start_time: datetime.datetime = Field(alias="start_time")
    status: PublicSessionStatus = Field(alias="status")
    status_due_at: Optional[datetime.datetime] = Field(alias="status_due_at")
    timezone: str = Field(alias="timezone")
    title: str = Field(alias="title")
    updated_at: datetime.datetime = Field(alias="updated_at")
    zoom_meeting_id: Optional[str] = Field(alias="zoom_meeting_id")
    zoom_passcode: Optional[str] = Field(alias="zoom_passcode")


class PublicSuccessSessionsInsert(TypedDict):
    audience_key: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="audience_key")]]
    backup_credentials_updated_at: NotRequired[
        Annotated[Optional[datetime.datetime], Field(alias="backup_credentials_updated_at")]
    ]
    backup_link: NotRequired[Annotated[Optional[str], Field(alias="backup_link")]]
    batch_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="batch_id")]]
    calendar_uid: NotRequired[Annotated[uuid.UUID, Field(alias="calendar_uid")]]
    cancel_reason: NotRequired[Annotated[Optional[str], Field(alias="cancel_reason")]]
    capacity: NotRequired[Annotated[Optional[int], Field(alias="capacity")]]
    course_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="course_id")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    created_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="created_by")]]
    credentials_updated_at: NotRequired[
        Annotated[Optional[datetime.datetime], Field(alias="credentials_updated_at")]
    ]
    description: NotRequired[Annotated[Optional[str], Field(alias="description")]]
    end_time: NotRequired[Annotated[datetime.datetime, Field(alias="end_time")]]
    host_key: NotRequired[Annotated[uuid.UUID, Field(alias="host_key")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    link: NotRequired[Annotated[Optional[str], Field(alias="link")]]
    link_failed_at: NotRequired[
        Annotated[Optional[datetime.datetime], Field(alias="link_failed_at")]
    ]
    link_failure_note: NotRequired[Annotated[Optional[str], Field(alias="link_failure_note")]]
    meeting_account_id: NotRequired[
        Annotated[Optional[uuid.UUID], Field(alias="meeting_account_id")]
    ]
    mentor_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="mentor_id")]]
    platform: NotRequired[Annotated[str, Field(alias="platform")]]
    platform_data: NotRequired[Annotated[JsonValue, Field(alias="platform_data")]]
    recurrence_id: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="recurrence_id")]]
    registration_closes_at: NotRequired[
        Annotated[Optional[datetime.datetime], Field(alias="registration_closes_at")]
    ]
    registration_required: NotRequired[Annotated[bool, Field(alias="registration_required")]]
    reminder_minutes: NotRequired[Annotated[Optional[List[int]], Field(alias="reminder_minutes")]]
    sequence: NotRequired[Annotated[int, Field(alias="sequence")]]
    series_date: NotRequired[Annotated[Optional[datetime.date], Field(alias="series_date")]]
    series_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="series_id")]]
    session_type: NotRequired[Annotated[PublicSessionType, Field(alias="session_type")]]
    start_time: Annotated[datetime.datetime, Field(alias="start_time")]
    status: NotRequired[Annotated[PublicSessionStatus, Field(alias="status")]]
    status_due_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="status_due_at")]]
    timezone: NotRequired[Annotated[str, Field(alias="timezone")]]
    title: Annotated[str, Field(alias="title")]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]
    zoom_meeting_id: NotRequired[Annotated[Optional[str], Field(alias="zoom_meeting_id")]]
    zoom_passcode: NotRequired[Annotated[Optional[str], Field(alias="zoom_passcode")]]


class PublicSuccessSessionsUpdate(TypedDict):
    audience_key: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="audience_key")]]
    backup_credentials_updated_at: NotRequired[
        Annotated[Optional[datetime.datetime], Field(alias="backup_credentials_updated_at")]
    ]
    backup_link: NotRequired[Annotated[Optional[str], Field(alias="backup_link")]]
    batch_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="batch_id")]]
    calendar_uid: NotRequired[Annotated[uuid.UUID, Field(alias="calendar_uid")]]
    cancel_reason: NotRequired[Annotated[Optional[str], Field(alias="cancel_reason")]]
    capacity: NotRequired[Annotated[Optional[int], Field(alias="capacity")]]
    course_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="course_id")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    created_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="created_by")]]
    credentials_updated_at: NotRequired[
        Annotated[Optional[datetime.datetime], Field(alias="credentials_updated_at")]
    ]
    description: NotRequired[Annotated[Optional[str], Field(alias="description")]]
    end_time: NotRequired[Annotated[datetime.datetime, Field(alias="end_time")]]
    host_key: NotRequired[Annotated[uuid.UUID, Field(alias="host_key")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    link: NotRequired[Annotated[Optional[str], Field(alias="link")]]
    link_failed_at: NotRequired[
        Annotated[Optional[datetime.datetime], Field(alias="link_failed_at")]
    ]
    link_failure_note: NotRequired[Annotated[Optional[str], Field(alias="link_failure_note")]]
    meeting_account_id: NotRequired[
        Annotated[Optional[uuid.UUID], Field(alias="meeting_account_id")]
    ]
    mentor_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="mentor_id")]]
    platform: NotRequired[Annotated[str, Field(alias="platform")]]
    platform_data: NotRequired[Annotated[JsonValue, Field(alias="platform_data")]]
    recurrence_id: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="recurrence_id")]]
    registration_closes_at: NotRequired[
        Annotated[Optional[datetime.datetime], Field(alias="registration_closes_at")]
    ]
    registration_required: NotRequired[Annotated[bool, Field(alias="registration_required")]]
    reminder_minutes: NotRequired[Annotated[Optional[List[int]], Field(alias="reminder_minutes")]]
    sequence: NotRequired[Annotated[int, Field(alias="sequence")]]
    series_date: NotRequired[Annotated[Optional[datetime.date], Field(alias="series_date")]]
    series_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="series_id")]]
    session_type: NotRequired[Annotated[PublicSessionType, Field(alias="session_type")]]
    start_time: NotRequired[Annotated[datetime.datetime, Field(alias="start_time")]]
    status: NotRequired[Annotated[PublicSessionStatus, Field(alias="status")]]
    status_due_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="status_due_at")]]
    timezone: NotRequired[Annotated[str, Field(alias="timezone")]]
    title: NotRequired[Annotated[str, Field(alias="title")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]
    zoom_meeting_id: NotRequired[Annotated[Optional[str], Field(alias="zoom_meeting_id")]]
    zoom_passcode: NotRequired[Annotated[Optional[str], Field(alias="zoom_passcode")]]


class PublicUserRoles(BaseModel):
    granted_at: datetime.datetime = Field(alias="granted_at")
    role: PublicAppRole = Field(alias="role")
    user_id: uuid.UUID = Field(alias="user_id")


class PublicUserRolesInsert(TypedDict):
    granted_at: NotRequired[Annotated[datetime.datetime, Field(alias="granted_at")]]
    role: Annotated[PublicAppRole, Field(alias="role")]
    user_id: Annotated[uuid.UUID, Field(alias="user_id")]


class PublicUserRolesUpdate(TypedDict):
    granted_at: NotRequired[Annotated[datetime.datetime, Field(alias="granted_at")]]
    role: NotRequired[Annotated[PublicAppRole, Field(alias="role")]]
    user_id: NotRequired[Annotated[uuid.UUID, Field(alias="user_id")]]


class PublicWebhookEndpoints(BaseModel):
    created_at: datetime.datetime = Field(alias="created_at")
    created_by: Optional[uuid.UUID] = Field(alias="created_by")
    description: Optional[str] = Field(alias="description")
    event_types: List[str] = Field(alias="event_types")
    id: uuid.UUID = Field(alias="id")
    is_active: bool = Field(alias="is_active")
    previous_secret_until: Optional[datetime.datetime] = Field(alias="previous_secret_until")
    updated_at: datetime.datetime = Field(alias="updated_at")
    url: str = Field(alias="url")


class PublicWebhookEndpointsInsert(TypedDict):
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    created_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="created_by")]]
    description: NotRequired[Annotated[Optional[str], Field(alias="description")]]
    event_types: Annotated[List[str], Field(alias="event_types")]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    is_active: NotRequired[Annotated[bool, Field(alias="is_active")]]
    previous_secret_until: NotRequired[
        Annotated[Optional[datetime.datetime], Field(alias="previous_secret_until")]
    ]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]
    url: Annotated[str, Field(alias="url")]


class PublicWebhookEndpointsUpdate(TypedDict):
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    created_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="created_by")]]
    description: NotRequired[Annotated[Optional[str], Field(alias="description")]]
    event_types: NotRequired[Annotated[List[str], Field(alias="event_types")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    is_active: NotRequired[Annotated[bool, Field(alias="is_active")]]
    previous_secret_until: NotRequired[
        Annotated[Optional[datetime.datetime], Field(alias="previous_secret_until")]
    ]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]
    url: NotRequired[Annotated[str, Field(alias="url")]]


class PublicBlackoutClashes(BaseModel):
    blackout_id: uuid.UUID = Field(alias="blackout_id")
    course_id: Optional[uuid.UUID] = Field(alias="course_id")
    end_time: datetime.datetime = Field(alias="end_time")
    first_date: datetime.date = Field(alias="first_date")
    last_date: datetime.date = Field(alias="last_date")
    name: str = Field(alias="name")
    series_id: Optional[uuid.UUID] = Field(alias="series_id")
    session_id: uuid.UUID = Field(alias="session_id")
    start_time: datetime.datetime = Field(alias="start_time")
    status: PublicSessionStatus = Field(alias="status")
    timezone: str = Field(alias="timezone")
    title: str = Field(alias="title")


class PublicSegmentedWeeklySuccessSessions(BaseModel):
    attendance_status: Optional[PublicAttendanceStatus] = Field(alias="attendance_status")
    audience: Optional[str] = Field(alias="audience")
    backup_link: Optional[str] = Field(alias="backup_link")
    batch_id: Optional[uuid.UUID] = Field(alias="batch_id")
    can_join: Optional[bool] = Field(alias="can_join")
    capacity: Optional[int] = Field(alias="capacity")
    course_id: Optional[uuid.UUID] = Field(alias="course_id")
    description: Optional[str] = Field(alias="description")
    end_time: datetime.datetime = Field(alias="end_time")
    id: uuid.UUID = Field(alias="id")
    is_on_backup_link: Optional[bool] = Field(alias="is_on_backup_link")
    join_opens_at: Optional[datetime.datetime] = Field(alias="join_opens_at")
    joined_at: Optional[datetime.datetime] = Field(alias="joined_at")
    left_at: Optional[datetime.datetime] = Field(alias="left_at")
    link: Optional[str] = Field(alias="link")
    link_pending: Optional[bool] = Field(alias="link_pending")
    local_end: Optional[datetime.datetime] = Field(alias="local_end")
    local_start: Optional[datetime.datetime] = Field(alias="local_start")
    local_timezone: Optional[str] = Field(alias="local_timezone")
    mentor_id: Optional[uuid.UUID] = Field(alias="mentor_id")
    mentor_name: Optional[str] = Field(alias="mentor_name")
    minutes_present: Optional[int] = Field(alias="minutes_present")
    platform: str = Field(alias="platform")
    recurrence_id: Optional[datetime.datetime] = Field(alias="recurrence_id")
    registration_closes_at: Optional[datetime.datetime] = Field(alias="registration_closes_at")
    registration_required: bool = Field(alias="registration_required")
    registration_status: Optional[PublicRegistrationStatus] = Field(alias="registration_status")
    seats_left: Optional[int] = Field(alias="seats_left")
    segment: Optional[str] = Field(alias="segment")
    sequence: int = Field(alias="sequence")
    series_id: Optional[uuid.UUID] = Field(alias="series_id")
    session_type: PublicSessionType = Field(alias="session_type")
    start_time: datetime.datetime = Field(alias="start_time")
    status: Optional[PublicSessionStatus] = Field(alias="status")
    timezone: str = Field(alias="timezone")
    title: str = Field(alias="title")
    waitlist_position: Optional[int] = Field(alias="waitlist_position")
    week_start: Optional[datetime.date] = Field(alias="week_start")
    zoom_meeting_id: Optional[str] = Field(alias="zoom_meeting_id")


class PublicTimeOffClashes(BaseModel):
    end_time: datetime.datetime = Field(alias="end_time")
    mentor_id: uuid.UUID = Field(alias="mentor_id")
    mentor_name: Optional[str] = Field(alias="mentor_name")
    session_id: uuid.UUID = Field(alias="session_id")
    start_time: datetime.datetime = Field(alias="start_time")
    status: PublicSessionStatus = Field(alias="status")
    time_off_end: datetime.datetime = Field(alias="time_off_end")
    time_off_id: uuid.UUID = Field(alias="time_off_id")
    time_off_start: datetime.datetime = Field(alias="time_off_start")
    timezone: str = Field(alias="timezone")
    title: str = Field(alias="title")


class PublicAttendanceFigures(BaseModel):
    period_start: Optional[datetime.date] = Field(alias="period_start")
    period_end: Optional[datetime.date] = Field(alias="period_end")
    sessions: Optional[int] = Field(alias="sessions")
    cancelled_sessions: Optional[int] = Field(alias="cancelled_sessions")
    expected: Optional[int] = Field(alias="expected")
    attended: Optional[int] = Field(alias="attended")
    present: Optional[int] = Field(alias="present")
    late: Optional[int] = Field(alias="late")
    partial: Optional[int] = Field(alias="partial")
    absent: Optional[int] = Field(alias="absent")
    excused: Optional[int] = Field(alias="excused")
    attendance_rate: Optional[float] = Field(alias="attendance_rate")
    previous_attendance_rate: Optional[float] = Field(alias="previous_attendance_rate")
    attendance_rate_change: Optional[float] = Field(alias="attendance_rate_change")
    late_rate: Optional[float] = Field(alias="late_rate")
    no_shows: Optional[int] = Field(alias="no_shows")
    no_show_rate: Optional[float] = Field(alias="no_show_rate")
    mean_minutes: Optional[float] = Field(alias="mean_minutes")
    minutes_p10: Optional[int] = Field(alias="minutes_p10")
    minutes_p50: Optional[int] = Field(alias="minutes_p50")
    minutes_p90: Optional[int] = Field(alias="minutes_p90")
    registered: Optional[int] = Field(alias="registered")
    seats: Optional[int] = Field(alias="seats")
    fill_rate: Optional[float] = Field(alias="fill_rate")
    ratings: Optional[int] = Field(alias="ratings")
    mean_rating: Optional[float] = Field(alias="mean_rating")


class PublicAttendanceImportRow(BaseModel):
    number: Optional[int] = Field(alias="number")
    is_accepted: Optional[bool] = Field(alias="is_accepted")
    student_id: Optional[uuid.UUID] = Field(alias="student_id")
    status: Optional[PublicAttendanceStatus] = Field(alias="status")
    problem: Optional[str] = Field(alias="problem")


class PublicAuditVerification(BaseModel):
    is_intact: Optional[bool] = Field(alias="is_intact")
    problem: Optional[str] = Field(alias="problem")
    seals: Optional[int] = Field(alias="seals")
    sealed_entries: Optional[int] = Field(alias="sealed_entries")
    unsealed_entries: Optional[int] = Field(alias="unsealed_entries")
    redacted_entries: Optional[int] = Field(alias="redacted_entries")
    dropped_seals: Optional[int] = Field(alias="dropped_seals")
    kept_from: Optional[datetime.datetime] = Field(alias="kept_from")
    sealed_at: Optional[datetime.datetime] = Field(alias="sealed_at")
    last_seal: Optional[int] = Field(alias="last_seal")
    last_hash: Optional[str] = Field(alias="last_hash")


class PublicAvailableMentor(BaseModel):
    mentor_id: Optional[uuid.UUID] = Field(alias="mentor_id")
    full_name: Optional[str] = Field(alias="full_name")
    timezone: Optional[str] = Field(alias="timezone")
    sessions: Optional[int] = Field(alias="sessions")
    minutes: Optional[int] = Field(alias="minutes")


class PublicBookableSlot(BaseModel):
    offer_id: Optional[uuid.UUID] = Field(alias="offer_id")
    mentor_id: Optional[uuid.UUID] = Field(alias="mentor_id")
    mentor_name: Optional[str] = Field(alias="mentor_name")
    title: Optional[str] = Field(alias="title")
    start_time: Optional[datetime.datetime] = Field(alias="start_time")
    end_time: Optional[datetime.datetime] = Field(alias="end_time")
    timezone: Optional[str] = Field(alias="timezone")
    local_start: Optional[datetime.datetime] = Field(alias="local_start")
    local_end: Optional[datetime.datetime] = Field(alias="local_end")
    local_timezone: Optional[str] = Field(alias="local_timezone")
    overlapping_session_ids: Optional[List[uuid.UUID]] = Field(alias="overlapping_session_ids")


class PublicBookingDetails(BaseModel):
    session_id: Optional[uuid.UUID] = Field(alias="session_id")
    offer_id: Optional[uuid.UUID] = Field(alias="offer_id")
    title: Optional[str] = Field(alias="title")
    description: Optional[str] = Field(alias="description")
    mentor_id: Optional[uuid.UUID] = Field(alias="mentor_id")
    mentor_name: Optional[str] = Field(alias="mentor_name")
    start_time: Optional[datetime.datetime] = Field(alias="start_time")
    end_time: Optional[datetime.datetime] = Field(alias="end_time")
    timezone: Optional[str] = Field(alias="timezone")
    platform: Optional[str] = Field(alias="platform")
    status: Optional[PublicSessionStatus] = Field(alias="status")
    cancel_reason: Optional[str] = Field(alias="cancel_reason")
    changes_until: Optional[datetime.datetime] = Field(alias="changes_until")


class PublicBookingOfferCredentialDetails(BaseModel):
    offer_id: Optional[uuid.UUID] = Field(alias="offer_id")
    platform: Optional[str] = Field(alias="platform")
    link: Optional[str] = Field(alias="link")
    backup_link: Optional[str] = Field(alias="backup_link")
    zoom_meeting_id: Optional[str] = Field(alias="zoom_meeting_id")
    passcode: Optional[str] = Field(alias="passcode")


class PublicCheckInCode(BaseModel):
    session_id: Optional[uuid.UUID] = Field(alias="session_id")
    code: Optional[str] = Field(alias="code")
    valid_until: Optional[datetime.datetime] = Field(alias="valid_until")


class PublicCheckInResult(BaseModel):
    is_accepted: Optional[bool] = Field(alias="is_accepted")
    attendance_status: Optional[PublicAttendanceStatus] = Field(alias="attendance_status")
    guesses_left: Optional[int] = Field(alias="guesses_left")


class PublicMeetingTask(BaseModel):
    meeting_id: Optional[uuid.UUID] = Field(alias="meeting_id")
    claim_id: Optional[uuid.UUID] = Field(alias="claim_id")
    action: Optional[str] = Field(alias="action")
    attempt: Optional[int] = Field(alias="attempt")
    may_exist: Optional[bool] = Field(alias="may_exist")
    platform: Optional[str] = Field(alias="platform")
    account: Optional[str] = Field(alias="account")
    external_id: Optional[str] = Field(alias="external_id")
    title: Optional[str] = Field(alias="title")
    description: Optional[str] = Field(alias="description")
    start_time: Optional[datetime.datetime] = Field(alias="start_time")
    end_time: Optional[datetime.datetime] = Field(alias="end_time")
    timezone: Optional[str] = Field(alias="timezone")
    platform_data: Optional[JsonValue] = Field(alias="platform_data")


class PublicMentorFigures(BaseModel):
    mentor_id: Optional[uuid.UUID] = Field(alias="mentor_id")
    mentor_name: Optional[str] = Field(alias="mentor_name")
    period_start: Optional[datetime.date] = Field(alias="period_start")
    period_end: Optional[datetime.date] = Field(alias="period_end")
    sessions: Optional[int] = Field(alias="sessions")
    minutes_hosted: Optional[int] = Field(alias="minutes_hosted")
    cancelled_sessions: Optional[int] = Field(alias="cancelled_sessions")
    cancellation_rate: Optional[float] = Field(alias="cancellation_rate")
    joined_in_time: Optional[int] = Field(alias="joined_in_time")
    joined_late: Optional[int] = Field(alias="joined_late")
    not_seen: Optional[int] = Field(alias="not_seen")
    punctuality_rate: Optional[float] = Field(alias="punctuality_rate")
    mean_minutes_late: Optional[float] = Field(alias="mean_minutes_late")
    taken_over: Optional[int] = Field(alias="taken_over")
    handed_over: Optional[int] = Field(alias="handed_over")
    expected: Optional[int] = Field(alias="expected")
    attended: Optional[int] = Field(alias="attended")
    attendance_rate: Optional[float] = Field(alias="attendance_rate")
    previous_attendance_rate: Optional[float] = Field(alias="previous_attendance_rate")
    attendance_rate_change: Optional[float] = Field(alias="attendance_rate_change")
    registered: Optional[int] = Field(alias="registered")
    seats: Optional[int] = Field(alias="seats")
    fill_rate: Optional[float] = Field(alias="fill_rate")
    ratings: Optional[int] = Field(alias="ratings")
    mean_rating: Optional[float] = Field(alias="mean_rating")


class PublicNotificationExplanation(BaseModel):
    event_id: Optional[int] = Field(alias="event_id")
    changed_at: Optional[datetime.datetime] = Field(alias="changed_at")
    change: Optional[str] = Field(alias="change")
    changed_fields: Optional[List[str]] = Field(alias="changed_fields")
    kind: Optional[str] = Field(alias="kind")
    status: Optional[str] = Field(alias="status")
    explanation: Optional[str] = Field(alias="explanation")
    attempts: Optional[int] = Field(alias="attempts")
    next_attempt_at: Optional[datetime.datetime] = Field(alias="next_attempt_at")
    in_doubt_at: Optional[datetime.datetime] = Field(alias="in_doubt_at")
    sent_at: Optional[datetime.datetime] = Field(alias="sent_at")
    transport: Optional[str] = Field(alias="transport")
    last_error: Optional[str] = Field(alias="last_error")
    email_id: Optional[uuid.UUID] = Field(alias="email_id")


class PublicParticipationFigures(BaseModel):
    student_id: Optional[uuid.UUID] = Field(alias="student_id")
    full_name: Optional[str] = Field(alias="full_name")
    period_start: Optional[datetime.date] = Field(alias="period_start")
    period_end: Optional[datetime.date] = Field(alias="period_end")
    sessions: Optional[int] = Field(alias="sessions")
    expected: Optional[int] = Field(alias="expected")
    attended: Optional[int] = Field(alias="attended")
    present: Optional[int] = Field(alias="present")
    late: Optional[int] = Field(alias="late")
    partial: Optional[int] = Field(alias="partial")
    absent: Optional[int] = Field(alias="absent")
    excused: Optional[int] = Field(alias="excused")
    attendance_rate: Optional[float] = Field(alias="attendance_rate")
    previous_attendance_rate: Optional[float] = Field(alias="previous_attendance_rate")
    attendance_rate_change: Optional[float] = Field(alias="attendance_rate_change")
    late_rate: Optional[float] = Field(alias="late_rate")
    no_shows: Optional[int] = Field(alias="no_shows")
    minutes_present: Optional[int] = Field(alias="minutes_present")
    mean_minutes: Optional[float] = Field(alias="mean_minutes")
    stay_rate: Optional[float] = Field(alias="stay_rate")
    last_attended_at: Optional[datetime.datetime] = Field(alias="last_attended_at")


class PublicPersonalLinkDetails(BaseModel):
    link: Optional[str] = Field(alias="link")
    meeting_id: Optional[uuid.UUID] = Field(alias="meeting_id")
    platform: Optional[str] = Field(alias="platform")
    account: Optional[str] = Field(alias="account")
    external_id: Optional[str] = Field(alias="external_id")
    title: Optional[str] = Field(alias="title")
    end_time: Optional[datetime.datetime] = Field(alias="end_time")
    is_host: Optional[bool] = Field(alias="is_host")
    full_name: Optional[str] = Field(alias="full_name")
    email: Optional[str] = Field(alias="email")
    platform_data: Optional[JsonValue] = Field(alias="platform_data")


class PublicPresenceReceipt(BaseModel):
    outcome: Optional[PublicPresenceOutcome] = Field(alias="outcome")
    session_id: Optional[uuid.UUID] = Field(alias="session_id")
    student_id: Optional[uuid.UUID] = Field(alias="student_id")
    participant_id: Optional[uuid.UUID] = Field(alias="participant_id")


class PublicPresenceReportReceipt(BaseModel):
    outcome: Optional[PublicPresenceOutcome] = Field(alias="outcome")
    session_ids: Optional[List[uuid.UUID]] = Field(alias="session_ids")
    recorded: Optional[int] = Field(alias="recorded")
    unmatched: Optional[int] = Field(alias="unmatched")


class PublicRecordingDetails(BaseModel):
    recording_id: Optional[uuid.UUID] = Field(alias="recording_id")
    session_id: Optional[uuid.UUID] = Field(alias="session_id")
    title: Optional[str] = Field(alias="title")
    url: Optional[str] = Field(alias="url")
    bucket_id: Optional[str] = Field(alias="bucket_id")
    storage_path: Optional[str] = Field(alias="storage_path")


class PublicRecordingReceipt(BaseModel):
    outcome: Optional[PublicPresenceOutcome] = Field(alias="outcome")
    session_id: Optional[uuid.UUID] = Field(alias="session_id")
    recording_id: Optional[uuid.UUID] = Field(alias="recording_id")


class PublicRecurrenceDate(BaseModel):
    start_time: Optional[datetime.datetime] = Field(alias="start_time")
    local_start: Optional[datetime.datetime] = Field(alias="local_start")


class PublicRegistrationDetails(BaseModel):
    session_id: Optional[uuid.UUID] = Field(alias="session_id")
    status: Optional[PublicRegistrationStatus] = Field(alias="status")
    waitlist_position: Optional[int] = Field(alias="waitlist_position")
    seats_left: Optional[int] = Field(alias="seats_left")
    overlapping_sessions: Optional[JsonValue] = Field(alias="overlapping_sessions")


class PublicRosterEntry(BaseModel):
    student_id: Optional[uuid.UUID] = Field(alias="student_id")
    full_name: Optional[str] = Field(alias="full_name")
    is_learner: Optional[bool] = Field(alias="is_learner")
    registration_status: Optional[PublicRegistrationStatus] = Field(alias="registration_status")
    attendance_status: Optional[PublicAttendanceStatus] = Field(alias="attendance_status")
    joined_at: Optional[datetime.datetime] = Field(alias="joined_at")
    left_at: Optional[datetime.datetime] = Field(alias="left_at")
    minutes_present: Optional[int] = Field(alias="minutes_present")
    source: Optional[PublicAttendanceSource] = Field(alias="source")
    note: Optional[str] = Field(alias="note")
    excuse_status: Optional[PublicExcuseStatus] = Field(alias="excuse_status")
    excuse_reason: Optional[str] = Field(alias="excuse_reason")
    participation_rate: Optional[float] = Field(alias="participation_rate")


class PublicSessionAccessRule(BaseModel):
    rule: Optional[str] = Field(alias="rule")
    decides: Optional[str] = Field(alias="decides")
    holds: Optional[bool] = Field(alias="holds")
    fact: Optional[str] = Field(alias="fact")
    remedy: Optional[str] = Field(alias="remedy")


class PublicSessionCredentialDetails(BaseModel):
    session_id: Optional[uuid.UUID] = Field(alias="session_id")
    platform: Optional[str] = Field(alias="platform")
    link: Optional[str] = Field(alias="link")
    backup_link: Optional[str] = Field(alias="backup_link")
    zoom_meeting_id: Optional[str] = Field(alias="zoom_meeting_id")
    passcode: Optional[str] = Field(alias="passcode")
    host_link: Optional[str] = Field(alias="host_link")


class PublicSessionFigures(BaseModel):
    session_id: Optional[uuid.UUID] = Field(alias="session_id")
    title: Optional[str] = Field(alias="title")
    session_type: Optional[PublicSessionType] = Field(alias="session_type")
    course_id: Optional[uuid.UUID] = Field(alias="course_id")
    batch_id: Optional[uuid.UUID] = Field(alias="batch_id")
    mentor_id: Optional[uuid.UUID] = Field(alias="mentor_id")
    mentor_name: Optional[str] = Field(alias="mentor_name")
    start_time: Optional[datetime.datetime] = Field(alias="start_time")
    local_start: Optional[datetime.datetime] = Field(alias="local_start")
    scheduled_minutes: Optional[int] = Field(alias="scheduled_minutes")
    expected: Optional[int] = Field(alias="expected")
    attended: Optional[int] = Field(alias="attended")
    present: Optional[int] = Field(alias="present")
    late: Optional[int] = Field(alias="late")
    partial: Optional[int] = Field(alias="partial")
    absent: Optional[int] = Field(alias="absent")
    excused: Optional[int] = Field(alias="excused")
    attendance_rate: Optional[float] = Field(alias="attendance_rate")
    usual_attendance_rate: Optional[float] = Field(alias="usual_attendance_rate")
    attendance_rate_difference: Optional[float] = Field(alias="attendance_rate_difference")
    late_rate: Optional[float] = Field(alias="late_rate")
    no_shows: Optional[int] = Field(alias="no_shows")
    mean_minutes: Optional[float] = Field(alias="mean_minutes")
    minutes_p10: Optional[int] = Field(alias="minutes_p10")
    minutes_p50: Optional[int] = Field(alias="minutes_p50")
    minutes_p90: Optional[int] = Field(alias="minutes_p90")
    stay_rate: Optional[float] = Field(alias="stay_rate")
    registered: Optional[int] = Field(alias="registered")
    seats: Optional[int] = Field(alias="seats")
    fill_rate: Optional[float] = Field(alias="fill_rate")
    host_joined_at: Optional[datetime.datetime] = Field(alias="host_joined_at")
    host_minutes_late: Optional[float] = Field(alias="host_minutes_late")
    is_handed_over: Optional[bool] = Field(alias="is_handed_over")
    ratings: Optional[int] = Field(alias="ratings")
    mean_rating: Optional[float] = Field(alias="mean_rating")


class PublicSessionJoinDetails(BaseModel):
    session_id: Optional[uuid.UUID] = Field(alias="session_id")
    title: Optional[str] = Field(alias="title")
    description: Optional[str] = Field(alias="description")
    session_type: Optional[PublicSessionType] = Field(alias="session_type")
    start_time: Optional[datetime.datetime] = Field(alias="start_time")
    end_time: Optional[datetime.datetime] = Field(alias="end_time")
    timezone: Optional[str] = Field(alias="timezone")
    mentor_name: Optional[str] = Field(alias="mentor_name")
    platform: Optional[str] = Field(alias="platform")
    link: Optional[str] = Field(alias="link")
    backup_link: Optional[str] = Field(alias="backup_link")
    zoom_meeting_id: Optional[str] = Field(alias="zoom_meeting_id")
    passcode: Optional[str] = Field(alias="passcode")
    attendance_status: Optional[PublicAttendanceStatus] = Field(alias="attendance_status")
    is_on_backup_link: Optional[bool] = Field(alias="is_on_backup_link")


class PublicUnmatchedParticipant(BaseModel):
    participant_id: Optional[uuid.UUID] = Field(alias="participant_id")
    session_id: Optional[uuid.UUID] = Field(alias="session_id")
    title: Optional[str] = Field(alias="title")
    start_time: Optional[datetime.datetime] = Field(alias="start_time")
    platform: Optional[str] = Field(alias="platform")
    full_name: Optional[str] = Field(alias="full_name")
    email: Optional[str] = Field(alias="email")
    first_seen_at: Optional[datetime.datetime] = Field(alias="first_seen_at")
    last_seen_at: Optional[datetime.datetime] = Field(alias="last_seen_at")
    status: Optional[str] = Field(alias="status")
    student_id: Optional[uuid.UUID] = Field(alias="student_id")
    decided_by: Optional[uuid.UUID] = Field(alias="decided_by")
    decided_at: Optional[datetime.datetime] = Field(alias="decided_at")


class PublicWebhookDelivery(BaseModel):
    delivery_id: Optional[uuid.UUID] = Field(alias="delivery_id")
    event_type: Optional[str] = Field(alias="event_type")
    status: Optional[str] = Field(alias="status")
    attempts: Optional[int] = Field(alias="attempts")
    created_at: Optional[datetime.datetime] = Field(alias="created_at")
    available_at: Optional[datetime.datetime] = Field(alias="available_at")
    sent_at: Optional[datetime.datetime] = Field(alias="sent_at")
    response_status: Optional[int] = Field(alias="response_status")
    last_error: Optional[str] = Field(alias="last_error")


class PublicWebhookSecret(BaseModel):
    endpoint_id: Optional[uuid.UUID] = Field(alias="endpoint_id")
    secret: Optional[str] = Field(alias="secret")
