import assert from "node:assert/strict";

import { answering } from "../../supabase/functions/_shared/http.ts";
import { jaasWebhook } from "../../supabase/functions/_shared/platforms/jaas_webhook.ts";
import { base64, hmacSha256 } from "../../supabase/functions/_shared/signatures.ts";
import { receive } from "../../supabase/functions/_shared/webhook.ts";

const SECRET = "whsec_of_the_endpoint";
const NOW = new Date("2026-11-27T12:00:00Z");

let calls: [string, Record<string, unknown>][] = [];

const handler = answering((request) =>
  receive(request, {
    platform: "jaas",
    reader: jaasWebhook(SECRET),
    rpc: (name, args) => Promise.resolve(calls.push([name, args])),
    now: () => NOW,
  })
);

async function signature(
  body: string,
  { secret = SECRET, at = NOW.getTime() / 1000, scheme = "v1" } = {},
): Promise<string> {
  return `t=${at},${scheme}=${base64(await hmacSha256(secret, `${at}.${body}`))}`;
}

async function sent(body: string, header: string): Promise<number> {
  return (await answered(body, header)).status;
}

async function answered(body: string, header: string): Promise<Response> {
  calls = [];
  const headers = { "X-Jaas-Signature": header };
  const request = new Request("http://localhost/", { method: "POST", headers, body });
  return await handler(request);
}

/** As JaaS sends it. */
function news(eventType: string, data: unknown = {}): string {
  return JSON.stringify({
    idempotencyKey: "d11f155d-ced5-4a7e-b6d9-aaa135c64f65",
    customerId: "c2824d584eac4489a1e32e4e164d5a3c",
    appId: "vpaas-magic-cookie-c2824d584eac4489a1e32e4e164d5a3c",
    eventType,
    sessionId: "c3348153-1027-4382-afad-5ae91b433c26",
    timestamp: NOW.getTime() - 60_000,
    fqn: "vpaas-magic-cookie-c2824d584eac4489a1e32e4e164d5a3c/session-1",
    data,
  });
}

const of = {
  platform: "jaas",
  event_id: "d11f155d-ced5-4a7e-b6d9-aaa135c64f65",
  meeting_id: "vpaas-magic-cookie-c2824d584eac4489a1e32e4e164d5a3c/session-1",
};

Deno.test("who comes and goes is told by the id that our token gave", async () => {
  const data = {
    id: "0a5f7a4e-38a5-4b5e-9f0e-0e6ecf0c34d4",
    email: "sam@campus.test",
    name: "Sam",
    moderator: false,
    participantJid: "0a5f7a4e@stage.8x8.vc/VqZ2rx7q",
  };
  for (const [event, kind] of [["PARTICIPANT_JOINED", "join"], ["PARTICIPANT_LEFT", "leave"]]) {
    const body = news(event, data);
    assert.equal(await sent(body, await signature(body)), 204);
    assert.deepEqual(calls, [["record_presence", {
      ...of,
      kind,
      occurred_at: "2026-11-27T11:59:00.000Z",
      participant_key: data.id,
      participant_email: data.email,
      participant_name: data.name,
      connection_id: data.participantJid,
    }]]);
  }
});

Deno.test("a breakout room that closes ends no meeting, and a stay in one is a stay of its own", async () => {
  for (const data of [{ isBreakout: true, breakoutRoomId: "room-1" }, { isBreakout: "true" }]) {
    const end = news("ROOM_DESTROYED", data);
    assert.deepEqual([await sent(end, await signature(end)), calls], [204, []]);
  }

  const sam = { id: "sam", participantJid: "sam@8x8.vc/1" };
  const connections = [];
  for (const room of [{ isBreakout: false }, { isBreakout: true, breakoutRoomId: "room-1" }]) {
    const body = news("PARTICIPANT_JOINED", { ...sam, ...room });
    assert.equal(await sent(body, await signature(body)), 204);
    connections.push(calls[0][1].connection_id);
  }
  assert.deepEqual(connections, ["sam@8x8.vc/1", "sam@8x8.vc/1#room-1"]);

  const unknown = news("PARTICIPANT_JOINED", { breakoutRoomId: "room-1" });
  assert.equal(await sent(unknown, await signature(unknown)), 204);
  assert.deepEqual([calls[0][1].participant_key, calls[0][1].connection_id], [null, null]);
});

Deno.test("the end of a room and its recording are told", async () => {
  const end = news("ROOM_DESTROYED");
  assert.equal(await sent(end, await signature(end)), 204);
  assert.deepEqual(calls, [["end_meeting", { ...of, occurred_at: "2026-11-27T11:59:00.000Z" }]]);

  const link = "https://8x8.vc/recording.mp4?token=1";
  const recording = news("RECORDING_UPLOADED", { preAuthenticatedLink: link });
  assert.equal(await sent(recording, await signature(recording)), 204);
  assert.deepEqual(calls, [["add_recording", {
    ...of,
    started_at: "2026-11-27T11:59:00.000Z",
    url: link,
    title: null,
    duration_minutes: null,
  }]]);
});

Deno.test("a recording is of the time at which it began, and as long as it is", async () => {
  const began = NOW.getTime() - 2 * 3600_000;
  for (
    const [data, minutes] of [
      [{ startTimestamp: began, durationSec: 3570 }, 60],
      [{ startTimestamp: began / 1000, durationSec: 7 }, null],
      [{ startTimestamp: began, durationSec: 90_001 }, null],
    ] as const
  ) {
    const body = news("RECORDING_UPLOADED", { preAuthenticatedLink: "https://x.test/1", ...data });
    assert.equal(await sent(body, await signature(body)), 204);
    assert.equal(calls[0][1].started_at, "2026-11-27T10:00:00.000Z");
    assert.equal(calls[0][1].duration_minutes, minutes);
  }
});

Deno.test("a recording that does not say when it began is of the time at which it was told", async () => {
  for (const startTimestamp of [undefined, null, 0, -1, "soon"]) {
    const data = { preAuthenticatedLink: "https://x.test/1", startTimestamp };
    const body = news("RECORDING_UPLOADED", data);
    assert.equal(await sent(body, await signature(body)), 204);
    assert.equal(calls[0][1].started_at, "2026-11-27T11:59:00.000Z");
  }
});

Deno.test("an event that nobody needs is taken and told to nobody", async () => {
  const body = news("ROOM_CREATED");
  assert.deepEqual([await sent(body, await signature(body)), calls], [204, []]);
});

Deno.test("one of several signatures is enough, and a time in milliseconds is understood", async () => {
  const body = news("ROOM_CREATED");
  assert.equal(await sent(body, `${await signature(body)},v1=AAAA`), 204);
  const [time, genuine] = (await signature(body)).split(",");
  assert.equal(await sent(body, `${time}, v1=AAAA, ${genuine} , v1=BBBB`), 204);
  assert.equal(await sent(body, `${await signature(body, { at: NOW.getTime() })}`), 204);
});

Deno.test("what is forged, stale, of a weaker scheme or unsigned is refused", async () => {
  const body = news("ROOM_DESTROYED");
  const stale = NOW.getTime() / 1000 - 301;
  for (
    const header of [
      await signature(body, { secret: "another" }),
      await signature(body + " "),
      await signature(body, { at: stale }),
      await signature(body, { at: NaN }),
      await signature(body, { scheme: "v0" }),
      "t=1",
      "",
    ]
  ) {
    assert.deepEqual([await sent(body, header), calls], [401, []], header);
  }
  assert.equal(await sent(body, await signature(body)), 204);
  // Whoever tries is not told what would have been right.
  const refusal = await answered(body, await signature(body, { secret: "another" }));
  assert.deepEqual(await refusal.json(), { message: "The signature is wrong" });
});

Deno.test("news that lacks what the documentation promises is refused", async () => {
  for (const event of ["PARTICIPANT_JOINED", "ROOM_DESTROYED", "RECORDING_UPLOADED"]) {
    for (const data of [null, []]) {
      const body = news(event, data);
      assert.deepEqual([await sent(body, await signature(body)), calls], [400, []], event);
    }
  }
  const nameless = JSON.stringify({ ...JSON.parse(news("ROOM_DESTROYED")), fqn: undefined });
  for (const body of [nameless, news("RECORDING_UPLOADED", {})]) {
    assert.deepEqual([await sent(body, await signature(body)), calls], [400, []]);
  }
});
