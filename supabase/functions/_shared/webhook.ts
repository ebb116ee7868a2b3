/** The one way every platform's webhook takes, from the wire to the database. */

import { demand, type Rpc } from "./database.ts";
import { allow, json, parseObject, readBody } from "./http.ts";
import type { MeetingEvent, WebhookReader } from "./platforms/platform.ts";

/** Zoom lists every file of a recording, and an audio file of each participant, at half a KiB and more. */
const MAX_BYTES = 512 * 1024;

/** What a webhook is handled with. */
export interface WebhookTools {
  /** Whose it is: `meeting_platforms.id`. */
  readonly platform: string;
  readonly reader: WebhookReader;
  readonly rpc: Rpc;
  readonly now: () => Date;
}

/**
 * Answers one delivery. Nothing of it is read as JSON before its raw bytes are known to be genuine,
 * and it costs one call of the database, which knows what it has been told already.
 */
export async function receive(request: Request, tools: WebhookTools): Promise<Response> {
  allow(request, "POST");
  const body = await readBody(request, MAX_BYTES);
  await tools.reader.verify(request.headers, body, tools.now());
  const payload = parseObject(body);
  const answer = await tools.reader.challenge(payload);
  if (answer !== null) return json(answer);
  const event = tools.reader.translate(payload);
  if (event !== null) await demand(tools.rpc, ...call(event, tools.platform));
  return new Response(null, { status: 204 });
}

function call(event: MeetingEvent, platform: string): [string, Record<string, unknown>] {
  const of = { platform, event_id: event.eventId, meeting_id: event.meetingId };
  switch (event.kind) {
    case "join":
    case "leave":
      return ["record_presence", {
        ...of,
        kind: event.kind,
        occurred_at: event.at,
        participant_key: event.participantKey ?? null,
        participant_email: event.email ?? null,
        participant_name: event.name ?? null,
        connection_id: event.connectionId ?? null,
      }];
    case "end":
      return ["end_meeting", { ...of, occurred_at: event.at }];
    case "recording":
      return ["add_recording", {
        ...of,
        started_at: event.at,
        url: event.url,
        title: event.title ?? null,
        duration_minutes: event.minutes ?? null,
      }];
  }
}
