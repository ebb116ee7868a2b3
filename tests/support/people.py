"""What Supabase Auth expects of the rows of its table of users, whoever writes them."""

from __future__ import annotations

import psycopg


def unreadable(conn: psycopg.Connection) -> list[str]:
    """The addresses of users that Supabase Auth does not find, or fails to read.

    Args:
        conn: A connection that may read `auth.users`.
    """
    rows = conn.execute(
        """
        select email::text
        from auth.users
        where (instance_id = '00000000-0000-0000-0000-000000000000') is not true
            or (aud = 'authenticated') is not true
            or (role = 'authenticated') is not true
            or num_nulls(
                confirmation_token, recovery_token, email_change_token_new, email_change,
                email_change_token_current, phone_change, phone_change_token,
                reauthentication_token, raw_app_meta_data, raw_user_meta_data, created_at,
                updated_at
            ) > 0
        order by email
        """
    ).fetchall()
    return [email for (email,) in rows]
