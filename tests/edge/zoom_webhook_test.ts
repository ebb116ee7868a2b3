import assert from "node:assert/strict";

import { answering } from "../../supabase/functions/_shared/http.ts";
import { zoomWebhook } from "../../supabase/functions/_shared/platforms/zoom_webhook.ts";
import { hex, hmacSha256 } from "../../supabase/functions/_shared/signatures.ts";
import { receive } from "../../supabase/functions/_shared/webhook.ts";

const SECRET = "a secret token";
const NOW = new Date("2026-11-27T12:00:00Z");

const handler = answering((request) =>
  receive(request, { reader: zoomWebhook(SECRET), now: () => NOW })
);

/** A delivery as Zoom makes it, but for what is said otherwise. */
async function delivery(
  body: string,
  { secret = SECRET, age = 0, signed = body, signature = "" } = {},
): Promise<Request> {
  const timestamp = `${NOW.getTime() / 1000 - age}`;
  const genuine = `v0=${hex(await hmacSha256(secret, `v0:${timestamp}:${signed}`))}`;
  return new Request("http://localhost/zoom-webhook", {
    method: "POST",
    headers: { "x-zm-request-timestamp": timestamp, "x-zm-signature": signature || genuine },
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

Deno.test("a genuine delivery is taken", async () => {
  assert.equal((await handler(await delivery('{"event":"meeting.started"}'))).status, 204);
});

for (
  const [what, forgery] of Object.entries({
    "signed with another secret": { secret: "another" },
    "signed for another body": { signed: QUESTION + " " },
    "re-serialised": { signed: JSON.stringify(JSON.parse(QUESTION), null, 1) },
    "with a signature cut short": { signature: "v0=00" },
    "older than five minutes": { age: 301 },
    "from a clock that is ahead": { age: -301 },
  })
) {
  Deno.test(`a delivery ${what} is refused`, async () => {
    assert.equal((await handler(await delivery(QUESTION, forgery))).status, 401);
    assert.equal((await handler(await delivery(QUESTION))).status, 200);
  });
}

Deno.test("a delivery without a signature is refused", async () => {
  const request = new Request("http://localhost/", { method: "POST", body: QUESTION });

  assert.equal((await handler(request)).status, 401);
});

Deno.test("a delivery with a timestamp that is no number is refused, though it is signed", async () => {
  const signature = hex(await hmacSha256(SECRET, `v0:soon:${QUESTION}`));
  const headers = { "x-zm-request-timestamp": "soon", "x-zm-signature": `v0=${signature}` };
  const request = new Request("http://localhost/", { method: "POST", headers, body: QUESTION });

  assert.equal((await handler(request)).status, 401);
});

Deno.test("what is too large is refused before it is read to its end", async () => {
  let sent = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 1024;
      controller.enqueue(new Uint8Array(1024));
    },
  });
  const request = new Request("http://localhost/", { method: "POST", body: endless });

  assert.equal((await handler(request)).status, 413);
  assert.ok(sent < 70 * 1024, `${sent} bytes were read`);
});

Deno.test("what is no JSON object is refused, though it is signed", async () => {
  for (const body of ["", "[]", "null", "{", "\u0000"]) {
    assert.equal((await handler(await delivery(body))).status, 400, body);
  }
});

Deno.test("any method but POST is refused, and told which", async () => {
  const response = await handler(new Request("http://localhost/"));

  assert.equal(response.status, 405);
  assert.equal(response.headers.get("Allow"), "POST");
});
