// Generated from the database by `make types`. Do not edit.
// deno-lint-ignore-file

export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

export type Database = {
  "public": {
    Tables: {
      "app_settings": {
        Row: {
          "app_url": string | null;
          "audit_retention_months": number;
          "check_in_code_seconds": number;
          "id": boolean;
          "join_opens_minutes_before": number;
          "late_after_minutes": number;
          "low_attendance_percent": number;
          "low_attendance_warnings": number;
          "mail_debounce_seconds": number;
          "meeting_wait_minutes": number;
          "mentor_buffer_minutes": number;
          "outbox_retention_months": number | null;
          "partial_below_percent": number;
          "presence_retention_months": number;
          "reminder_minutes": (number)[];
          "series_horizon_days": number;
          "unmatched_retention_days": number;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "app_url"?: string | null;
          "audit_retention_months"?: number;
          "check_in_code_seconds"?: number;
          "id"?: boolean;
          "join_opens_minutes_before"?: number;
          "late_after_minutes"?: number;
          "low_attendance_percent"?: number;
          "low_attendance_warnings"?: number;
          "mail_debounce_seconds"?: number;
          "meeting_wait_minutes"?: number;
          "mentor_buffer_minutes"?: number;
          "outbox_retention_months"?: number | null;
          "partial_below_percent"?: number;
          "presence_retention_months"?: number;
          "reminder_minutes"?: (number)[];
          "series_horizon_days"?: number;
          "unmatched_retention_days"?: number;
          "updated_at"?: string;
        };
        Update: {
          "app_url"?: string | null;
          "audit_retention_months"?: number;
          "check_in_code_seconds"?: number;
          "id"?: boolean;
          "join_opens_minutes_before"?: number;
          "late_after_minutes"?: number;
          "low_attendance_percent"?: number;
          "low_attendance_warnings"?: number;
          "mail_debounce_seconds"?: number;
          "meeting_wait_minutes"?: number;
          "mentor_buffer_minutes"?: number;
          "outbox_retention_months"?: number | null;
          "partial_below_percent"?: number;
          "presence_retention_months"?: number;
          "reminder_minutes"?: (number)[];
          "series_horizon_days"?: number;
          "unmatched_retention_days"?: number;
          "updated_at"?: string;
        };
        Relationships: [];
      };
      "attendance_rules": {
        Row: {
          "late_after_minutes": number | null;
          "partial_below_percent": number | null;
          "session_type": Database["public"]["Enums"]["session_type"];
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "late_after_minutes"?: number | null;
          "partial_below_percent"?: number | null;
          "session_type": Database["public"]["Enums"]["session_type"];
          "updated_at"?: string;
        };
        Update: {
          "late_after_minutes"?: number | null;
          "partial_below_percent"?: number | null;
          "session_type"?: Database["public"]["Enums"]["session_type"];
          "updated_at"?: string;
        };
        Relationships: [];
      };
      "audit_log": {
        Row: {
          "action": string;
          "actor_id": string | null;
          "id": number;
          "new": Json | null;
          "occurred_at": string;
          "old": Json | null;
          "reason": string | null;
          "request": string | null;
          "role": string;
          "row_key": NonNullable<Json>;
          "session_id": string | null;
          "table_name": string;
          "user_id": string | null;
        };
        ComputedFields: never;
        Insert: {
          "action": string;
          "actor_id"?: string | null;
          "id"?: number;
          "new"?: Json | null;
          "occurred_at"?: string;
          "old"?: Json | null;
          "reason"?: string | null;
          "request"?: string | null;
          "role"?: string;
          "row_key": NonNullable<Json>;
          "session_id"?: string | null;
          "table_name": string;
          "user_id"?: string | null;
        };
        Update: {
          "action"?: string;
          "actor_id"?: string | null;
          "id"?: number;
          "new"?: Json | null;
          "occurred_at"?: string;
          "old"?: Json | null;
          "reason"?: string | null;
          "request"?: string | null;
          "role"?: string;
          "row_key"?: NonNullable<Json>;
          "session_id"?: string | null;
          "table_name"?: string;
          "user_id"?: string | null;
        };
        Relationships: [];
      };
      "batches": {
        Row: {
          "course_id": string;
          "created_at": string;
          "id": string;
          "name": string;
        };
        ComputedFields: never;
        Insert: {
          "course_id": string;
          "created_at"?: string;
          "id"?: string;
          "name": string;
        };
        Update: {
          "course_id"?: string;
          "created_at"?: string;
          "id"?: string;
          "name"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "batches_course_id_fkey";
            columns: ["course_id"];
            isOneToOne: false;
            referencedRelation: "courses";
            referencedColumns: ["id"];
          },
        ];
      };
      "blackout_dates": {
        Row: {
          "begins_after": string;
          "begins_before": string;
          "course_id": string | null;
          "created_at": string;
          "created_by": string | null;
          "first_date": string;
          "id": string;
          "last_date": string;
          "name": string;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "begins_after"?: never;
          "begins_before"?: never;
          "course_id"?: string | null;
          "created_at"?: string;
          "created_by"?: string | null;
          "first_date": string;
          "id"?: string;
          "last_date": string;
          "name": string;
          "updated_at"?: string;
        };
        Update: {
          "begins_after"?: never;
          "begins_before"?: never;
          "course_id"?: string | null;
          "created_at"?: string;
          "created_by"?: string | null;
          "first_date"?: string;
          "id"?: string;
          "last_date"?: string;
          "name"?: string;
          "updated_at"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "blackout_dates_course_id_fkey";
            columns: ["course_id"];
            isOneToOne: false;
            referencedRelation: "courses";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "blackout_dates_created_by_fkey";
            columns: ["created_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
        ];
      };
      "booking_offers": {
        Row: {
          "audience": Database["public"]["Enums"]["offer_audience"];
          "audience_key": string | null;
          "backup_link": string | null;
          "batch_id": string | null;
          "booking_horizon_days": number;
          "booking_notice_minutes": number;
          "change_notice_minutes": number;
          "course_id": string | null;
          "created_at": string;
          "created_by": string | null;
          "description": string | null;
          "exdates": (string)[];
          "gap_minutes": number;
          "id": string;
          "is_active": boolean;
          "link": string | null;
          "max_open_per_student": number | null;
          "max_per_day": number | null;
          "max_per_student_month": number | null;
          "max_per_student_week": number | null;
          "mentor_id": string;
          "platform": string;
          "recurrence": Json | null;
          "rrule": string;
          "slot_minutes": number;
          "start_time": string;
          "timezone": string;
          "title": string;
          "updated_at": string;
          "window_minutes": number;
          "zoom_meeting_id": string | null;
          "zoom_passcode": string | null;
        };
        ComputedFields: never;
        Insert: {
          "audience": Database["public"]["Enums"]["offer_audience"];
          "audience_key"?: never;
          "backup_link"?: string | null;
          "batch_id"?: string | null;
          "booking_horizon_days"?: number;
          "booking_notice_minutes"?: number;
          "change_notice_minutes"?: number;
          "course_id"?: string | null;
          "created_at"?: string;
          "created_by"?: string | null;
          "description"?: string | null;
          "exdates"?: (string)[];
          "gap_minutes"?: number;
          "id"?: string;
          "is_active"?: boolean;
          "link"?: string | null;
          "max_open_per_student"?: number | null;
          "max_per_day"?: number | null;
          "max_per_student_month"?: number | null;
          "max_per_student_week"?: number | null;
          "mentor_id"?: string;
          "platform"?: string;
          "recurrence"?: Json | null;
          "rrule"?: string;
          "slot_minutes"?: number;
          "start_time": string;
          "timezone"?: string;
          "title": string;
          "updated_at"?: string;
          "window_minutes"?: number;
          "zoom_meeting_id"?: string | null;
          "zoom_passcode"?: string | null;
        };
        Update: {
          "audience"?: Database["public"]["Enums"]["offer_audience"];
          "audience_key"?: never;
          "backup_link"?: string | null;
          "batch_id"?: string | null;
          "booking_horizon_days"?: number;
          "booking_notice_minutes"?: number;
          "change_notice_minutes"?: number;
          "course_id"?: string | null;
          "created_at"?: string;
          "created_by"?: string | null;
          "description"?: string | null;
          "exdates"?: (string)[];
          "gap_minutes"?: number;
          "id"?: string;
          "is_active"?: boolean;
          "link"?: string | null;
          "max_open_per_student"?: number | null;
          "max_per_day"?: number | null;
          "max_per_student_month"?: number | null;
          "max_per_student_week"?: number | null;
          "mentor_id"?: string;
          "platform"?: string;
          "recurrence"?: Json | null;
          "rrule"?: string;
          "slot_minutes"?: number;
          "start_time"?: string;
          "timezone"?: string;
          "title"?: string;
          "updated_at"?: string;
          "window_minutes"?: number;
          "zoom_meeting_id"?: string | null;
          "zoom_passcode"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "booking_offers_batch_id_of_course_fkey";
            columns: ["batch_id", "course_id"];
            isOneToOne: false;
            referencedRelation: "batches";
            referencedColumns: ["id", "course_id"];
          },
          {
            foreignKeyName: "booking_offers_course_id_fkey";
            columns: ["course_id"];
            isOneToOne: false;
            referencedRelation: "courses";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "booking_offers_created_by_fkey";
            columns: ["created_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "booking_offers_mentor_id_fkey";
            columns: ["mentor_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "booking_offers_platform_fkey";
            columns: ["platform"];
            isOneToOne: false;
            referencedRelation: "meeting_platforms";
            referencedColumns: ["id"];
          },
        ];
      };
      "calendar_feeds": {
        Row: {
          "course_id": string | null;
          "created_at": string;
          "id": string;
          "label": string | null;
          "last_used_at": string | null;
          "owner_id": string;
        };
        ComputedFields: never;
        Insert: {
          "course_id"?: string | null;
          "created_at"?: string;
          "id"?: string;
          "label"?: string | null;
          "last_used_at"?: string | null;
          "owner_id": string;
        };
        Update: {
          "course_id"?: string | null;
          "created_at"?: string;
          "id"?: string;
          "label"?: string | null;
          "last_used_at"?: string | null;
          "owner_id"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "calendar_feeds_course_id_fkey";
            columns: ["course_id"];
            isOneToOne: false;
            referencedRelation: "courses";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "calendar_feeds_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
        ];
      };
      "course_enrollments": {
        Row: {
          "batch_id": string | null;
          "course_id": string;
          "created_at": string;
          "id": string;
          "status": Database["public"]["Enums"]["enrollment_status"];
          "student_id": string;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "batch_id"?: string | null;
          "course_id": string;
          "created_at"?: string;
          "id"?: string;
          "status"?: Database["public"]["Enums"]["enrollment_status"];
          "student_id": string;
          "updated_at"?: string;
        };
        Update: {
          "batch_id"?: string | null;
          "course_id"?: string;
          "created_at"?: string;
          "id"?: string;
          "status"?: Database["public"]["Enums"]["enrollment_status"];
          "student_id"?: string;
          "updated_at"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "course_enrollments_batch_id_of_course_fkey";
            columns: ["batch_id", "course_id"];
            isOneToOne: false;
            referencedRelation: "batches";
            referencedColumns: ["id", "course_id"];
          },
          {
            foreignKeyName: "course_enrollments_course_id_fkey";
            columns: ["course_id"];
            isOneToOne: false;
            referencedRelation: "courses";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "course_enrollments_student_id_fkey";
            columns: ["student_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
        ];
      };
      "courses": {
        Row: {
          "created_at": string;
          "id": string;
          "name": string;
        };
        ComputedFields: never;
        Insert: {
          "created_at"?: string;
          "id"?: string;
          "name": string;
        };
        Update: {
          "created_at"?: string;
          "id"?: string;
          "name"?: string;
        };
        Relationships: [];
      };
      "meeting_accounts": {
        Row: {
          "created_at": string;
          "external_id": string | null;
          "id": string;
          "max_concurrent_meetings": number | null;
          "mentor_id": string | null;
          "name": string;
          "platform": string;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "created_at"?: string;
          "external_id"?: string | null;
          "id"?: string;
          "max_concurrent_meetings"?: number | null;
          "mentor_id"?: string | null;
          "name": string;
          "platform": string;
          "updated_at"?: string;
        };
        Update: {
          "created_at"?: string;
          "external_id"?: string | null;
          "id"?: string;
          "max_concurrent_meetings"?: number | null;
          "mentor_id"?: string | null;
          "name"?: string;
          "platform"?: string;
          "updated_at"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "meeting_accounts_mentor_id_fkey";
            columns: ["mentor_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "meeting_accounts_platform_fkey";
            columns: ["platform"];
            isOneToOne: false;
            referencedRelation: "meeting_platforms";
            referencedColumns: ["id"];
          },
        ];
      };
      "meeting_platforms": {
        Row: {
          "daily_changes_per_account": number | null;
          "has_personal_links": boolean;
          "id": string;
          "is_active": boolean;
          "max_concurrent_meetings": number | null;
          "name": string;
          "platform_data_schema": NonNullable<Json>;
        };
        ComputedFields: never;
        Insert: {
          "daily_changes_per_account"?: number | null;
          "has_personal_links"?: boolean;
          "id": string;
          "is_active"?: boolean;
          "max_concurrent_meetings"?: number | null;
          "name": string;
          "platform_data_schema"?: NonNullable<Json>;
        };
        Update: {
          "daily_changes_per_account"?: number | null;
          "has_personal_links"?: boolean;
          "id"?: string;
          "is_active"?: boolean;
          "max_concurrent_meetings"?: number | null;
          "name"?: string;
          "platform_data_schema"?: NonNullable<Json>;
        };
        Relationships: [];
      };
      "mentor_availability": {
        Row: {
          "created_at": string;
          "end_time": string;
          "id": string;
          "mentor_id": string;
          "start_time": string;
          "timezone": string;
          "updated_at": string;
          "weekday": number;
        };
        ComputedFields: never;
        Insert: {
          "created_at"?: string;
          "end_time": string;
          "id"?: string;
          "mentor_id"?: string;
          "start_time": string;
          "timezone": string;
          "updated_at"?: string;
          "weekday": number;
        };
        Update: {
          "created_at"?: string;
          "end_time"?: string;
          "id"?: string;
          "mentor_id"?: string;
          "start_time"?: string;
          "timezone"?: string;
          "updated_at"?: string;
          "weekday"?: number;
        };
        Relationships: [
          {
            foreignKeyName: "mentor_availability_mentor_id_fkey";
            columns: ["mentor_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
        ];
      };
      "mentor_time_off": {
        Row: {
          "created_at": string;
          "end_time": string;
          "id": string;
          "mentor_id": string;
          "reason": string | null;
          "start_time": string;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "created_at"?: string;
          "end_time": string;
          "id"?: string;
          "mentor_id"?: string;
          "reason"?: string | null;
          "start_time": string;
          "updated_at"?: string;
        };
        Update: {
          "created_at"?: string;
          "end_time"?: string;
          "id"?: string;
          "mentor_id"?: string;
          "reason"?: string | null;
          "start_time"?: string;
          "updated_at"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "mentor_time_off_mentor_id_fkey";
            columns: ["mentor_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
        ];
      };
      "notification_preferences": {
        Row: {
          "created_at": string;
          "digest_at": string | null;
          "due_at": string | null;
          "enabled": boolean;
          "kind": string;
          "quiet_from": string | null;
          "quiet_until": string | null;
          "reminder_minutes": (number)[] | null;
          "updated_at": string;
          "user_id": string;
        };
        ComputedFields: never;
        Insert: {
          "created_at"?: string;
          "digest_at"?: string | null;
          "due_at"?: string | null;
          "enabled"?: boolean;
          "kind": string;
          "quiet_from"?: string | null;
          "quiet_until"?: string | null;
          "reminder_minutes"?: (number)[] | null;
          "updated_at"?: string;
          "user_id"?: string;
        };
        Update: {
          "created_at"?: string;
          "digest_at"?: string | null;
          "due_at"?: string | null;
          "enabled"?: boolean;
          "kind"?: string;
          "quiet_from"?: string | null;
          "quiet_until"?: string | null;
          "reminder_minutes"?: (number)[] | null;
          "updated_at"?: string;
          "user_id"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "notification_preferences_user_id_fkey";
            columns: ["user_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
        ];
      };
      "profiles": {
        Row: {
          "created_at": string;
          "full_name": string;
          "id": string;
          "locale": string;
          "timezone": string;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "created_at"?: string;
          "full_name"?: string;
          "id": string;
          "locale"?: string;
          "timezone"?: string;
          "updated_at"?: string;
        };
        Update: {
          "created_at"?: string;
          "full_name"?: string;
          "id"?: string;
          "locale"?: string;
          "timezone"?: string;
          "updated_at"?: string;
        };
        Relationships: [];
      };
      "series_skips": {
        Row: {
          "created_at": string;
          "detail": string;
          "reason": Database["public"]["Enums"]["series_skip_reason"];
          "series_date": string;
          "series_id": string;
        };
        ComputedFields: never;
        Insert: {
          "created_at"?: string;
          "detail": string;
          "reason": Database["public"]["Enums"]["series_skip_reason"];
          "series_date": string;
          "series_id": string;
        };
        Update: {
          "created_at"?: string;
          "detail"?: string;
          "reason"?: Database["public"]["Enums"]["series_skip_reason"];
          "series_date"?: string;
          "series_id"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "series_skips_series_id_fkey";
            columns: ["series_id"];
            isOneToOne: false;
            referencedRelation: "session_series";
            referencedColumns: ["id"];
          },
        ];
      };
      "session_attendance": {
        Row: {
          "created_at": string;
          "joined_at": string | null;
          "left_at": string | null;
          "marked_by": string | null;
          "minutes_present": number;
          "note": string | null;
          "session_id": string;
          "source": Database["public"]["Enums"]["attendance_source"];
          "status": Database["public"]["Enums"]["attendance_status"];
          "student_id": string;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "created_at"?: string;
          "joined_at"?: string | null;
          "left_at"?: string | null;
          "marked_by"?: string | null;
          "minutes_present"?: number;
          "note"?: string | null;
          "session_id": string;
          "source": Database["public"]["Enums"]["attendance_source"];
          "status": Database["public"]["Enums"]["attendance_status"];
          "student_id": string;
          "updated_at"?: string;
        };
        Update: {
          "created_at"?: string;
          "joined_at"?: string | null;
          "left_at"?: string | null;
          "marked_by"?: string | null;
          "minutes_present"?: number;
          "note"?: string | null;
          "session_id"?: string;
          "source"?: Database["public"]["Enums"]["attendance_source"];
          "status"?: Database["public"]["Enums"]["attendance_status"];
          "student_id"?: string;
          "updated_at"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "session_attendance_marked_by_fkey";
            columns: ["marked_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "session_attendance_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: false;
            referencedRelation: "blackout_clashes";
            referencedColumns: ["session_id"];
          },
          {
            foreignKeyName: "session_attendance_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: false;
            referencedRelation: "segmented_weekly_success_sessions";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "session_attendance_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: false;
            referencedRelation: "success_sessions";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "session_attendance_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: false;
            referencedRelation: "time_off_clashes";
            referencedColumns: ["session_id"];
          },
          {
            foreignKeyName: "session_attendance_student_id_fkey";
            columns: ["student_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
        ];
      };
      "session_bookings": {
        Row: {
          "change_notice_minutes": number;
          "created_at": string;
          "note": string | null;
          "offer_id": string;
          "session_id": string;
          "student_id": string;
        };
        ComputedFields: never;
        Insert: {
          "change_notice_minutes": number;
          "created_at"?: string;
          "note"?: string | null;
          "offer_id": string;
          "session_id": string;
          "student_id": string;
        };
        Update: {
          "change_notice_minutes"?: number;
          "created_at"?: string;
          "note"?: string | null;
          "offer_id"?: string;
          "session_id"?: string;
          "student_id"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "session_bookings_offer_id_fkey";
            columns: ["offer_id"];
            isOneToOne: false;
            referencedRelation: "booking_offers";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "session_bookings_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: true;
            referencedRelation: "blackout_clashes";
            referencedColumns: ["session_id"];
          },
          {
            foreignKeyName: "session_bookings_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: true;
            referencedRelation: "segmented_weekly_success_sessions";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "session_bookings_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: true;
            referencedRelation: "success_sessions";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "session_bookings_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: true;
            referencedRelation: "time_off_clashes";
            referencedColumns: ["session_id"];
          },
          {
            foreignKeyName: "session_bookings_student_id_fkey";
            columns: ["student_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
        ];
      };
      "session_excuses": {
        Row: {
          "created_at": string;
          "decided_at": string | null;
          "decided_by": string | null;
          "decision_note": string | null;
          "reason": string;
          "session_id": string;
          "status": Database["public"]["Enums"]["excuse_status"];
          "student_id": string;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "created_at"?: string;
          "decided_at"?: string | null;
          "decided_by"?: string | null;
          "decision_note"?: string | null;
          "reason"?: string;
          "session_id": string;
          "status"?: Database["public"]["Enums"]["excuse_status"];
          "student_id": string;
          "updated_at"?: string;
        };
        Update: {
          "created_at"?: string;
          "decided_at"?: string | null;
          "decided_by"?: string | null;
          "decision_note"?: string | null;
          "reason"?: string;
          "session_id"?: string;
          "status"?: Database["public"]["Enums"]["excuse_status"];
          "student_id"?: string;
          "updated_at"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "session_excuses_decided_by_fkey";
            columns: ["decided_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "session_excuses_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: false;
            referencedRelation: "blackout_clashes";
            referencedColumns: ["session_id"];
          },
          {
            foreignKeyName: "session_excuses_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: false;
            referencedRelation: "segmented_weekly_success_sessions";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "session_excuses_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: false;
            referencedRelation: "success_sessions";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "session_excuses_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: false;
            referencedRelation: "time_off_clashes";
            referencedColumns: ["session_id"];
          },
          {
            foreignKeyName: "session_excuses_student_id_fkey";
            columns: ["student_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
        ];
      };
      "session_meetings": {
        Row: {
          "attempts": number;
          "begun_at": string | null;
          "claim_id": string | null;
          "claimed_action": string | null;
          "claimed_revision": number | null;
          "created_at": string;
          "done_revision": number;
          "due_at": string | null;
          "ended_at": string | null;
          "external_id": string | null;
          "id": string;
          "is_wanted": boolean;
          "link": string | null;
          "meeting_account_id": string;
          "platform": string;
          "reason": string | null;
          "report_due_at": string | null;
          "reported_at": string | null;
          "revision": number;
          "session_id": string | null;
          "state": Database["public"]["Enums"]["meeting_state"];
          "sweep_due_at": string | null;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "attempts"?: number;
          "begun_at"?: string | null;
          "claim_id"?: string | null;
          "claimed_action"?: string | null;
          "claimed_revision"?: number | null;
          "created_at"?: string;
          "done_revision"?: number;
          "due_at"?: string | null;
          "ended_at"?: string | null;
          "external_id"?: string | null;
          "id"?: string;
          "is_wanted"?: boolean;
          "link"?: string | null;
          "meeting_account_id": string;
          "platform": string;
          "reason"?: string | null;
          "report_due_at"?: string | null;
          "reported_at"?: string | null;
          "revision"?: number;
          "session_id"?: string | null;
          "state"?: never;
          "sweep_due_at"?: string | null;
          "updated_at"?: string;
        };
        Update: {
          "attempts"?: number;
          "begun_at"?: string | null;
          "claim_id"?: string | null;
          "claimed_action"?: string | null;
          "claimed_revision"?: number | null;
          "created_at"?: string;
          "done_revision"?: number;
          "due_at"?: string | null;
          "ended_at"?: string | null;
          "external_id"?: string | null;
          "id"?: string;
          "is_wanted"?: boolean;
          "link"?: string | null;
          "meeting_account_id"?: string;
          "platform"?: string;
          "reason"?: string | null;
          "report_due_at"?: string | null;
          "reported_at"?: string | null;
          "revision"?: number;
          "session_id"?: string | null;
          "state"?: never;
          "sweep_due_at"?: string | null;
          "updated_at"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "session_meetings_meeting_account_id_of_platform_fkey";
            columns: ["meeting_account_id", "platform"];
            isOneToOne: false;
            referencedRelation: "meeting_accounts";
            referencedColumns: ["id", "platform"];
          },
          {
            foreignKeyName: "session_meetings_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: false;
            referencedRelation: "blackout_clashes";
            referencedColumns: ["session_id"];
          },
          {
            foreignKeyName: "session_meetings_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: false;
            referencedRelation: "segmented_weekly_success_sessions";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "session_meetings_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: false;
            referencedRelation: "success_sessions";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "session_meetings_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: false;
            referencedRelation: "time_off_clashes";
            referencedColumns: ["session_id"];
          },
        ];
      };
      "session_participants": {
        Row: {
          "added_by": string | null;
          "created_at": string;
          "session_id": string;
          "user_id": string;
        };
        ComputedFields: never;
        Insert: {
          "added_by"?: string | null;
          "created_at"?: string;
          "session_id": string;
          "user_id": string;
        };
        Update: {
          "added_by"?: string | null;
          "created_at"?: string;
          "session_id"?: string;
          "user_id"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "session_participants_added_by_fkey";
            columns: ["added_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "session_participants_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: false;
            referencedRelation: "blackout_clashes";
            referencedColumns: ["session_id"];
          },
          {
            foreignKeyName: "session_participants_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: false;
            referencedRelation: "segmented_weekly_success_sessions";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "session_participants_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: false;
            referencedRelation: "success_sessions";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "session_participants_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: false;
            referencedRelation: "time_off_clashes";
            referencedColumns: ["session_id"];
          },
          {
            foreignKeyName: "session_participants_user_id_fkey";
            columns: ["user_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
        ];
      };
      "session_ratings": {
        Row: {
          "comment": string | null;
          "created_at": string;
          "rating": number;
          "session_id": string;
          "student_id": string;
        };
        ComputedFields: never;
        Insert: {
          "comment"?: string | null;
          "created_at"?: string;
          "rating": number;
          "session_id": string;
          "student_id": string;
        };
        Update: {
          "comment"?: string | null;
          "created_at"?: string;
          "rating"?: number;
          "session_id"?: string;
          "student_id"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "session_ratings_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: false;
            referencedRelation: "blackout_clashes";
            referencedColumns: ["session_id"];
          },
          {
            foreignKeyName: "session_ratings_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: false;
            referencedRelation: "segmented_weekly_success_sessions";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "session_ratings_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: false;
            referencedRelation: "success_sessions";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "session_ratings_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: false;
            referencedRelation: "time_off_clashes";
            referencedColumns: ["session_id"];
          },
          {
            foreignKeyName: "session_ratings_student_id_fkey";
            columns: ["student_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
        ];
      };
      "session_recording_views": {
        Row: {
          "id": string;
          "recording_id": string;
          "session_id": string;
          "user_id": string;
          "viewed_at": string;
        };
        ComputedFields: never;
        Insert: {
          "id"?: string;
          "recording_id": string;
          "session_id": string;
          "user_id": string;
          "viewed_at"?: string;
        };
        Update: {
          "id"?: string;
          "recording_id"?: string;
          "session_id"?: string;
          "user_id"?: string;
          "viewed_at"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "session_recording_views_recording_id_fkey";
            columns: ["recording_id"];
            isOneToOne: false;
            referencedRelation: "session_recordings";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "session_recording_views_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: false;
            referencedRelation: "blackout_clashes";
            referencedColumns: ["session_id"];
          },
          {
            foreignKeyName: "session_recording_views_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: false;
            referencedRelation: "segmented_weekly_success_sessions";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "session_recording_views_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: false;
            referencedRelation: "success_sessions";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "session_recording_views_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: false;
            referencedRelation: "time_off_clashes";
            referencedColumns: ["session_id"];
          },
          {
            foreignKeyName: "session_recording_views_user_id_fkey";
            columns: ["user_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
        ];
      };
      "session_recordings": {
        Row: {
          "announce_at": string | null;
          "available_from": string;
          "available_until": string | null;
          "created_at": string;
          "created_by": string | null;
          "duration_minutes": number | null;
          "event_id": string | null;
          "id": string;
          "is_published": boolean;
          "notify": boolean;
          "platform": string | null;
          "session_id": string;
          "storage_path": string | null;
          "title": string | null;
          "told_at": string | null;
          "updated_at": string;
          "url": string | null;
        };
        ComputedFields: never;
        Insert: {
          "announce_at"?: never;
          "available_from"?: string;
          "available_until"?: string | null;
          "created_at"?: string;
          "created_by"?: string | null;
          "duration_minutes"?: number | null;
          "event_id"?: string | null;
          "id"?: string;
          "is_published"?: boolean;
          "notify"?: boolean;
          "platform"?: string | null;
          "session_id": string;
          "storage_path"?: string | null;
          "title"?: string | null;
          "told_at"?: string | null;
          "updated_at"?: string;
          "url"?: string | null;
        };
        Update: {
          "announce_at"?: never;
          "available_from"?: string;
          "available_until"?: string | null;
          "created_at"?: string;
          "created_by"?: string | null;
          "duration_minutes"?: number | null;
          "event_id"?: string | null;
          "id"?: string;
          "is_published"?: boolean;
          "notify"?: boolean;
          "platform"?: string | null;
          "session_id"?: string;
          "storage_path"?: string | null;
          "title"?: string | null;
          "told_at"?: string | null;
          "updated_at"?: string;
          "url"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "session_recordings_created_by_fkey";
            columns: ["created_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "session_recordings_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: false;
            referencedRelation: "blackout_clashes";
            referencedColumns: ["session_id"];
          },
          {
            foreignKeyName: "session_recordings_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: false;
            referencedRelation: "segmented_weekly_success_sessions";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "session_recordings_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: false;
            referencedRelation: "success_sessions";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "session_recordings_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: false;
            referencedRelation: "time_off_clashes";
            referencedColumns: ["session_id"];
          },
        ];
      };
      "session_registrations": {
        Row: {
          "created_at": string;
          "queued_at": string;
          "session_id": string;
          "status": Database["public"]["Enums"]["registration_status"];
          "student_id": string;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "created_at"?: string;
          "queued_at"?: string;
          "session_id": string;
          "status": Database["public"]["Enums"]["registration_status"];
          "student_id": string;
          "updated_at"?: string;
        };
        Update: {
          "created_at"?: string;
          "queued_at"?: string;
          "session_id"?: string;
          "status"?: Database["public"]["Enums"]["registration_status"];
          "student_id"?: string;
          "updated_at"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "session_registrations_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: false;
            referencedRelation: "blackout_clashes";
            referencedColumns: ["session_id"];
          },
          {
            foreignKeyName: "session_registrations_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: false;
            referencedRelation: "segmented_weekly_success_sessions";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "session_registrations_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: false;
            referencedRelation: "success_sessions";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "session_registrations_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: false;
            referencedRelation: "time_off_clashes";
            referencedColumns: ["session_id"];
          },
          {
            foreignKeyName: "session_registrations_student_id_fkey";
            columns: ["student_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
        ];
      };
      "session_series": {
        Row: {
          "audience_key": string | null;
          "backup_credentials_updated_at": string | null;
          "backup_link": string | null;
          "batch_id": string | null;
          "calendar_uid": string;
          "capacity": number | null;
          "course_id": string | null;
          "created_at": string;
          "created_by": string | null;
          "credentials_updated_at": string | null;
          "description": string | null;
          "duration": string;
          "exdates": (string)[];
          "first_date": string | null;
          "host_key": string;
          "id": string;
          "last_date": string | null;
          "link": string | null;
          "meeting_account_id": string | null;
          "mentor_id": string | null;
          "next_start": string | null;
          "platform": string;
          "platform_data": NonNullable<Json>;
          "registration_closes_before": string | null;
          "registration_required": boolean;
          "reminder_minutes": (number)[] | null;
          "retry_at": string | null;
          "rrule": string;
          "session_type": Database["public"]["Enums"]["session_type"];
          "start_time": string;
          "timezone": string;
          "title": string;
          "updated_at": string;
          "zoom_meeting_id": string | null;
          "zoom_passcode": string | null;
        };
        ComputedFields: never;
        Insert: {
          "audience_key"?: never;
          "backup_credentials_updated_at"?: string | null;
          "backup_link"?: string | null;
          "batch_id"?: string | null;
          "calendar_uid": string;
          "capacity"?: number | null;
          "course_id"?: string | null;
          "created_at"?: string;
          "created_by"?: string | null;
          "credentials_updated_at"?: string | null;
          "description"?: string | null;
          "duration": string;
          "exdates"?: (string)[];
          "first_date"?: string | null;
          "host_key"?: never;
          "id"?: string;
          "last_date"?: string | null;
          "link"?: string | null;
          "meeting_account_id"?: string | null;
          "mentor_id"?: string | null;
          "next_start"?: string | null;
          "platform"?: string;
          "platform_data"?: NonNullable<Json>;
          "registration_closes_before"?: string | null;
          "registration_required"?: boolean;
          "reminder_minutes"?: (number)[] | null;
          "retry_at"?: string | null;
          "rrule": string;
          "session_type"?: Database["public"]["Enums"]["session_type"];
          "start_time": string;
          "timezone"?: string;
          "title": string;
          "updated_at"?: string;
          "zoom_meeting_id"?: string | null;
          "zoom_passcode"?: string | null;
        };
        Update: {
          "audience_key"?: never;
          "backup_credentials_updated_at"?: string | null;
          "backup_link"?: string | null;
          "batch_id"?: string | null;
          "calendar_uid"?: string;
          "capacity"?: number | null;
          "course_id"?: string | null;
          "created_at"?: string;
          "created_by"?: string | null;
          "credentials_updated_at"?: string | null;
          "description"?: string | null;
          "duration"?: string;
          "exdates"?: (string)[];
          "first_date"?: string | null;
          "host_key"?: never;
          "id"?: string;
          "last_date"?: string | null;
          "link"?: string | null;
          "meeting_account_id"?: string | null;
          "mentor_id"?: string | null;
          "next_start"?: string | null;
          "platform"?: string;
          "platform_data"?: NonNullable<Json>;
          "registration_closes_before"?: string | null;
          "registration_required"?: boolean;
          "reminder_minutes"?: (number)[] | null;
          "retry_at"?: string | null;
          "rrule"?: string;
          "session_type"?: Database["public"]["Enums"]["session_type"];
          "start_time"?: string;
          "timezone"?: string;
          "title"?: string;
          "updated_at"?: string;
          "zoom_meeting_id"?: string | null;
          "zoom_passcode"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "session_series_batch_id_of_course_fkey";
            columns: ["batch_id", "course_id"];
            isOneToOne: false;
            referencedRelation: "batches";
            referencedColumns: ["id", "course_id"];
          },
          {
            foreignKeyName: "session_series_course_id_fkey";
            columns: ["course_id"];
            isOneToOne: false;
            referencedRelation: "courses";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "session_series_created_by_fkey";
            columns: ["created_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "session_series_meeting_account_id_of_platform_fkey";
            columns: ["meeting_account_id", "platform"];
            isOneToOne: false;
            referencedRelation: "meeting_accounts";
            referencedColumns: ["id", "platform"];
          },
          {
            foreignKeyName: "session_series_mentor_id_fkey";
            columns: ["mentor_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "session_series_platform_fkey";
            columns: ["platform"];
            isOneToOne: false;
            referencedRelation: "meeting_platforms";
            referencedColumns: ["id"];
          },
        ];
      };
      "success_sessions": {
        Row: {
          "audience_key": string | null;
          "backup_credentials_updated_at": string | null;
          "backup_link": string | null;
          "batch_id": string | null;
          "calendar_uid": string;
          "cancel_reason": string | null;
          "capacity": number | null;
          "course_id": string | null;
          "created_at": string;
          "created_by": string | null;
          "credentials_updated_at": string | null;
          "description": string | null;
          "end_time": string;
          "host_key": string;
          "id": string;
          "link": string | null;
          "link_failed_at": string | null;
          "link_failure_note": string | null;
          "meeting_account_id": string | null;
          "mentor_id": string | null;
          "platform": string;
          "platform_data": NonNullable<Json>;
          "recurrence_id": string | null;
          "registration_closes_at": string | null;
          "registration_required": boolean;
          "reminder_minutes": (number)[] | null;
          "sequence": number;
          "series_date": string | null;
          "series_id": string | null;
          "session_type": Database["public"]["Enums"]["session_type"];
          "start_time": string;
          "status": Database["public"]["Enums"]["session_status"];
          "status_due_at": string | null;
          "timezone": string;
          "title": string;
          "updated_at": string;
          "zoom_meeting_id": string | null;
          "zoom_passcode": string | null;
        };
        ComputedFields: never;
        Insert: {
          "audience_key"?: never;
          "backup_credentials_updated_at"?: string | null;
          "backup_link"?: string | null;
          "batch_id"?: string | null;
          "calendar_uid"?: string;
          "cancel_reason"?: string | null;
          "capacity"?: number | null;
          "course_id"?: string | null;
          "created_at"?: string;
          "created_by"?: string | null;
          "credentials_updated_at"?: string | null;
          "description"?: string | null;
          "end_time"?: string;
          "host_key"?: never;
          "id"?: string;
          "link"?: string | null;
          "link_failed_at"?: string | null;
          "link_failure_note"?: string | null;
          "meeting_account_id"?: string | null;
          "mentor_id"?: string | null;
          "platform"?: string;
          "platform_data"?: NonNullable<Json>;
          "recurrence_id"?: string | null;
          "registration_closes_at"?: string | null;
          "registration_required"?: boolean;
          "reminder_minutes"?: (number)[] | null;
          "sequence"?: number;
          "series_date"?: string | null;
          "series_id"?: string | null;
          "session_type"?: Database["public"]["Enums"]["session_type"];
          "start_time": string;
          "status"?: Database["public"]["Enums"]["session_status"];
          "status_due_at"?: never;
          "timezone"?: string;
          "title": string;
          "updated_at"?: string;
          "zoom_meeting_id"?: string | null;
          "zoom_passcode"?: string | null;
        };
        Update: {
          "audience_key"?: never;
          "backup_credentials_updated_at"?: string | null;
          "backup_link"?: string | null;
          "batch_id"?: string | null;
          "calendar_uid"?: string;
          "cancel_reason"?: string | null;
          "capacity"?: number | null;
          "course_id"?: string | null;
          "created_at"?: string;
          "created_by"?: string | null;
          "credentials_updated_at"?: string | null;
          "description"?: string | null;
          "end_time"?: string;
          "host_key"?: never;
          "id"?: string;
          "link"?: string | null;
          "link_failed_at"?: string | null;
          "link_failure_note"?: string | null;
          "meeting_account_id"?: string | null;
          "mentor_id"?: string | null;
          "platform"?: string;
          "platform_data"?: NonNullable<Json>;
          "recurrence_id"?: string | null;
          "registration_closes_at"?: string | null;
          "registration_required"?: boolean;
          "reminder_minutes"?: (number)[] | null;
          "sequence"?: number;
          "series_date"?: string | null;
          "series_id"?: string | null;
          "session_type"?: Database["public"]["Enums"]["session_type"];
          "start_time"?: string;
          "status"?: Database["public"]["Enums"]["session_status"];
          "status_due_at"?: never;
          "timezone"?: string;
          "title"?: string;
          "updated_at"?: string;
          "zoom_meeting_id"?: string | null;
          "zoom_passcode"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "success_sessions_batch_id_of_course_fkey";
            columns: ["batch_id", "course_id"];
            isOneToOne: false;
            referencedRelation: "batches";
            referencedColumns: ["id", "course_id"];
          },
          {
            foreignKeyName: "success_sessions_course_id_fkey";
            columns: ["course_id"];
            isOneToOne: false;
            referencedRelation: "courses";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "success_sessions_created_by_fkey";
            columns: ["created_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "success_sessions_meeting_account_id_of_platform_fkey";
            columns: ["meeting_account_id", "platform"];
            isOneToOne: false;
            referencedRelation: "meeting_accounts";
            referencedColumns: ["id", "platform"];
          },
          {
            foreignKeyName: "success_sessions_mentor_id_fkey";
            columns: ["mentor_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "success_sessions_platform_fkey";
            columns: ["platform"];
            isOneToOne: false;
            referencedRelation: "meeting_platforms";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "success_sessions_series_id_fkey";
            columns: ["series_id"];
            isOneToOne: false;
            referencedRelation: "session_series";
            referencedColumns: ["id"];
          },
        ];
      };
      "user_roles": {
        Row: {
          "granted_at": string;
          "role": Database["public"]["Enums"]["app_role"];
          "user_id": string;
        };
        ComputedFields: never;
        Insert: {
          "granted_at"?: string;
          "role": Database["public"]["Enums"]["app_role"];
          "user_id": string;
        };
        Update: {
          "granted_at"?: string;
          "role"?: Database["public"]["Enums"]["app_role"];
          "user_id"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "user_roles_user_id_fkey";
            columns: ["user_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
        ];
      };
      "webhook_endpoints": {
        Row: {
          "created_at": string;
          "created_by": string | null;
          "description": string | null;
          "event_types": (string)[];
          "id": string;
          "is_active": boolean;
          "previous_secret_until": string | null;
          "updated_at": string;
          "url": string;
        };
        ComputedFields: never;
        Insert: {
          "created_at"?: string;
          "created_by"?: string | null;
          "description"?: string | null;
          "event_types": (string)[];
          "id"?: string;
          "is_active"?: boolean;
          "previous_secret_until"?: string | null;
          "updated_at"?: string;
          "url": string;
        };
        Update: {
          "created_at"?: string;
          "created_by"?: string | null;
          "description"?: string | null;
          "event_types"?: (string)[];
          "id"?: string;
          "is_active"?: boolean;
          "previous_secret_until"?: string | null;
          "updated_at"?: string;
          "url"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "webhook_endpoints_created_by_fkey";
            columns: ["created_by"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
        ];
      };
    };
    Views: {
      "blackout_clashes": {
        Row: {
          "blackout_id": string;
          "course_id": string | null;
          "end_time": string;
          "first_date": string;
          "last_date": string;
          "name": string;
          "series_id": string | null;
          "session_id": string;
          "start_time": string;
          "status": Database["public"]["Enums"]["session_status"];
          "timezone": string;
          "title": string;
        };
        ComputedFields: never;
        Insert: {
          "blackout_id"?: string | null;
          "course_id"?: string | null;
          "end_time"?: string | null;
          "first_date"?: string | null;
          "last_date"?: string | null;
          "name"?: string | null;
          "series_id"?: string | null;
          "session_id"?: string | null;
          "start_time"?: string | null;
          "status"?: Database["public"]["Enums"]["session_status"] | null;
          "timezone"?: string | null;
          "title"?: string | null;
        };
        Update: {
          "blackout_id"?: string | null;
          "course_id"?: string | null;
          "end_time"?: string | null;
          "first_date"?: string | null;
          "last_date"?: string | null;
          "name"?: string | null;
          "series_id"?: string | null;
          "session_id"?: string | null;
          "start_time"?: string | null;
          "status"?: Database["public"]["Enums"]["session_status"] | null;
          "timezone"?: string | null;
          "title"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "success_sessions_course_id_fkey";
            columns: ["course_id"];
            isOneToOne: false;
            referencedRelation: "courses";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "success_sessions_series_id_fkey";
            columns: ["series_id"];
            isOneToOne: false;
            referencedRelation: "session_series";
            referencedColumns: ["id"];
          },
        ];
      };
      "segmented_weekly_success_sessions": {
        Row: {
          "attendance_status": Database["public"]["Enums"]["attendance_status"] | null;
          "audience": string | null;
          "backup_link": string | null;
          "batch_id": string | null;
          "can_join": boolean | null;
          "capacity": number | null;
          "course_id": string | null;
          "description": string | null;
          "end_time": string;
          "id": string;
          "is_on_backup_link": boolean | null;
          "join_opens_at": string | null;
          "joined_at": string | null;
          "left_at": string | null;
          "link": string | null;
          "link_pending": boolean | null;
          "local_end": string | null;
          "local_start": string | null;
          "local_timezone": string | null;
          "mentor_id": string | null;
          "mentor_name": string | null;
          "minutes_present": number | null;
          "platform": string;
          "recurrence_id": string | null;
          "registration_closes_at": string | null;
          "registration_required": boolean;
          "registration_status": Database["public"]["Enums"]["registration_status"] | null;
          "seats_left": number | null;
          "segment": string | null;
          "sequence": number;
          "series_id": string | null;
          "session_type": Database["public"]["Enums"]["session_type"];
          "start_time": string;
          "status": Database["public"]["Enums"]["session_status"] | null;
          "timezone": string;
          "title": string;
          "waitlist_position": number | null;
          "week_start": string | null;
          "zoom_meeting_id": string | null;
        };
        ComputedFields: never;
        Insert: {
          "attendance_status"?: Database["public"]["Enums"]["attendance_status"] | null;
          "audience"?: string | null;
          "backup_link"?: string | null;
          "batch_id"?: string | null;
          "can_join"?: boolean | null;
          "capacity"?: number | null;
          "course_id"?: string | null;
          "description"?: string | null;
          "end_time"?: string | null;
          "id"?: string | null;
          "is_on_backup_link"?: boolean | null;
          "join_opens_at"?: string | null;
          "joined_at"?: string | null;
          "left_at"?: string | null;
          "link"?: string | null;
          "link_pending"?: boolean | null;
          "local_end"?: string | null;
          "local_start"?: string | null;
          "local_timezone"?: string | null;
          "mentor_id"?: string | null;
          "mentor_name"?: string | null;
          "minutes_present"?: number | null;
          "platform"?: string | null;
          "recurrence_id"?: string | null;
          "registration_closes_at"?: string | null;
          "registration_required"?: boolean | null;
          "registration_status"?: Database["public"]["Enums"]["registration_status"] | null;
          "seats_left"?: number | null;
          "segment"?: string | null;
          "sequence"?: number | null;
          "series_id"?: string | null;
          "session_type"?: Database["public"]["Enums"]["session_type"] | null;
          "start_time"?: string | null;
          "status"?: Database["public"]["Enums"]["session_status"] | null;
          "timezone"?: string | null;
          "title"?: string | null;
          "waitlist_position"?: number | null;
          "week_start"?: string | null;
          "zoom_meeting_id"?: string | null;
        };
        Update: {
          "attendance_status"?: Database["public"]["Enums"]["attendance_status"] | null;
          "audience"?: string | null;
          "backup_link"?: string | null;
          "batch_id"?: string | null;
          "can_join"?: boolean | null;
          "capacity"?: number | null;
          "course_id"?: string | null;
          "description"?: string | null;
          "end_time"?: string | null;
          "id"?: string | null;
          "is_on_backup_link"?: boolean | null;
          "join_opens_at"?: string | null;
          "joined_at"?: string | null;
          "left_at"?: string | null;
          "link"?: string | null;
          "link_pending"?: boolean | null;
          "local_end"?: string | null;
          "local_start"?: string | null;
          "local_timezone"?: string | null;
          "mentor_id"?: string | null;
          "mentor_name"?: string | null;
          "minutes_present"?: number | null;
          "platform"?: string | null;
          "recurrence_id"?: string | null;
          "registration_closes_at"?: string | null;
          "registration_required"?: boolean | null;
          "registration_status"?: Database["public"]["Enums"]["registration_status"] | null;
          "seats_left"?: number | null;
          "segment"?: string | null;
          "sequence"?: number | null;
          "series_id"?: string | null;
          "session_type"?: Database["public"]["Enums"]["session_type"] | null;
          "start_time"?: string | null;
          "status"?: Database["public"]["Enums"]["session_status"] | null;
          "timezone"?: string | null;
          "title"?: string | null;
          "waitlist_position"?: number | null;
          "week_start"?: string | null;
          "zoom_meeting_id"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "success_sessions_batch_id_of_course_fkey";
            columns: ["batch_id", "course_id"];
            isOneToOne: false;
            referencedRelation: "batches";
            referencedColumns: ["id", "course_id"];
          },
          {
            foreignKeyName: "success_sessions_course_id_fkey";
            columns: ["course_id"];
            isOneToOne: false;
            referencedRelation: "courses";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "success_sessions_mentor_id_fkey";
            columns: ["mentor_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "success_sessions_platform_fkey";
            columns: ["platform"];
            isOneToOne: false;
            referencedRelation: "meeting_platforms";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "success_sessions_series_id_fkey";
            columns: ["series_id"];
            isOneToOne: false;
            referencedRelation: "session_series";
            referencedColumns: ["id"];
          },
        ];
      };
      "time_off_clashes": {
        Row: {
          "end_time": string;
          "mentor_id": string;
          "mentor_name": string | null;
          "session_id": string;
          "start_time": string;
          "status": Database["public"]["Enums"]["session_status"];
          "time_off_end": string;
          "time_off_id": string;
          "time_off_start": string;
          "timezone": string;
          "title": string;
        };
        ComputedFields: never;
        Insert: {
          "end_time"?: string | null;
          "mentor_id"?: string | null;
          "mentor_name"?: string | null;
          "session_id"?: string | null;
          "start_time"?: string | null;
          "status"?: Database["public"]["Enums"]["session_status"] | null;
          "time_off_end"?: string | null;
          "time_off_id"?: string | null;
          "time_off_start"?: string | null;
          "timezone"?: string | null;
          "title"?: string | null;
        };
        Update: {
          "end_time"?: string | null;
          "mentor_id"?: string | null;
          "mentor_name"?: string | null;
          "session_id"?: string | null;
          "start_time"?: string | null;
          "status"?: Database["public"]["Enums"]["session_status"] | null;
          "time_off_end"?: string | null;
          "time_off_id"?: string | null;
          "time_off_start"?: string | null;
          "timezone"?: string | null;
          "title"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "mentor_time_off_mentor_id_fkey";
            columns: ["mentor_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
        ];
      };
    };
    Functions: {
      "add_recording": {
        Args: {
          "duration_minutes"?: number;
          "event_id": string;
          "is_published"?: boolean;
          "meeting_id": string;
          "notify"?: boolean;
          "platform": string;
          "started_at": string;
          "title"?: string;
          "url": string;
        };
        Returns: Database["public"]["CompositeTypes"]["recording_receipt"];
        SetofOptions: {
          from: "*";
          to: "recording_receipt";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      "assign_mentor": {
        Args: { "mentor_id": string; "session_id": string };
        Returns: {
          "audience_key": string | null;
          "backup_credentials_updated_at": string | null;
          "backup_link": string | null;
          "batch_id": string | null;
          "calendar_uid": string;
          "cancel_reason": string | null;
          "capacity": number | null;
          "course_id": string | null;
          "created_at": string;
          "created_by": string | null;
          "credentials_updated_at": string | null;
          "description": string | null;
          "end_time": string;
          "host_key": string;
          "id": string;
          "link": string | null;
          "link_failed_at": string | null;
          "link_failure_note": string | null;
          "meeting_account_id": string | null;
          "mentor_id": string | null;
          "platform": string;
          "platform_data": NonNullable<Json>;
          "recurrence_id": string | null;
          "registration_closes_at": string | null;
          "registration_required": boolean;
          "reminder_minutes": (number)[] | null;
          "sequence": number;
          "series_date": string | null;
          "series_id": string | null;
          "session_type": Database["public"]["Enums"]["session_type"];
          "start_time": string;
          "status": Database["public"]["Enums"]["session_status"];
          "status_due_at": string | null;
          "timezone": string;
          "title": string;
          "updated_at": string;
          "zoom_meeting_id": string | null;
          "zoom_passcode": string | null;
        };
        SetofOptions: {
          from: "*";
          to: "success_sessions";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      "attendance_report": {
        Args: {
          "batch_id"?: string;
          "course_id"?: string;
          "from_date": string;
          "grain"?: string;
          "mentor_id"?: string;
          "session_type"?: Database["public"]["Enums"]["session_type"];
          "timezone"?: string;
          "to_date": string;
        };
        Returns: Database["public"]["CompositeTypes"]["attendance_figures"][];
        SetofOptions: {
          from: "*";
          to: "attendance_figures";
          isOneToOne: false;
          isSetofReturn: true;
        };
      };
      "available_mentors": {
        Args: { "end_time": string; "start_time": string };
        Returns: Database["public"]["CompositeTypes"]["available_mentor"][];
        SetofOptions: {
          from: "*";
          to: "available_mentor";
          isOneToOne: false;
          isSetofReturn: true;
        };
      };
      "book_slot": {
        Args: { "note"?: string; "offer_id": string; "start_time": string };
        Returns: Database["public"]["CompositeTypes"]["booking_details"];
        SetofOptions: {
          from: "*";
          to: "booking_details";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      "bookable_slots": {
        Args: {
          "from_time"?: string;
          "mentor_id"?: string;
          "offer_id"?: string;
          "session_id"?: string;
          "to_time"?: string;
        };
        Returns: Database["public"]["CompositeTypes"]["bookable_slot"][];
        SetofOptions: {
          from: "*";
          to: "bookable_slot";
          isOneToOne: false;
          isSetofReturn: true;
        };
      };
      "booking_offer_credentials": {
        Args: { "offer_id": string };
        Returns: Database["public"]["CompositeTypes"]["booking_offer_credential_details"];
        SetofOptions: {
          from: "*";
          to: "booking_offer_credential_details";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      "calendar_feed": { Args: { "token": string }; Returns: unknown };
      "cancel_booking": {
        Args: { "reason"?: string; "session_id": string };
        Returns: Database["public"]["CompositeTypes"]["booking_details"];
        SetofOptions: {
          from: "*";
          to: "booking_details";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      "cancel_registration": {
        Args: { "session_id": string };
        Returns: Database["public"]["CompositeTypes"]["registration_details"];
        SetofOptions: {
          from: "*";
          to: "registration_details";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      "cancel_session": {
        Args: { "reason"?: string; "scope"?: string; "session_id": string };
        Returns: {
          "audience_key": string | null;
          "backup_credentials_updated_at": string | null;
          "backup_link": string | null;
          "batch_id": string | null;
          "calendar_uid": string;
          "cancel_reason": string | null;
          "capacity": number | null;
          "course_id": string | null;
          "created_at": string;
          "created_by": string | null;
          "credentials_updated_at": string | null;
          "description": string | null;
          "end_time": string;
          "host_key": string;
          "id": string;
          "link": string | null;
          "link_failed_at": string | null;
          "link_failure_note": string | null;
          "meeting_account_id": string | null;
          "mentor_id": string | null;
          "platform": string;
          "platform_data": NonNullable<Json>;
          "recurrence_id": string | null;
          "registration_closes_at": string | null;
          "registration_required": boolean;
          "reminder_minutes": (number)[] | null;
          "sequence": number;
          "series_date": string | null;
          "series_id": string | null;
          "session_type": Database["public"]["Enums"]["session_type"];
          "start_time": string;
          "status": Database["public"]["Enums"]["session_status"];
          "status_due_at": string | null;
          "timezone": string;
          "title": string;
          "updated_at": string;
          "zoom_meeting_id": string | null;
          "zoom_passcode": string | null;
        }[];
        SetofOptions: {
          from: "*";
          to: "success_sessions";
          isOneToOne: false;
          isSetofReturn: true;
        };
      };
      "check_in": {
        Args: { "code": string; "session_id": string };
        Returns: Database["public"]["CompositeTypes"]["check_in_result"];
        SetofOptions: {
          from: "*";
          to: "check_in_result";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      "claim_meeting_tasks": {
        Args: { "lease_seconds"?: number; "max_tasks"?: number };
        Returns: Database["public"]["CompositeTypes"]["meeting_task"][];
        SetofOptions: {
          from: "*";
          to: "meeting_task";
          isOneToOne: false;
          isSetofReturn: true;
        };
      };
      "complete_meeting_task": {
        Args: {
          "claim_id": string;
          "external_id"?: string;
          "is_report_complete"?: boolean;
          "link"?: string;
          "meeting_id": string;
          "passcode"?: string;
        };
        Returns: boolean;
      };
      "create_calendar_feed": { Args: { "course_id"?: string; "label"?: string }; Returns: string };
      "create_recurring_session": {
        Args: { "recurrence": Json; "session": Json };
        Returns: {
          "audience_key": string | null;
          "backup_credentials_updated_at": string | null;
          "backup_link": string | null;
          "batch_id": string | null;
          "calendar_uid": string;
          "cancel_reason": string | null;
          "capacity": number | null;
          "course_id": string | null;
          "created_at": string;
          "created_by": string | null;
          "credentials_updated_at": string | null;
          "description": string | null;
          "end_time": string;
          "host_key": string;
          "id": string;
          "link": string | null;
          "link_failed_at": string | null;
          "link_failure_note": string | null;
          "meeting_account_id": string | null;
          "mentor_id": string | null;
          "platform": string;
          "platform_data": NonNullable<Json>;
          "recurrence_id": string | null;
          "registration_closes_at": string | null;
          "registration_required": boolean;
          "reminder_minutes": (number)[] | null;
          "sequence": number;
          "series_date": string | null;
          "series_id": string | null;
          "session_type": Database["public"]["Enums"]["session_type"];
          "start_time": string;
          "status": Database["public"]["Enums"]["session_status"];
          "status_due_at": string | null;
          "timezone": string;
          "title": string;
          "updated_at": string;
          "zoom_meeting_id": string | null;
          "zoom_passcode": string | null;
        }[];
        SetofOptions: {
          from: "*";
          to: "success_sessions";
          isOneToOne: false;
          isSetofReturn: true;
        };
      };
      "create_webhook_endpoint": {
        Args: { "description"?: string; "event_types": (string)[]; "url": string };
        Returns: Database["public"]["CompositeTypes"]["webhook_secret"];
        SetofOptions: {
          from: "*";
          to: "webhook_secret";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      "decide_excuse": {
        Args: { "approve": boolean; "note"?: string; "session_id": string; "student_id": string };
        Returns: {
          "created_at": string;
          "decided_at": string | null;
          "decided_by": string | null;
          "decision_note": string | null;
          "reason": string;
          "session_id": string;
          "status": Database["public"]["Enums"]["excuse_status"];
          "student_id": string;
          "updated_at": string;
        };
        SetofOptions: {
          from: "*";
          to: "session_excuses";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      "dismiss_participant": { Args: { "participant_id": string }; Returns: undefined };
      "end_meeting": {
        Args: {
          "event_id": string;
          "meeting_id": string;
          "occurred_at": string;
          "platform": string;
        };
        Returns: Database["public"]["CompositeTypes"]["presence_receipt"];
        SetofOptions: {
          from: "*";
          to: "presence_receipt";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      "erase_user": { Args: { "user_id": string }; Returns: undefined };
      "explain_notifications": {
        Args: { "session_id": string; "user_id": string };
        Returns: Database["public"]["CompositeTypes"]["notification_explanation"][];
        SetofOptions: {
          from: "*";
          to: "notification_explanation";
          isOneToOne: false;
          isSetofReturn: true;
        };
      };
      "explain_session_access": {
        Args: { "session_id": string; "user_id": string };
        Returns: Database["public"]["CompositeTypes"]["session_access_rule"][];
        SetofOptions: {
          from: "*";
          to: "session_access_rule";
          isOneToOne: false;
          isSetofReturn: true;
        };
      };
      "export_user_data": { Args: { "user_id": string }; Returns: Json };
      "fail_meeting_task": {
        Args: {
          "claim_id": string;
          "is_account_full"?: boolean;
          "meeting_id": string;
          "reason": string;
          "retry_at"?: string;
        };
        Returns: boolean;
      };
      "import_attendance": {
        Args: { "all_or_nothing"?: boolean; "rows": Json; "session_id": string };
        Returns: Database["public"]["CompositeTypes"]["attendance_import_row"][];
        SetofOptions: {
          from: "*";
          to: "attendance_import_row";
          isOneToOne: false;
          isSetofReturn: true;
        };
      };
      "join_session": {
        Args: { "session_id": string };
        Returns: Database["public"]["CompositeTypes"]["session_join_details"];
        SetofOptions: {
          from: "*";
          to: "session_join_details";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      "leave_session": {
        Args: { "session_id": string };
        Returns: {
          "created_at": string;
          "joined_at": string | null;
          "left_at": string | null;
          "marked_by": string | null;
          "minutes_present": number;
          "note": string | null;
          "session_id": string;
          "source": Database["public"]["Enums"]["attendance_source"];
          "status": Database["public"]["Enums"]["attendance_status"];
          "student_id": string;
          "updated_at": string;
        };
        SetofOptions: {
          from: "*";
          to: "session_attendance";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      "link_participant": {
        Args: { "participant_id": string; "student_id": string };
        Returns: {
          "created_at": string;
          "joined_at": string | null;
          "left_at": string | null;
          "marked_by": string | null;
          "minutes_present": number;
          "note": string | null;
          "session_id": string;
          "source": Database["public"]["Enums"]["attendance_source"];
          "status": Database["public"]["Enums"]["attendance_status"];
          "student_id": string;
          "updated_at": string;
        };
        SetofOptions: {
          from: "*";
          to: "session_attendance";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      "mark_attendance": {
        Args: {
          "note"?: string;
          "session_id": string;
          "status": Database["public"]["Enums"]["attendance_status"];
          "student_id": string;
        };
        Returns: {
          "created_at": string;
          "joined_at": string | null;
          "left_at": string | null;
          "marked_by": string | null;
          "minutes_present": number;
          "note": string | null;
          "session_id": string;
          "source": Database["public"]["Enums"]["attendance_source"];
          "status": Database["public"]["Enums"]["attendance_status"];
          "student_id": string;
          "updated_at": string;
        };
        SetofOptions: {
          from: "*";
          to: "session_attendance";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      "mentor_performance": {
        Args: {
          "batch_id"?: string;
          "course_id"?: string;
          "from_date": string;
          "grain"?: string;
          "mentor_id"?: string;
          "session_type"?: Database["public"]["Enums"]["session_type"];
          "timezone"?: string;
          "to_date": string;
        };
        Returns: Database["public"]["CompositeTypes"]["mentor_figures"][];
        SetofOptions: {
          from: "*";
          to: "mentor_figures";
          isOneToOne: false;
          isSetofReturn: true;
        };
      };
      "move_booking": {
        Args: { "session_id": string; "start_time": string };
        Returns: Database["public"]["CompositeTypes"]["booking_details"];
        SetofOptions: {
          from: "*";
          to: "booking_details";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      "open_recording": {
        Args: { "recording_id": string };
        Returns: Database["public"]["CompositeTypes"]["recording_details"];
        SetofOptions: {
          from: "*";
          to: "recording_details";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      "personal_link": {
        Args: { "session_id": string; "user_id": string };
        Returns: Database["public"]["CompositeTypes"]["personal_link_details"];
        SetofOptions: {
          from: "*";
          to: "personal_link_details";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      "preview_recurrence": {
        Args: { "recurrence": Json; "start_time": string; "timezone": string };
        Returns: Database["public"]["CompositeTypes"]["recurrence_date"][];
        SetofOptions: {
          from: "*";
          to: "recurrence_date";
          isOneToOne: false;
          isSetofReturn: true;
        };
      };
      "rate_session": {
        Args: { "comment"?: string; "rating": number; "session_id": string };
        Returns: {
          "comment": string | null;
          "created_at": string;
          "rating": number;
          "session_id": string;
          "student_id": string;
        };
        SetofOptions: {
          from: "*";
          to: "session_ratings";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      "reassign_mentor_sessions": {
        Args: {
          "from_mentor": string;
          "from_time"?: string;
          "to_mentor": string;
          "to_time"?: string;
        };
        Returns: string[];
      };
      "reconcile_presence": {
        Args: {
          "ended_at": string;
          "meeting_id": string;
          "participants": Json;
          "platform": string;
          "report_id": string;
          "started_at": string;
        };
        Returns: Database["public"]["CompositeTypes"]["presence_report_receipt"];
        SetofOptions: {
          from: "*";
          to: "presence_report_receipt";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      "record_mail_event": {
        Args: {
          "address"?: string;
          "email_id"?: string;
          "event_id": string;
          "kind": string;
          "occurred_at": string;
        };
        Returns: string;
      };
      "record_presence": {
        Args: {
          "connection_id"?: string;
          "event_id": string;
          "kind": string;
          "meeting_id": string;
          "occurred_at": string;
          "participant_email"?: string;
          "participant_key"?: string;
          "participant_name"?: string;
          "platform": string;
        };
        Returns: Database["public"]["CompositeTypes"]["presence_receipt"];
        SetofOptions: {
          from: "*";
          to: "presence_receipt";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      "register_for_session": {
        Args: { "session_id": string };
        Returns: Database["public"]["CompositeTypes"]["registration_details"];
        SetofOptions: {
          from: "*";
          to: "registration_details";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      "replay_webhook_delivery": { Args: { "delivery_id": string }; Returns: undefined };
      "report_link_failure": {
        Args: { "note"?: string; "session_id": string };
        Returns: {
          "audience_key": string | null;
          "backup_credentials_updated_at": string | null;
          "backup_link": string | null;
          "batch_id": string | null;
          "calendar_uid": string;
          "cancel_reason": string | null;
          "capacity": number | null;
          "course_id": string | null;
          "created_at": string;
          "created_by": string | null;
          "credentials_updated_at": string | null;
          "description": string | null;
          "end_time": string;
          "host_key": string;
          "id": string;
          "link": string | null;
          "link_failed_at": string | null;
          "link_failure_note": string | null;
          "meeting_account_id": string | null;
          "mentor_id": string | null;
          "platform": string;
          "platform_data": NonNullable<Json>;
          "recurrence_id": string | null;
          "registration_closes_at": string | null;
          "registration_required": boolean;
          "reminder_minutes": (number)[] | null;
          "sequence": number;
          "series_date": string | null;
          "series_id": string | null;
          "session_type": Database["public"]["Enums"]["session_type"];
          "start_time": string;
          "status": Database["public"]["Enums"]["session_status"];
          "status_due_at": string | null;
          "timezone": string;
          "title": string;
          "updated_at": string;
          "zoom_meeting_id": string | null;
          "zoom_passcode": string | null;
        };
        SetofOptions: {
          from: "*";
          to: "success_sessions";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      "request_excuse": {
        Args: { "reason": string; "session_id": string };
        Returns: {
          "created_at": string;
          "decided_at": string | null;
          "decided_by": string | null;
          "decision_note": string | null;
          "reason": string;
          "session_id": string;
          "status": Database["public"]["Enums"]["excuse_status"];
          "student_id": string;
          "updated_at": string;
        };
        SetofOptions: {
          from: "*";
          to: "session_excuses";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      "reschedule_session": {
        Args: { "end_time"?: string; "session_id": string; "start_time": string };
        Returns: {
          "audience_key": string | null;
          "backup_credentials_updated_at": string | null;
          "backup_link": string | null;
          "batch_id": string | null;
          "calendar_uid": string;
          "cancel_reason": string | null;
          "capacity": number | null;
          "course_id": string | null;
          "created_at": string;
          "created_by": string | null;
          "credentials_updated_at": string | null;
          "description": string | null;
          "end_time": string;
          "host_key": string;
          "id": string;
          "link": string | null;
          "link_failed_at": string | null;
          "link_failure_note": string | null;
          "meeting_account_id": string | null;
          "mentor_id": string | null;
          "platform": string;
          "platform_data": NonNullable<Json>;
          "recurrence_id": string | null;
          "registration_closes_at": string | null;
          "registration_required": boolean;
          "reminder_minutes": (number)[] | null;
          "sequence": number;
          "series_date": string | null;
          "series_id": string | null;
          "session_type": Database["public"]["Enums"]["session_type"];
          "start_time": string;
          "status": Database["public"]["Enums"]["session_status"];
          "status_due_at": string | null;
          "timezone": string;
          "title": string;
          "updated_at": string;
          "zoom_meeting_id": string | null;
          "zoom_passcode": string | null;
        };
        SetofOptions: {
          from: "*";
          to: "success_sessions";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      "revoke_calendar_feed": { Args: { "feed_id": string }; Returns: undefined };
      "rotate_webhook_secret": {
        Args: { "endpoint_id": string };
        Returns: Database["public"]["CompositeTypes"]["webhook_secret"];
        SetofOptions: {
          from: "*";
          to: "webhook_secret";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      "save_personal_link": {
        Args: {
          "link": string;
          "meeting_id": string;
          "participant_key": string;
          "user_id": string;
        };
        Returns: string;
      };
      "session_credentials": {
        Args: { "session_id": string };
        Returns: Database["public"]["CompositeTypes"]["session_credential_details"];
        SetofOptions: {
          from: "*";
          to: "session_credential_details";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      "session_effectiveness": {
        Args: {
          "batch_id"?: string;
          "course_id"?: string;
          "from_date": string;
          "mentor_id"?: string;
          "session_type"?: Database["public"]["Enums"]["session_type"];
          "timezone"?: string;
          "to_date": string;
        };
        Returns: Database["public"]["CompositeTypes"]["session_figures"][];
        SetofOptions: {
          from: "*";
          to: "session_figures";
          isOneToOne: false;
          isSetofReturn: true;
        };
      };
      "session_ics": { Args: { "session_id": string }; Returns: unknown };
      "session_roster": {
        Args: { "session_id": string };
        Returns: Database["public"]["CompositeTypes"]["roster_entry"][];
        SetofOptions: {
          from: "*";
          to: "roster_entry";
          isOneToOne: false;
          isSetofReturn: true;
        };
      };
      "show_check_in_code": {
        Args: { "session_id": string };
        Returns: Database["public"]["CompositeTypes"]["check_in_code"];
        SetofOptions: {
          from: "*";
          to: "check_in_code";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      "student_participation": {
        Args: {
          "batch_id"?: string;
          "course_id"?: string;
          "from_date": string;
          "grain"?: string;
          "mentor_id"?: string;
          "session_type"?: Database["public"]["Enums"]["session_type"];
          "student_id"?: string;
          "timezone"?: string;
          "to_date": string;
        };
        Returns: Database["public"]["CompositeTypes"]["participation_figures"][];
        SetofOptions: {
          from: "*";
          to: "participation_figures";
          isOneToOne: false;
          isSetofReturn: true;
        };
      };
      "unmatched_participants": {
        Args: { "session_id"?: string };
        Returns: Database["public"]["CompositeTypes"]["unmatched_participant"][];
        SetofOptions: {
          from: "*";
          to: "unmatched_participant";
          isOneToOne: false;
          isSetofReturn: true;
        };
      };
      "unsubscribe": { Args: { "confirm": boolean; "token": string }; Returns: string };
      "update_session_series": {
        Args: { "changes": Json; "scope": string; "session_id": string };
        Returns: {
          "audience_key": string | null;
          "backup_credentials_updated_at": string | null;
          "backup_link": string | null;
          "batch_id": string | null;
          "calendar_uid": string;
          "cancel_reason": string | null;
          "capacity": number | null;
          "course_id": string | null;
          "created_at": string;
          "created_by": string | null;
          "credentials_updated_at": string | null;
          "description": string | null;
          "end_time": string;
          "host_key": string;
          "id": string;
          "link": string | null;
          "link_failed_at": string | null;
          "link_failure_note": string | null;
          "meeting_account_id": string | null;
          "mentor_id": string | null;
          "platform": string;
          "platform_data": NonNullable<Json>;
          "recurrence_id": string | null;
          "registration_closes_at": string | null;
          "registration_required": boolean;
          "reminder_minutes": (number)[] | null;
          "sequence": number;
          "series_date": string | null;
          "series_id": string | null;
          "session_type": Database["public"]["Enums"]["session_type"];
          "start_time": string;
          "status": Database["public"]["Enums"]["session_status"];
          "status_due_at": string | null;
          "timezone": string;
          "title": string;
          "updated_at": string;
          "zoom_meeting_id": string | null;
          "zoom_passcode": string | null;
        }[];
        SetofOptions: {
          from: "*";
          to: "success_sessions";
          isOneToOne: false;
          isSetofReturn: true;
        };
      };
      "verify_audit_log": {
        Args: { "known_hash"?: string; "known_seal"?: number; "since"?: string };
        Returns: Database["public"]["CompositeTypes"]["audit_verification"];
        SetofOptions: {
          from: "*";
          to: "audit_verification";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      "webhook_deliveries": {
        Args: { "endpoint_id": string; "max_rows"?: number };
        Returns: Database["public"]["CompositeTypes"]["webhook_delivery"][];
        SetofOptions: {
          from: "*";
          to: "webhook_delivery";
          isOneToOne: false;
          isSetofReturn: true;
        };
      };
      "withdraw_excuse": {
        Args: { "session_id": string };
        Returns: {
          "created_at": string;
          "decided_at": string | null;
          "decided_by": string | null;
          "decision_note": string | null;
          "reason": string;
          "session_id": string;
          "status": Database["public"]["Enums"]["excuse_status"];
          "student_id": string;
          "updated_at": string;
        };
        SetofOptions: {
          from: "*";
          to: "session_excuses";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      "withdraw_link_failure": {
        Args: { "session_id": string };
        Returns: {
          "audience_key": string | null;
          "backup_credentials_updated_at": string | null;
          "backup_link": string | null;
          "batch_id": string | null;
          "calendar_uid": string;
          "cancel_reason": string | null;
          "capacity": number | null;
          "course_id": string | null;
          "created_at": string;
          "created_by": string | null;
          "credentials_updated_at": string | null;
          "description": string | null;
          "end_time": string;
          "host_key": string;
          "id": string;
          "link": string | null;
          "link_failed_at": string | null;
          "link_failure_note": string | null;
          "meeting_account_id": string | null;
          "mentor_id": string | null;
          "platform": string;
          "platform_data": NonNullable<Json>;
          "recurrence_id": string | null;
          "registration_closes_at": string | null;
          "registration_required": boolean;
          "reminder_minutes": (number)[] | null;
          "sequence": number;
          "series_date": string | null;
          "series_id": string | null;
          "session_type": Database["public"]["Enums"]["session_type"];
          "start_time": string;
          "status": Database["public"]["Enums"]["session_status"];
          "status_due_at": string | null;
          "timezone": string;
          "title": string;
          "updated_at": string;
          "zoom_meeting_id": string | null;
          "zoom_passcode": string | null;
        };
        SetofOptions: {
          from: "*";
          to: "success_sessions";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
    };
    Enums: {
      "app_role": "student" | "mentor" | "enrollment_manager" | "admin" | "superadmin";
      "attendance_source": "join" | "platform" | "manual" | "import";
      "attendance_status": "present" | "late" | "partial" | "absent" | "excused";
      "enrollment_status": "active" | "paused" | "completed" | "withdrawn";
      "excuse_status": "requested" | "approved" | "declined" | "withdrawn";
      "meeting_state": "pending" | "changing" | "ready" | "ending" | "ended";
      "offer_audience": "everybody" | "course" | "batch" | "unbatched";
      "presence_outcome": "recorded" | "unmatched" | "staff" | "duplicate" | "unknown_meeting";
      "registration_status": "registered" | "waitlisted" | "cancelled";
      "series_skip_reason": "blackout" | "clash" | "failed";
      "session_status": "upcoming" | "live" | "completed" | "cancelled";
      "session_type": "success_session" | "mentorship" | "group_coaching";
    };
    CompositeTypes: {
      "attendance_figures": {
        "period_start": string | null;
        "period_end": string | null;
        "sessions": number | null;
        "cancelled_sessions": number | null;
        "expected": number | null;
        "attended": number | null;
        "present": number | null;
        "late": number | null;
        "partial": number | null;
        "absent": number | null;
        "excused": number | null;
        "attendance_rate": number | null;
        "previous_attendance_rate": number | null;
        "attendance_rate_change": number | null;
        "late_rate": number | null;
        "no_shows": number | null;
        "no_show_rate": number | null;
        "mean_minutes": number | null;
        "minutes_p10": number | null;
        "minutes_p50": number | null;
        "minutes_p90": number | null;
        "registered": number | null;
        "seats": number | null;
        "fill_rate": number | null;
        "ratings": number | null;
        "mean_rating": number | null;
      };
      "attendance_import_row": {
        "number": number | null;
        "is_accepted": boolean | null;
        "student_id": string | null;
        "status": Database["public"]["Enums"]["attendance_status"] | null;
        "problem": string | null;
      };
      "audit_verification": {
        "is_intact": boolean | null;
        "problem": string | null;
        "seals": number | null;
        "sealed_entries": number | null;
        "unsealed_entries": number | null;
        "redacted_entries": number | null;
        "dropped_seals": number | null;
        "kept_from": string | null;
        "sealed_at": string | null;
        "last_seal": number | null;
        "last_hash": string | null;
      };
      "available_mentor": {
        "mentor_id": string | null;
        "full_name": string | null;
        "timezone": string | null;
        "sessions": number | null;
        "minutes": number | null;
      };
      "bookable_slot": {
        "offer_id": string | null;
        "mentor_id": string | null;
        "mentor_name": string | null;
        "title": string | null;
        "start_time": string | null;
        "end_time": string | null;
        "timezone": string | null;
        "local_start": string | null;
        "local_end": string | null;
        "local_timezone": string | null;
        "overlapping_session_ids": (string)[] | null;
      };
      "booking_details": {
        "session_id": string | null;
        "offer_id": string | null;
        "title": string | null;
        "description": string | null;
        "mentor_id": string | null;
        "mentor_name": string | null;
        "start_time": string | null;
        "end_time": string | null;
        "timezone": string | null;
        "platform": string | null;
        "status": Database["public"]["Enums"]["session_status"] | null;
        "cancel_reason": string | null;
        "changes_until": string | null;
      };
      "booking_offer_credential_details": {
        "offer_id": string | null;
        "platform": string | null;
        "link": string | null;
        "backup_link": string | null;
        "zoom_meeting_id": string | null;
        "passcode": string | null;
      };
      "check_in_code": {
        "session_id": string | null;
        "code": string | null;
        "valid_until": string | null;
      };
      "check_in_result": {
        "is_accepted": boolean | null;
        "attendance_status": Database["public"]["Enums"]["attendance_status"] | null;
        "guesses_left": number | null;
      };
      "meeting_task": {
        "meeting_id": string | null;
        "claim_id": string | null;
        "action": string | null;
        "attempt": number | null;
        "may_exist": boolean | null;
        "platform": string | null;
        "account": string | null;
        "external_id": string | null;
        "title": string | null;
        "description": string | null;
        "start_time": string | null;
        "end_time": string | null;
        "timezone": string | null;
        "platform_data": Json | null;
      };
      "mentor_figures": {
        "mentor_id": string | null;
        "mentor_name": string | null;
        "period_start": string | null;
        "period_end": string | null;
        "sessions": number | null;
        "minutes_hosted": number | null;
        "cancelled_sessions": number | null;
        "cancellation_rate": number | null;
        "joined_in_time": number | null;
        "joined_late": number | null;
        "not_seen": number | null;
        "punctuality_rate": number | null;
        "mean_minutes_late": number | null;
        "taken_over": number | null;
        "handed_over": number | null;
        "expected": number | null;
        "attended": number | null;
        "attendance_rate": number | null;
        "previous_attendance_rate": number | null;
        "attendance_rate_change": number | null;
        "registered": number | null;
        "seats": number | null;
        "fill_rate": number | null;
        "ratings": number | null;
        "mean_rating": number | null;
      };
      "notification_explanation": {
        "event_id": number | null;
        "changed_at": string | null;
        "change": string | null;
        "changed_fields": (string)[] | null;
        "kind": string | null;
        "status": string | null;
        "explanation": string | null;
        "attempts": number | null;
        "next_attempt_at": string | null;
        "in_doubt_at": string | null;
        "sent_at": string | null;
        "transport": string | null;
        "last_error": string | null;
        "email_id": string | null;
      };
      "participation_figures": {
        "student_id": string | null;
        "full_name": string | null;
        "period_start": string | null;
        "period_end": string | null;
        "sessions": number | null;
        "expected": number | null;
        "attended": number | null;
        "present": number | null;
        "late": number | null;
        "partial": number | null;
        "absent": number | null;
        "excused": number | null;
        "attendance_rate": number | null;
        "previous_attendance_rate": number | null;
        "attendance_rate_change": number | null;
        "late_rate": number | null;
        "no_shows": number | null;
        "minutes_present": number | null;
        "mean_minutes": number | null;
        "stay_rate": number | null;
        "last_attended_at": string | null;
      };
      "personal_link_details": {
        "link": string | null;
        "meeting_id": string | null;
        "platform": string | null;
        "account": string | null;
        "external_id": string | null;
        "title": string | null;
        "end_time": string | null;
        "is_host": boolean | null;
        "full_name": string | null;
        "email": string | null;
        "platform_data": Json | null;
      };
      "presence_receipt": {
        "outcome": Database["public"]["Enums"]["presence_outcome"] | null;
        "session_id": string | null;
        "student_id": string | null;
        "participant_id": string | null;
      };
      "presence_report_receipt": {
        "outcome": Database["public"]["Enums"]["presence_outcome"] | null;
        "session_ids": (string)[] | null;
        "recorded": number | null;
        "unmatched": number | null;
      };
      "recording_details": {
        "recording_id": string | null;
        "session_id": string | null;
        "title": string | null;
        "url": string | null;
        "bucket_id": string | null;
        "storage_path": string | null;
      };
      "recording_receipt": {
        "outcome": Database["public"]["Enums"]["presence_outcome"] | null;
        "session_id": string | null;
        "recording_id": string | null;
      };
      "recurrence_date": {
        "start_time": string | null;
        "local_start": string | null;
      };
      "registration_details": {
        "session_id": string | null;
        "status": Database["public"]["Enums"]["registration_status"] | null;
        "waitlist_position": number | null;
        "seats_left": number | null;
        "overlapping_sessions": Json | null;
      };
      "roster_entry": {
        "student_id": string | null;
        "full_name": string | null;
        "is_learner": boolean | null;
        "registration_status": Database["public"]["Enums"]["registration_status"] | null;
        "attendance_status": Database["public"]["Enums"]["attendance_status"] | null;
        "joined_at": string | null;
        "left_at": string | null;
        "minutes_present": number | null;
        "source": Database["public"]["Enums"]["attendance_source"] | null;
        "note": string | null;
        "excuse_status": Database["public"]["Enums"]["excuse_status"] | null;
        "excuse_reason": string | null;
        "participation_rate": number | null;
      };
      "session_access_rule": {
        "rule": string | null;
        "decides": string | null;
        "holds": boolean | null;
        "fact": string | null;
        "remedy": string | null;
      };
      "session_credential_details": {
        "session_id": string | null;
        "platform": string | null;
        "link": string | null;
        "backup_link": string | null;
        "zoom_meeting_id": string | null;
        "passcode": string | null;
        "host_link": string | null;
      };
      "session_figures": {
        "session_id": string | null;
        "title": string | null;
        "session_type": Database["public"]["Enums"]["session_type"] | null;
        "course_id": string | null;
        "batch_id": string | null;
        "mentor_id": string | null;
        "mentor_name": string | null;
        "start_time": string | null;
        "local_start": string | null;
        "scheduled_minutes": number | null;
        "expected": number | null;
        "attended": number | null;
        "present": number | null;
        "late": number | null;
        "partial": number | null;
        "absent": number | null;
        "excused": number | null;
        "attendance_rate": number | null;
        "usual_attendance_rate": number | null;
        "attendance_rate_difference": number | null;
        "late_rate": number | null;
        "no_shows": number | null;
        "mean_minutes": number | null;
        "minutes_p10": number | null;
        "minutes_p50": number | null;
        "minutes_p90": number | null;
        "stay_rate": number | null;
        "registered": number | null;
        "seats": number | null;
        "fill_rate": number | null;
        "host_joined_at": string | null;
        "host_minutes_late": number | null;
        "is_handed_over": boolean | null;
        "ratings": number | null;
        "mean_rating": number | null;
      };
      "session_join_details": {
        "session_id": string | null;
        "title": string | null;
        "description": string | null;
        "session_type": Database["public"]["Enums"]["session_type"] | null;
        "start_time": string | null;
        "end_time": string | null;
        "timezone": string | null;
        "mentor_name": string | null;
        "platform": string | null;
        "link": string | null;
        "backup_link": string | null;
        "zoom_meeting_id": string | null;
        "passcode": string | null;
        "attendance_status": Database["public"]["Enums"]["attendance_status"] | null;
        "is_on_backup_link": boolean | null;
      };
      "unmatched_participant": {
        "participant_id": string | null;
        "session_id": string | null;
        "title": string | null;
        "start_time": string | null;
        "platform": string | null;
        "full_name": string | null;
        "email": string | null;
        "first_seen_at": string | null;
        "last_seen_at": string | null;
        "status": string | null;
        "student_id": string | null;
        "decided_by": string | null;
        "decided_at": string | null;
      };
      "webhook_delivery": {
        "delivery_id": string | null;
        "event_type": string | null;
        "status": string | null;
        "attempts": number | null;
        "created_at": string | null;
        "available_at": string | null;
        "sent_at": string | null;
        "response_status": number | null;
        "last_error": string | null;
      };
      "webhook_secret": {
        "endpoint_id": string | null;
        "secret": string | null;
      };
    };
  };
};

type DatabaseWithoutInternals = Omit<Database, "__InternalSupabase">;

type DefaultSchema = DatabaseWithoutInternals[Extract<keyof Database, "public">];

export type Tables<
  DefaultSchemaTableNameOrOptions extends
    | keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  } ? keyof (
      & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
      & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"]
    )
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals } ? (
    & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"]
  )[TableName] extends {
    Row: infer R;
  } ? R
  : never
  : DefaultSchemaTableNameOrOptions extends keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    ? (DefaultSchema["Tables"] & DefaultSchema["Views"])[DefaultSchemaTableNameOrOptions] extends {
      Row: infer R;
    } ? R
    : never
  : never;

export type TablesInsert<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  } ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends
    {
      Insert: infer I;
    } ? I
  : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
      Insert: infer I;
    } ? I
    : never
  : never;

export type TablesUpdate<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  } ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends
    {
      Update: infer U;
    } ? U
  : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
      Update: infer U;
    } ? U
    : never
  : never;

export type Enums<
  DefaultSchemaEnumNameOrOptions extends
    | keyof DefaultSchema["Enums"]
    | { schema: keyof DatabaseWithoutInternals },
  EnumName extends DefaultSchemaEnumNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  } ? keyof DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"]
    : never = never,
> = DefaultSchemaEnumNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"][EnumName]
  : DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema["Enums"]
    ? DefaultSchema["Enums"][DefaultSchemaEnumNameOrOptions]
  : never;

export type CompositeTypes<
  PublicCompositeTypeNameOrOptions extends
    | keyof DefaultSchema["CompositeTypes"]
    | { schema: keyof DatabaseWithoutInternals },
  CompositeTypeName extends PublicCompositeTypeNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  } ? keyof DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"]
    : never = never,
> = PublicCompositeTypeNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"][
    CompositeTypeName
  ]
  : PublicCompositeTypeNameOrOptions extends keyof DefaultSchema["CompositeTypes"]
    ? DefaultSchema["CompositeTypes"][PublicCompositeTypeNameOrOptions]
  : never;

export const Constants = {
  "public": {
    Enums: {
      "app_role": ["student", "mentor", "enrollment_manager", "admin", "superadmin"],
      "attendance_source": ["join", "platform", "manual", "import"],
      "attendance_status": ["present", "late", "partial", "absent", "excused"],
      "enrollment_status": ["active", "paused", "completed", "withdrawn"],
      "excuse_status": ["requested", "approved", "declined", "withdrawn"],
      "meeting_state": ["pending", "changing", "ready", "ending", "ended"],
      "offer_audience": ["everybody", "course", "batch", "unbatched"],
      "presence_outcome": ["recorded", "unmatched", "staff", "duplicate", "unknown_meeting"],
      "registration_status": ["registered", "waitlisted", "cancelled"],
      "series_skip_reason": ["blackout", "clash", "failed"],
      "session_status": ["upcoming", "live", "completed", "cancelled"],
      "session_type": ["success_session", "mentorship", "group_coaching"],
    },
  },
} as const;
