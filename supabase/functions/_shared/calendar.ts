/** Calendar feeds for programs that can send no headers: the token is the name of the file. */

import { type Rpc, RpcError } from "./database.ts";
import { allow, Refusal } from "./http.ts";
import { hex } from "./signatures.ts";

/** Answers `…/calendar/<token>.ics`. What is in the feed, and whether there is one, is the database's to say. */
export async function serveFeed(request: Request, rpc: Rpc): Promise<Response> {
  allow(request, "GET", "HEAD");
  const calendar = await feed(rpc, new URL(request.url).pathname);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(calendar));
  const tag = `"${hex(new Uint8Array(digest))}"`;
  // Kept by the program alone, and asked for anew each time: access may have ended meanwhile.
  const headers = { ETag: tag, "Cache-Control": "private, no-cache" };
  if (isNamed(tag, request.headers.get("If-None-Match"))) {
    return new Response(null, { status: 304, headers });
  }
  return new Response(request.method === "HEAD" ? null : calendar, {
    headers: {
      ...headers,
      "Content-Type": "text/calendar; charset=utf-8",
      "Content-Disposition": 'inline; filename="live-sessions.ics"',
      "X-Content-Type-Options": "nosniff",
    },
  });
}

async function feed(rpc: Rpc, path: string): Promise<string> {
  const token = path.match(/\/([0-9a-f]{64})\.ics$/)?.[1];
  try {
    // By POST, which may record the use; and so the token is in no other server's log of paths.
    if (token) return await rpc("calendar_feed", { token }) as string;
  } catch (error) {
    // Anything else is no reason for a program to drop the calendar.
    if (!(error instanceof RpcError && error.code === "PT404")) throw error;
  }
  throw new Refusal(404, "There is no such calendar feed; it may have been revoked");
}

/** Whether the header names the tag (RFC 9110, section 13.1.2: weak ones, which proxies make, count). */
function isNamed(tag: string, header: string | null): boolean {
  const named = header?.split(",").map((entry) => entry.trim().replace(/^W\//, "")) ?? [];
  return named.includes(tag) || named.includes("*");
}
