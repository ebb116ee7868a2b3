import assert from "node:assert/strict";
import { Buffer } from "node:buffer";

import { jaas } from "../../supabase/functions/_shared/platforms/jaas.ts";
import type { Meeting, Person } from "../../supabase/functions/_shared/platforms/platform.ts";

const NOW = new Date("2026-11-27T12:00:00.900Z");
const SECONDS = Date.parse("2026-11-27T12:00:00Z") / 1000;
const HOUR = 3600;

const ALGORITHM = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
const KEYS = await crypto.subtle.generateKey(
  { ...ALGORITHM, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
  true,
  ["sign", "verify"],
);
const PKCS8 = Buffer.from(await crypto.subtle.exportKey("pkcs8", KEYS.privateKey));
const PEM = [
  "-----BEGIN PRIVATE KEY-----",
  ...PKCS8.toString("base64").match(/.{1,64}/g)!,
  "-----END PRIVATE KEY-----",
  "",
].join("\n");

const SAM: Person = {
  userId: "0a5f7a4e-38a5-4b5e-9f0e-0e6ecf0c34d4",
  fullName: "Sam Übung",
  email: "sam@campus.test",
  isHost: false,
  account: "tenant",
  externalId: "tenant/room",
  endTime: "2026-11-27T13:00:00.9+00:00",
};

function platform(privateKey = PEM) {
  return jaas({ keyId: "tenant/1", privateKey, now: () => NOW });
}

/** What a token says, once its signature is known to be good. */
async function read(token: string): Promise<unknown[]> {
  assert.match(token, /^[\w-]+\.[\w-]+\.[\w-]+$/);
  const [header, claims, signature] = token.split(".");
  const signed = new TextEncoder().encode(`${header}.${claims}`);
  const bytes = Buffer.from(signature, "base64url");
  assert.ok(await crypto.subtle.verify(ALGORITHM.name, KEYS.publicKey, bytes, signed));
  return [header, claims].map((part) => JSON.parse(`${Buffer.from(part, "base64url")}`));
}

async function token(person: Partial<Person> = {}, privateKey = PEM): Promise<unknown[]> {
  const issued = await platform(privateKey).personalLink({ ...SAM, ...person });
  assert.equal(issued!.participantKey, null, "it does not last, and is not kept");
  const [address, jwt] = issued!.link.split("?jwt=");
  assert.equal(address, "https://8x8.vc/tenant/room");
  return await read(jwt);
}

function claims(user: Record<string, string>, recording: string, exp: number): unknown {
  return {
    aud: "jitsi",
    iss: "chat",
    sub: "tenant",
    room: "room",
    nbf: SECONDS - 60,
    exp,
    context: {
      user: { id: SAM.userId, name: "Sam Übung", email: "sam@campus.test", ...user },
      features: {
        livestreaming: "false",
        recording,
        transcription: "false",
        "outbound-call": "false",
      },
    },
  };
}

Deno.test("a token lets one person into one room until an hour after the session", async () => {
  assert.deepEqual(await token(), [
    { alg: "RS256", kid: "tenant/1", typ: "JWT" },
    claims({ moderator: "false" }, "false", SECONDS + 2 * HOUR),
  ]);
});

Deno.test("the host alone moderates and records, and nobody needs an address", async () => {
  const [, told] = await token({ isHost: true, email: null });

  assert.deepEqual(told, claims({ moderator: "true", email: "" }, "true", SECONDS + 2 * HOUR));
});

Deno.test("whoever enters when the session has overrun has an hour from then", async () => {
  const [, told] = await token({ endTime: "2026-11-27T10:00:00+00:00" });

  assert.deepEqual(told, claims({ moderator: "false" }, "false", SECONDS + HOUR));
});

Deno.test("a key is read from one line, too", async () => {
  for (const line of [PEM.replaceAll("\n", "\\n"), PEM.replaceAll("\n", " ")]) {
    assert.equal((await token({}, line)).length, 2);
  }
});

Deno.test("a key that cannot be read keeps out only those who need it, and is not quoted", async () => {
  // Nobody takes this one's failure: were it left to itself, it would end the process.
  assert.equal((await platform("no key").find("tenant", "room"))[0].externalId, "tenant/room");

  const told = await platform("no key").personalLink(SAM).catch(String);

  assert.match(`${told}`, /Error/);
  assert.doesNotMatch(`${told}`, /no key/);
});

Deno.test("a room is there by its name, and has nothing to change, delete or report", async () => {
  const jaas = platform();
  const room = {
    externalId: "tenant/room",
    link: "https://8x8.vc/tenant/room",
    passcode: null,
  };
  const meeting = { account: "tenant", meetingId: "room" } as Meeting;

  assert.deepEqual(await jaas.create(meeting), room);
  assert.deepEqual(await jaas.find("tenant", "room"), [room]);
  assert.deepEqual(await jaas.reports("tenant/room"), { reports: [], isComplete: true });
});
