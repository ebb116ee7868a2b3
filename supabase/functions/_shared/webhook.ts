/** The one way every platform's webhook takes, from the wire to the database. */

import { allow, json, parseObject, readBody } from "./http.ts";
import type { WebhookReader } from "./platforms/platform.ts";

/** Several times what any event of Zoom or JaaS needs. */
const MAX_BYTES = 64 * 1024;

/** What a webhook is handled with. */
export interface WebhookTools {
  readonly reader: WebhookReader;
  readonly now: () => Date;
}

/** Answers one delivery. Nothing of it is read as JSON before its raw bytes are known to be genuine. */
export async function receive(request: Request, tools: WebhookTools): Promise<Response> {
  allow(request, "POST");
  const body = await readBody(request, MAX_BYTES);
  await tools.reader.verify(request.headers, body, tools.now());
  const answer = await tools.reader.challenge(parseObject(body));
  return answer === null ? new Response(null, { status: 204 }) : json(answer);
}
