/** JaaS' webhooks, as developer.8x8.com/jaas/docs/webhooks-payload and -signatures describe them. */

import { Refusal } from "../http.ts";
import { base64, demandRecent, equal, hmacSha256 } from "../signatures.ts";
import { demanded, instant, object, text, wholeMinutes } from "./fields.ts";
import type { WebhookReader } from "./platform.ts";

/** The reader of an endpoint's webhooks; the secret is the endpoint's own. */
export function jaasWebhook(secret: string): WebhookReader {
  return {
    async verify(headers, body, now) {
      const parts = (headers.get("x-jaas-signature") ?? "").split(",").map((part) => {
        const [, scheme, value] = /^\s*([a-z0-9]+)=(.*?)\s*$/.exec(part) ?? [];
        return { scheme, value };
      });
      const timestamp = parts.find(({ scheme }) => scheme === "t")?.value ?? "";
      const expected = base64(await hmacSha256(secret, `${timestamp}.`, body));
      // Only v1: whatever else came to be one day might be weaker.
      if (!parts.some(({ scheme, value }) => scheme === "v1" && equal(value, expected))) {
        throw new Refusal(401, "The signature is wrong");
      }
      demandRecent(milliseconds(Number(timestamp)) / 1000, now);
    },

    challenge() {
      return Promise.resolve(null);
    },

    translate(payload) {
      const told = () => ({
        eventId: demanded(payload, "idempotencyKey"),
        meetingId: demanded(payload, "fqn"),
        at: instant(payload, "timestamp"),
      });
      switch (payload.eventType) {
        case "PARTICIPANT_JOINED":
        case "PARTICIPANT_LEFT": {
          const participant = object(payload, "data");
          return {
            kind: payload.eventType === "PARTICIPANT_JOINED" ? "join" : "leave",
            ...told(),
            // The `id` that our token gave.
            participantKey: text(participant, "id"),
            email: text(participant, "email"),
            name: text(participant, "name"),
            connectionId: connection(participant),
          };
        }
        case "ROOM_DESTROYED":
          // The meeting goes on when a breakout room is closed.
          return breakoutRoom(object(payload, "data")) === null ? { kind: "end", ...told() } : null;
        case "RECORDING_UPLOADED": {
          const recording = object(payload, "data");
          const began = Number(recording.startTimestamp);
          return {
            kind: "recording",
            ...told(),
            // It is uploaded some time after it ended, and maybe in the next session's time.
            ...(began > 0 ? { at: instant({ began: milliseconds(began) }, "began") } : {}),
            // Good for a day only: somebody has to fetch the file and publish it.
            url: demanded(recording, "preAuthenticatedLink"),
            minutes: wholeMinutes(Number(recording.durationSec) / 60),
          };
        }
        default:
          return null;
      }
    },
  };
}

/** News of a breakout room comes under the meeting's own name; null: it is of the meeting's room. */
function breakoutRoom(data: Record<string, unknown>): string | null {
  const isBreakout = data.isBreakout === true || data.isBreakout === "true";
  return text(data, "breakoutRoomId") ?? (isBreakout ? "breakout" : null);
}

/** Who goes over to another room leaves the one and joins the other, in either order: two stays. */
function connection(participant: Record<string, unknown>): string | undefined {
  const [device, room] = [text(participant, "participantJid"), breakoutRoom(participant)];
  return device === undefined || room === null ? device : `${device}#${room}`;
}

/** The documentation shows seconds here and milliseconds there; they are told apart by their size. */
function milliseconds(time: number): number {
  return time > 1e11 ? time : time * 1000;
}
