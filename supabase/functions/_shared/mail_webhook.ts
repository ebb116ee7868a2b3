/**
 * Resend's webhooks: what became of mails it has accepted. Signed by Svix, as
 * docs.svix.com/receiving/verifying-payloads/how-manual describes it.
 */

import { demand, type Rpc } from "./database.ts";
import { allow, parseObject, readBody, Refusal } from "./http.ts";
import { base64, demandRecent, equal, hmacSha256 } from "./signatures.ts";

/** Several times what an event needs; the texts of mails are not in it. */
const MAX_BYTES = 64 * 1024;

/** The tag that the notifier puts on each mail. */
const EMAIL_TAG = "email_id";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What a delivery is handled with. The secret is as the dashboard shows it: whsec_ and base64. */
export interface MailWebhookTools {
  readonly secret: string;
  readonly rpc: Rpc;
  readonly now: () => Date;
}

/** Answers one delivery with 204; the database knows by its id whether it has heard of it before. */
export async function mailWebhook(request: Request, tools: MailWebhookTools): Promise<Response> {
  allow(request, "POST");
  const body = await readBody(request, MAX_BYTES);
  const id = await verifySvix(request.headers, body, tools.secret, tools.now());
  const event = parseObject(body);
  const kind = kindOf(event);
  if (kind !== null) {
    const data = object(event.data);
    await demand(tools.rpc, "record_mail_event", {
      event_id: id,
      kind,
      occurred_at: occurredAt(event, tools.now()),
      email_id: emailId(data.tags),
      address: addressOf(data.to),
    });
  }
  return new Response(null, { status: 204 });
}

/** The id of a genuine delivery of the last minutes; anything else is refused with 401. */
export async function verifySvix(
  headers: Headers,
  body: Uint8Array,
  secret: string,
  now: Date,
): Promise<string> {
  const id = headers.get("svix-id") ?? "";
  const timestamp = headers.get("svix-timestamp") ?? "";
  const key = Uint8Array.from(
    atob(secret.replace(/^whsec_/, "")),
    (character) => character.charCodeAt(0),
  );
  const mac = await hmacSha256(key, `${id}.${timestamp}.`, body);
  const expected = `v1,${base64(mac)}`;
  // While a secret is being changed there are several; all are looked at, whichever fits.
  const signatures = (headers.get("svix-signature") ?? "").split(" ");
  const fits = signatures.map((signature) => equal(signature, expected));
  if (id === "" || !fits.includes(true)) throw new Refusal(401, "The signature is wrong");
  demandRecent(Number(timestamp), now);
  return id;
}

/** In the database's words; null for what it does not keep: opened, clicked, contacts, domains. */
function kindOf(event: Record<string, unknown>): string | null {
  switch (event.type) {
    case "email.delivered":
      return "delivered";
    case "email.delivery_delayed":
      return "delayed";
    case "email.bounced": {
      const type = object(object(event.data).bounce).type;
      return type === "Transient" || type === "Undetermined" ? "soft_bounced" : "bounced";
    }
    // Not even tried: Resend has known before us that it bounces, or was complained of.
    case "email.suppressed":
      return "bounced";
    case "email.complained":
      return "complained";
    case "email.failed":
      return "failed";
    default:
      return null;
  }
}

function occurredAt(event: Record<string, unknown>, now: Date): string {
  const said = new Date(String(event.created_at));
  return (Number.isNaN(said.getTime()) ? now : said).toISOString();
}

/** The outbox row; tags come as a list of names and values, or as an object. */
function emailId(tags: unknown): string | null {
  const value = Array.isArray(tags)
    ? tags.map(object).find(({ name }) => name === EMAIL_TAG)?.value
    : object(tags)[EMAIL_TAG];
  return typeof value === "string" && UUID.test(value) ? value : null;
}

/** The recipient; a mail of ours has one. */
function addressOf(to: unknown): string | null {
  const first = Array.isArray(to) ? to[0] : to;
  if (typeof first !== "string") return null;
  return first.match(/<([^<>]+)>\s*$/)?.[1] ?? first.trim();
}

function object(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
}
