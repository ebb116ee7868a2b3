/** Zoom's webhooks, as developers.zoom.us/docs/api/webhooks describes them. */

import { Refusal } from "../http.ts";
import { equal, hex, hmacSha256 } from "../signatures.ts";
import type { WebhookReader } from "./platform.ts";

/** Zoom repeats a delivery after 5 minutes, with a new timestamp and signature. */
const MAX_AGE_SECONDS = 5 * 60;

/** The reader of an app's webhooks. */
export function zoomWebhook(secretToken: string): WebhookReader {
  return {
    async verify(headers, body, now) {
      const timestamp = headers.get("x-zm-request-timestamp") ?? "";
      const signature = headers.get("x-zm-signature") ?? "";
      const expected = hex(await hmacSha256(secretToken, `v0:${timestamp}:`, body));
      if (!equal(signature, `v0=${expected}`)) throw new Refusal(401, "The signature is wrong");
      const age = Math.abs(now.getTime() / 1000 - Number(timestamp));
      // Written so that a timestamp that is no number is too old.
      if (!(age <= MAX_AGE_SECONDS)) throw new Refusal(401, "The request is not of now");
    },

    async challenge({ event, payload }) {
      if (event !== "endpoint.url_validation") return null;
      const { plainToken } = payload as { plainToken?: unknown } ?? {};
      if (typeof plainToken !== "string") throw new Refusal(400, "payload.plainToken is missing");
      return { plainToken, encryptedToken: hex(await hmacSha256(secretToken, plainToken)) };
    },
  };
}
