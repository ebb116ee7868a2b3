"""What the edge functions of a test are told that their callers know, too."""

from __future__ import annotations

WORK_KEY = "a-key-for-whoever-has-meetings-work"
JAAS_KEY_ID = "vpaas-magic-cookie-1/4f4910"
