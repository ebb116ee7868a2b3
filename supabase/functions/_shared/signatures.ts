/** What makes a delivery genuine: HMAC-SHA256, compared without telling how far two texts agree, and its age. */

import { Refusal } from "./http.ts";

/** Vendors that repeat a delivery sign it anew, with the time of now. */
const MAX_AGE_SECONDS = 5 * 60;

const encoder = new TextEncoder();

/** HMAC-SHA256 of the parts, one after the other. */
export async function hmacSha256(
  secret: string | Uint8Array<ArrayBuffer>,
  ...parts: (string | Uint8Array)[]
): Promise<Uint8Array<ArrayBuffer>> {
  const key = await crypto.subtle.importKey(
    "raw",
    typeof secret === "string" ? encoder.encode(secret) : secret,
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, concatenated(parts)));
}

/** Lower-case hexadecimal. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Base64 (RFC 4648, section 4). */
export function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/** Base64 for URLs, without padding (RFC 4648, section 5). */
export function base64url(bytes: Uint8Array): string {
  return base64(bytes).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Whether two texts are equal; takes equally long wherever they differ. */
export function equal(left: string, right: string): boolean {
  const [a, b] = [encoder.encode(left), encoder.encode(right)];
  let difference = a.length ^ b.length;
  for (let at = 0; at < a.length; at++) difference |= a[at] ^ (b[at] ?? 0);
  return difference === 0;
}

/** Refuses, with 401, what was not signed within the last minutes; the time in seconds since 1970. */
export function demandRecent(seconds: number, now: Date): void {
  const age = Math.abs(now.getTime() / 1000 - seconds);
  // Written so that a timestamp that is no number is too old.
  if (!(age <= MAX_AGE_SECONDS)) throw new Refusal(401, "The request is not of now");
}

function concatenated(parts: (string | Uint8Array)[]): Uint8Array<ArrayBuffer> {
  const bytes = parts.map((part) => typeof part === "string" ? encoder.encode(part) : part);
  const whole = new Uint8Array(bytes.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of bytes) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
