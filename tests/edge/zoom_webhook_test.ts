import assert from "node:assert/strict";

import { RpcError } from "../../supabase/functions/_shared/database.ts";
import { answering } from "../../supabase/functions/_shared/http.ts";
import { zoomWebhook } from "../../supabase/functions/_shared/platforms/zoom_webhook.ts";
import { hex, hmacSha256 } from "../../supabase/functions/_shared/signatures.ts";
import { receive } from "../../supabase/functions/_shared/webhook.ts";

const SECRET = "a secret token";
const NOW = new Date("2026-11-27T12:00:00Z");

let calls: [string, Record<string, unknown>][] = [];
let outcome: () => unknown = () => null;

const handler = answering((request) =>
  receive(request, {
    platform: "zoom",
    reader: zoomWebhook(SECRET),
    rpc: (name, args) => {
      calls.push([name, args]);
      return Promise.resolve().then(outcome);
    },
    now: () => NOW,
  })
);

/** What the database was told by one genuine delivery. */
async function told(payload: unknown): Promise<[number, [string, Record<string, unknown>][]]> {
  calls = [];
  const response = await handler(await delivery(JSON.stringify(payload)));
  return [response.status, calls];
}

/** A delivery as Zoom makes it, but for what is said otherwise. */
async function delivery(
  body: string,
  { secret = SECRET, age = 0, signed = body, signature = (genuine: string) => genuine } = {},
): Promise<Request> {
  const timestamp = `${NOW.getTime() / 1000 - age}`;
  const genuine = `v0=${hex(await hmacSha256(secret, `v0:${timestamp}:${signed}`))}`;
  return new Request("http://localhost/zoom-webhook", {
    method: "POST",
    headers: { "x-zm-request-timestamp": timestamp, "x-zm-signature": signature(genuine) },
    body,
  });
}

const QUESTION =
  '{"event":"endpoint.url_validation","payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"}}';

Deno.test("the question whether the endpoint knows the secret is answered", async () => {
  const response = await handler(await delivery(QUESTION));

  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), {
    plainToken: "qgg8vlvZRS6UYooatFL8Aw",
    encryptedToken: hex(await hmacSha256(SECRET, "qgg8vlvZRS6UYooatFL8Aw")),
  });
});

Deno.test("a question without a text to answer is refused", async () => {
  for (const payload of [undefined, null, {}, { plainToken: 1 }]) {
    assert.deepEqual(await told({ event: "endpoint.url_validation", payload }), [400, []]);
  }
});

Deno.test("an event that nobody needs is taken and told to nobody", async () => {
  assert.deepEqual(await told({ event: "meeting.started", payload: {} }), [204, []]);
});

/** As Zoom sends it. */
function participant(event: string, fields: Record<string, unknown>): unknown {
  return {
    event,
    event_ts: 1795780800000,
    payload: {
      account_id: "AAAAAABBBB",
      object: {
        id: "81234567890",
        uuid: "4444AAAiAAAAAiAiAiiAii==",
        host_id: "x1yCzABCDEfg23HiJKl4mN",
        topic: "Office hours",
        type: 2,
        start_time: "2026-11-27T11:55:00Z",
        timezone: "UTC",
        duration: 60,
        participant: {
          user_id: "16778240",
          user_name: "Sam",
          id: "",
          participant_uuid: "55555AAAiAAAAAiAiAiiAii",
          email: "sam@campus.test",
          registrant_id: "abcdefghij0-klmnopq23456",
          ...fields,
        },
      },
    },
  };
}

Deno.test("who comes and goes is told with what identifies them", async () => {
  const presence = {
    platform: "zoom",
    meeting_id: "81234567890",
    participant_key: "abcdefghij0-klmnopq23456",
    participant_email: "sam@campus.test",
    participant_name: "Sam",
    connection_id: "55555AAAiAAAAAiAiAiiAii",
  };
  assert.deepEqual(
    await told(participant("meeting.participant_joined", { join_time: "2026-11-27T11:58:00Z" })),
    [204, [["record_presence", {
      ...presence,
      event_id: "join/4444AAAiAAAAAiAiAiiAii==/55555AAAiAAAAAiAiAiiAii/2026-11-27T11:58:00.000Z",
      kind: "join",
      occurred_at: "2026-11-27T11:58:00.000Z",
    }]]],
  );
  assert.deepEqual(
    await told(participant("meeting.participant_left", { leave_time: "2026-11-27T12:00:00Z" })),
    [204, [["record_presence", {
      ...presence,
      event_id: "leave/4444AAAiAAAAAiAiAiiAii==/55555AAAiAAAAAiAiAiiAii/2026-11-27T12:00:00.000Z",
      kind: "leave",
      occurred_at: "2026-11-27T12:00:00.000Z",
    }]]],
  );
});

Deno.test("an SDK's customer key goes before the registrant, and what is empty is nobody", async () => {
  const joined = (fields: Record<string, unknown>) =>
    told(
      participant("meeting.participant_joined", { join_time: "2026-11-27T11:58:00Z", ...fields }),
    );
  const [, [[, known]]] = await joined({ customer_key: "349589LkJyeW" });
  assert.equal(known.participant_key, "349589LkJyeW");

  const [, [[, guest]]] = await joined({
    registrant_id: "",
    email: "",
    user_name: "",
    participant_uuid: undefined,
  });
  assert.deepEqual(
    [guest.participant_key, guest.participant_email, guest.participant_name, guest.connection_id],
    [null, null, null, "16778240"],
  );
});

Deno.test("the end of a meeting and its recording are told", async () => {
  const meeting = { id: 81234567890, uuid: "4444AAAiAAAAAiAiAiiAii==", topic: "Office hours" };
  assert.deepEqual(
    await told({
      event: "meeting.ended",
      payload: { object: { ...meeting, end_time: "2026-11-27T12:00:00Z" } },
    }),
    [204, [["end_meeting", {
      platform: "zoom",
      event_id: "end/4444AAAiAAAAAiAiAiiAii==",
      meeting_id: "81234567890",
      occurred_at: "2026-11-27T12:00:00.000Z",
    }]]],
  );
  assert.deepEqual(
    await told({
      event: "recording.completed",
      payload: {
        object: {
          ...meeting,
          start_time: "2026-11-27T11:00:00Z",
          duration: 59,
          share_url: "https://zoom.us/rec/share/abc",
          recording_play_passcode: "p w",
        },
      },
    }),
    [204, [["add_recording", {
      platform: "zoom",
      event_id: "recording/4444AAAiAAAAAiAiAiiAii==",
      meeting_id: "81234567890",
      started_at: "2026-11-27T11:00:00.000Z",
      url: "https://zoom.us/rec/share/abc?pwd=p+w",
      title: "Office hours",
      duration_minutes: 59,
    }]]],
  );
});

Deno.test("a recording's passcode is in its address once, and none is where there is none", async () => {
  for (
    const [share_url, recording_play_passcode, url] of [
      ["https://zoom.us/rec/share/abc?pwd=old", "new", "https://zoom.us/rec/share/abc?pwd=new"],
      ["https://zoom.us/rec/share/abc", undefined, "https://zoom.us/rec/share/abc"],
    ]
  ) {
    const object = {
      id: 1,
      uuid: "u",
      start_time: "2026-11-27T11:00:00Z",
      share_url,
      recording_play_passcode,
    };
    const [, [[, args]]] = await told({ event: "recording.completed", payload: { object } });
    assert.deepEqual([args.url, args.title], [url, null]);
  }
});

Deno.test("a recording is told whatever its length is said to be", async () => {
  for (
    const [duration, minutes] of [
      [1440, 1440],
      [1441, null], // a meeting may last for thirty hours
      [59.6, 60],
      [-3, null],
      [1e300, null],
      ["long", null],
    ]
  ) {
    const [status, [[, args]]] = await told({
      event: "recording.completed",
      payload: {
        object: {
          id: 1,
          uuid: "u",
          start_time: "2026-11-27T11:00:00Z",
          duration,
          share_url: "https://zoom.us/rec/share/abc",
        },
      },
    });
    assert.equal(status, 204);
    assert.equal(args.duration_minutes, minutes, `${duration}`);
  }
});

for (
  const [what, broken] of Object.entries({
    "a payload": { event: "meeting.ended", payload: null },
    "a meeting": { event: "meeting.ended", payload: {} },
    "an end": { event: "meeting.ended", payload: { object: { id: 1, uuid: "u" } } },
    "a time": participant("meeting.participant_joined", { join_time: "soon" }),
    "a participant": { event: "meeting.participant_left", payload: { object: { id: 1 } } },
    "an address": { event: "recording.completed", payload: { object: { id: 1, uuid: "u" } } },
    "an address that is one": {
      event: "recording.completed",
      payload: { object: { id: 1, uuid: "u", share_url: "/rec/share/abc" } },
    },
  })
) {
  Deno.test(`news without ${what} is refused, and told to nobody`, async () => {
    assert.deepEqual(await told(broken), [400, []]);
  });
}

Deno.test("what the database refuses is refused, and what it cannot do now comes again", async () => {
  const news = participant("meeting.participant_joined", { join_time: "2026-11-27T11:58:00Z" });
  try {
    outcome = () => {
      throw new RpcError(400, "22023", "occurred_at is too far away", null, null);
    };
    assert.equal((await told(news))[0], 400);
    outcome = () => {
      throw new RpcError(400, "22007", "invalid input syntax for type timestamp", null, null);
    };
    assert.equal((await told(news))[0], 400);
    for (const [status, code] of [[503, "PGRST002"], [409, "23505"]] as const) {
      outcome = () => {
        throw new RpcError(status, code, "not now", null, null);
      };
      assert.equal((await told(news))[0], 503);
    }
  } finally {
    outcome = () => null;
  }
});

for (
  const [what, forgery] of Object.entries({
    "signed with another secret": { secret: "another" },
    "signed for another body": { signed: QUESTION + " " },
    "re-serialised": { signed: JSON.stringify(JSON.parse(QUESTION), null, 1) },
    "with a signature cut short": { signature: (genuine: string) => genuine.slice(0, -1) },
    "with more than a signature": { signature: (genuine: string) => `${genuine}0` },
    "with an empty signature": { signature: () => "" },
    "older than five minutes": { age: 301 },
    "from a clock that is ahead": { age: -301 },
  })
) {
  Deno.test(`a delivery ${what} is refused`, async () => {
    assert.equal((await handler(await delivery(QUESTION, forgery))).status, 401);
    assert.equal((await handler(await delivery(QUESTION))).status, 200);
  });
}

Deno.test("a delivery of five minutes ago, or of as much ahead, is still of now", async () => {
  for (const age of [300, -300]) {
    assert.equal((await handler(await delivery(QUESTION, { age }))).status, 200);
  }
});

Deno.test("a delivery without a signature is refused, whatever it says", async () => {
  for (const body of [QUESTION, "{"]) {
    const refusal = await handler(new Request("http://localhost/", { method: "POST", body }));
    assert.equal(refusal.status, 401);
    // Whoever tries is not told what would have been right.
    assert.deepEqual(await refusal.json(), { message: "The signature is wrong" });
  }
});

Deno.test("a delivery with a timestamp that is no number is refused, though it is signed", async () => {
  const signature = hex(await hmacSha256(SECRET, `v0:soon:${QUESTION}`));
  const headers = { "x-zm-request-timestamp": "soon", "x-zm-signature": `v0=${signature}` };
  const request = new Request("http://localhost/", { method: "POST", headers, body: QUESTION });

  assert.equal((await handler(request)).status, 401);
});

Deno.test("a recording with an audio file of each of many participants is taken", async () => {
  const file = {
    id: "8f3d2c1b-0a9e-4d7c-b6f5-e4d3c2b1a098",
    recording_start: "2026-11-27T11:00:00Z",
    recording_end: "2026-11-27T12:00:00Z",
    file_name: "Audio only - Sam Student",
    file_type: "M4A",
    file_size: 43566000,
    play_url: `https://zoom.us/rec/play/${"x".repeat(160)}`,
    download_url: `https://zoom.us/rec/download/${"x".repeat(160)}`,
    status: "completed",
  };
  const object = {
    id: 81234567890,
    uuid: "4444AAAiAAAAAiAiAiiAii==",
    start_time: "2026-11-27T11:00:00Z",
    share_url: "https://zoom.us/rec/share/abc",
    participant_audio_files: Array(300).fill(file),
  };

  const [status, [[name]]] = await told({ event: "recording.completed", payload: { object } });

  assert.deepEqual([status, name], [204, "add_recording"]);
});

Deno.test("what is too large is refused before it is read to its end", async () => {
  let sent = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 2 ** 16;
      controller.enqueue(new Uint8Array(2 ** 16));
    },
  });
  const request = new Request("http://localhost/", { method: "POST", body: endless });

  assert.equal((await handler(request)).status, 413);
  assert.ok(sent < 2 ** 20, `${sent} bytes were read`);
});

Deno.test("what is no JSON object is refused, though it is signed", async () => {
  for (const body of ["", "[]", "null", "{", "\u0000"]) {
    assert.equal((await handler(await delivery(body))).status, 400, body);
  }
  const latin1 = Uint8Array.from(`{"event":"\u00fc"}`, (character) => character.charCodeAt(0));
  const timestamp = `${NOW.getTime() / 1000}`;
  const signature = hex(await hmacSha256(SECRET, `v0:${timestamp}:`, latin1));
  const headers = { "x-zm-request-timestamp": timestamp, "x-zm-signature": `v0=${signature}` };
  const request = new Request("http://localhost/", { method: "POST", headers, body: latin1 });
  assert.equal((await handler(request)).status, 400);
});

Deno.test("any method but POST is refused, and told which", async () => {
  const response = await handler(new Request("http://localhost/"));

  assert.equal(response.status, 405);
  assert.equal(response.headers.get("Allow"), "POST");
});
