/** Zoom's webhooks, as developers.zoom.us/docs/api/webhooks describes them. */

import { Refusal } from "../http.ts";
import { demandRecent, equal, hex, hmacSha256 } from "../signatures.ts";
import { address, demanded, instant, object, text, wholeMinutes } from "./fields.ts";
import type { MeetingEvent, WebhookReader } from "./platform.ts";

/** The reader of an app's webhooks. */
export function zoomWebhook(secretToken: string): WebhookReader {
  return {
    async verify(headers, body, now) {
      const timestamp = headers.get("x-zm-request-timestamp") ?? "";
      const signature = headers.get("x-zm-signature") ?? "";
      const expected = hex(await hmacSha256(secretToken, `v0:${timestamp}:`, body));
      if (!equal(signature, `v0=${expected}`)) throw new Refusal(401, "The signature is wrong");
      demandRecent(Number(timestamp), now);
    },

    async challenge({ event, payload }) {
      if (event !== "endpoint.url_validation") return null;
      const { plainToken } = payload as { plainToken?: unknown } ?? {};
      if (typeof plainToken !== "string") throw new Refusal(400, "payload.plainToken is missing");
      return { plainToken, encryptedToken: hex(await hmacSha256(secretToken, plainToken)) };
    },

    translate(payload) {
      switch (payload.event) {
        case "meeting.participant_joined":
          return presence("join", "join_time", object(payload, "payload", "object"));
        case "meeting.participant_left":
          return presence("leave", "leave_time", object(payload, "payload", "object"));
        case "meeting.ended":
          return ended(object(payload, "payload", "object"));
        case "recording.completed":
          return recording(object(payload, "payload", "object"));
        default:
          return null;
      }
    },
  };
}

/** Deliveries have no number of their own: what they tell, and of which start of the meeting, is it. */
function presence(
  kind: "join" | "leave",
  timeField: string,
  meeting: Record<string, unknown>,
): MeetingEvent {
  const participant = object(meeting, "participant");
  const at = instant(participant, timeField);
  const connectionId = text(participant, "participant_uuid") ?? demanded(participant, "user_id");
  return {
    kind,
    eventId: `${kind}/${demanded(meeting, "uuid")}/${connectionId}/${at}`,
    meetingId: demanded(meeting, "id"),
    at,
    participantKey: text(participant, "customer_key") ?? text(participant, "registrant_id"),
    email: text(participant, "email"),
    name: text(participant, "user_name"),
    connectionId,
  };
}

function ended(meeting: Record<string, unknown>): MeetingEvent {
  return {
    kind: "end",
    eventId: `end/${demanded(meeting, "uuid")}`,
    meetingId: demanded(meeting, "id"),
    at: instant(meeting, "end_time"),
  };
}

/** One page shows all files of a recording; its passcode can be part of the address. */
function recording(meeting: Record<string, unknown>): MeetingEvent {
  const url = address(meeting, "share_url");
  const passcode = text(meeting, "recording_play_passcode");
  if (passcode !== undefined) url.searchParams.set("pwd", passcode);
  return {
    kind: "recording",
    eventId: `recording/${demanded(meeting, "uuid")}`,
    meetingId: demanded(meeting, "id"),
    at: instant(meeting, "start_time"),
    url: url.href,
    title: text(meeting, "topic"),
    minutes: wholeMinutes(Number(meeting.duration)),
  };
}
