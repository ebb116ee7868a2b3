/**
 * Jitsi as a Service, as developer.8x8.com/jaas/docs describes it. There is nothing to make there:
 * a room exists while somebody is in it, and who may enter is said by a token that we sign.
 */

import { base64url } from "../signatures.ts";
import type { Made, Meeting, MeetingPlatform, Person } from "./platform.ts";

/** How tokens are signed. */
export interface JaasSettings {
  /** The id of the API key, `<AppID>/<number>`. */
  readonly keyId: string;
  /** The private key, PEM, PKCS #8. */
  readonly privateKey: string;
  readonly now: () => Date;
}

const HOST = "https://8x8.vc";

/** A token is good until this long after the session, for those who talk on. */
const OVERTIME_SECONDS = 60 * 60;

/** For clocks that are behind ours. */
const LEEWAY_SECONDS = 60;

/** The platform `jaas`; the account is the tenant's AppID. */
export function jaas(settings: JaasSettings): MeetingPlatform {
  const key = importKey(settings.privateKey);
  // A key that cannot be read is told to whoever needs it, not to the whole process.
  key.catch(() => {});
  return {
    create: (meeting: Meeting) => Promise.resolve(room(meeting.account, meeting.meetingId)),
    // Nobody could tell a room that is made from one that is not.
    find: (account, meetingId) => Promise.resolve([room(account, meetingId)]),
    update: () => Promise.resolve(),
    remove: () => Promise.resolve(),
    reports: () => Promise.resolve({ reports: [], isComplete: true }),
    async personalLink(person) {
      const token = await sign(await key, settings.keyId, claims(person, settings.now()));
      return { link: `${HOST}/${person.externalId}?jwt=${token}`, participantKey: null };
    },
  };
}

function room(account: string, meetingId: string): Made {
  const externalId = `${account}/${meetingId}`;
  return { externalId, link: `${HOST}/${externalId}`, passcode: null };
}

function claims(person: Person, now: Date): Record<string, unknown> {
  const seconds = Math.floor(now.getTime() / 1000);
  return {
    aud: "jitsi",
    iss: "chat",
    sub: person.account,
    room: person.externalId.slice(person.account.length + 1),
    nbf: seconds - LEEWAY_SECONDS,
    exp: Math.max(seconds, Math.floor(Date.parse(person.endTime) / 1000)) + OVERTIME_SECONDS,
    context: {
      user: {
        // Webhooks give it back, and tell by it who came.
        id: person.userId,
        name: person.fullName,
        email: person.email ?? "",
        moderator: person.isHost ? "true" : "false",
      },
      features: {
        livestreaming: "false",
        recording: person.isHost ? "true" : "false",
        transcription: "false",
        "outbound-call": "false",
      },
    },
  };
}

async function importKey(pem: string): Promise<CryptoKey> {
  // Secrets are often kept on one line. White space is nothing to atob.
  const base64 = pem.replaceAll("\\n", "\n").replace(/-----[A-Z ]+-----/g, "");
  const der = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  return await crypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]);
}

/** A JSON Web Token with RS256 (RFC 7519, RFC 7518 section 3.3). */
async function sign(
  key: CryptoKey,
  keyId: string,
  claims: Record<string, unknown>,
): Promise<string> {
  const encoder = new TextEncoder();
  const part = (value: unknown) => base64url(encoder.encode(JSON.stringify(value)));
  const signed = `${part({ alg: "RS256", kid: keyId, typ: "JWT" })}.${part(claims)}`;
  const signature = await crypto.subtle.sign(key.algorithm.name, key, encoder.encode(signed));
  return `${signed}.${base64url(new Uint8Array(signature))}`;
}
