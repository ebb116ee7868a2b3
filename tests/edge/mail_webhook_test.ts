import assert from "node:assert/strict";

import { RpcError } from "../../supabase/functions/_shared/database.ts";
import { answering } from "../../supabase/functions/_shared/http.ts";
import { mailWebhook } from "../../supabase/functions/_shared/mail_webhook.ts";
import { hmacSha256 } from "../../supabase/functions/_shared/signatures.ts";

const KEY = btoa("a key of twenty-four b");
const SECRET = `whsec_${KEY}`;
const NOW = new Date("2026-11-27T12:00:00Z");
const MAIL = "5e0bd3f5-1c0d-4b4c-8f57-0f3e9a1f2b3c";

type Call = { name: string; args: Record<string, unknown> };

function endpoint(calls: Call[]) {
  const rpc = (name: string, args: Record<string, unknown>) => {
    calls.push({ name, args });
    return Promise.resolve("recorded");
  };
  return answering((request) => mailWebhook(request, { secret: SECRET, rpc, now: () => NOW }));
}

/** A delivery as Svix makes it, but for what is said otherwise. */
async function delivery(
  body: string,
  { key = KEY, age = 0, signed = body, id = "msg_1", signedId = "", before = "" } = {},
): Promise<Request> {
  const timestamp = `${NOW.getTime() / 1000 - age}`;
  const bytes = Uint8Array.from(atob(key), (character) => character.charCodeAt(0));
  const mac = await hmacSha256(bytes, `${signedId || id}.${timestamp}.${signed}`);
  return new Request("http://localhost/resend-webhook", {
    method: "POST",
    headers: {
      "svix-id": id,
      "svix-timestamp": timestamp,
      "svix-signature": `${before}v1,${btoa(String.fromCharCode(...mac))}`,
    },
    body,
  });
}

function told(type: string, data: Record<string, unknown> = {}): string {
  const to = ["Anna <anna@example.org>"];
  const tags = [{ name: "email_id", value: MAIL }];
  return JSON.stringify({
    type,
    created_at: "2026-11-27T11:59:58.000Z",
    data: { to, tags, ...data },
  });
}

const BOUNCE = told("email.bounced", { bounce: { type: "Permanent", message: "no such user" } });

Deno.test("what became of a mail is recorded under the id of the delivery", async () => {
  const calls: Call[] = [];

  assert.equal((await endpoint(calls)(await delivery(BOUNCE))).status, 204);

  assert.deepEqual(calls, [{
    name: "record_mail_event",
    args: {
      event_id: "msg_1",
      kind: "bounced",
      occurred_at: "2026-11-27T11:59:58.000Z",
      email_id: MAIL,
      address: "anna@example.org",
    },
  }]);
});

for (
  const [body, kind] of [
    [told("email.delivered"), "delivered"],
    [told("email.delivery_delayed"), "delayed"],
    [told("email.bounced"), "bounced"],
    [told("email.bounced", { bounce: { type: "Transient" } }), "soft_bounced"],
    [told("email.bounced", { bounce: { type: "Undetermined" } }), "soft_bounced"],
    [told("email.suppressed", { suppressed: { type: "OnAccountSuppressionList" } }), "bounced"],
    [told("email.complained"), "complained"],
    [told("email.failed"), "failed"],
  ]
) {
  Deno.test(`${body.slice(0, 60)} is ${kind}`, async () => {
    const calls: Call[] = [];

    await endpoint(calls)(await delivery(body));

    assert.deepEqual(calls.map(({ args }) => args.kind), [kind]);
  });
}

Deno.test("what is not kept is taken and forgotten", async () => {
  const calls: Call[] = [];

  for (const type of ["email.opened", "contact.created", "something.new"]) {
    assert.equal((await endpoint(calls)(await delivery(told(type)))).status, 204);
  }

  assert.deepEqual(calls, []);
});

Deno.test("tags as an object are understood, and foreign mails have none", async () => {
  const calls: Call[] = [];

  await endpoint(calls)(await delivery(told("email.delivered", { tags: { email_id: MAIL } })));
  await endpoint(calls)(await delivery(told("email.delivered", { tags: { email_id: "x" } })));
  await endpoint(calls)(await delivery(told("email.delivered", { tags: null, to: null })));

  assert.deepEqual(calls.map(({ args }) => args.email_id), [MAIL, null, null]);
  assert.deepEqual(calls[2].args.address, null);
});

Deno.test("ours is the tag of our name, and whole", async () => {
  const other = { name: "campaign", value: "0".repeat(8) + MAIL.slice(8) };
  const calls: Call[] = [];
  for (
    const tags of [
      [null, other, { name: "email_id", value: MAIL }],
      [other],
      { email_id: `${MAIL}0` },
      { email_id: `0${MAIL}` },
    ]
  ) {
    await endpoint(calls)(await delivery(told("email.delivered", { tags })));
  }

  assert.deepEqual(calls.map(({ args }) => args.email_id), [MAIL, null, null, null]);
});

Deno.test("the recipient is told with a name or without", async () => {
  const calls: Call[] = [];
  for (const to of [[" anna@example.org "], '"<A>" <anna@example.org> ', "anna@example.org"]) {
    await endpoint(calls)(await delivery(told("email.delivered", { to })));
  }

  assert.deepEqual(calls.map(({ args }) => args.address), Array(3).fill("anna@example.org"));
});

Deno.test("what does not say when it happened has happened now", async () => {
  const calls: Call[] = [];
  for (const created_at of ["soon", undefined]) {
    const body = JSON.stringify({ ...JSON.parse(BOUNCE), created_at });
    assert.equal((await endpoint(calls)(await delivery(body))).status, 204);
  }

  assert.deepEqual(calls.map(({ args }) => args.occurred_at), Array(2).fill(NOW.toISOString()));
});

Deno.test("64 KiB are taken, and not a byte more", async () => {
  const largest = BOUNCE.padEnd(64 * 1024);

  assert.equal((await endpoint([])(await delivery(largest))).status, 204);
  assert.equal((await endpoint([])(await delivery(`${largest} `))).status, 413);
});

Deno.test("any method but POST is refused", async () => {
  const request = new Request("http://localhost/resend-webhook");

  assert.equal((await endpoint([])(request)).status, 405);
});

for (
  const [what, forgery] of Object.entries({
    "signed with another secret": { key: btoa("another") },
    "signed for another body": { signed: BOUNCE + " " },
    "signed for another id": { signedId: "msg_2" },
    "without an id": { id: "" },
    "older than five minutes": { age: 301 },
    "from a clock that is ahead": { age: -301 },
  })
) {
  Deno.test(`a delivery ${what} is refused and a genuine one is not`, async () => {
    const calls: Call[] = [];

    const refusal = await endpoint(calls)(await delivery(BOUNCE, forgery));
    assert.equal(refusal.status, 401);
    // Whoever tries is not told what would have been right.
    const { message } = await refusal.json();
    assert.ok(["The signature is wrong", "The request is not of now"].includes(message), message);
    assert.deepEqual(calls, []);
    assert.equal((await endpoint(calls)(await delivery(BOUNCE))).status, 204);
  });
}

Deno.test("one of several signatures is enough, while a secret is being changed", async () => {
  const request = await delivery(BOUNCE, { before: "v1,AAAA v2,BBBB " });

  assert.equal((await endpoint([])(request)).status, 204);
});

Deno.test("what the database can never take is refused, instead of being asked for again", async () => {
  for (const code of ["22023", "22007", "22009"]) {
    const refused = new RpcError(400, code, "time zone displacement out of range", null, null);
    const handler = answering((request) =>
      mailWebhook(request, {
        secret: SECRET,
        rpc: () => Promise.reject(refused),
        now: () => NOW,
      })
    );

    assert.equal((await handler(await delivery(BOUNCE))).status, 400);
  }
});

Deno.test("a database that cannot be reached is a reason to be told again", async () => {
  const rpc = () => Promise.reject(new Error("no connection"));
  const handler = answering((request) =>
    mailWebhook(request, { secret: SECRET, rpc, now: () => NOW })
  );

  assert.equal((await handler(await delivery(BOUNCE))).status, 503);
});
