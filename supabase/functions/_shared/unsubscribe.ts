/**
 * One-click unsubscribing (RFC 8058). Mail programs POST to the address in a mail's header, without asking its reader
 * again. A GET changes nothing, because programs that look for malware follow every link: it shows a page that asks.
 */

import { type Rpc, RpcError } from "./database.ts";
import { allow, readBody, Refusal } from "./http.ts";

/** What the kinds of mail that can be switched off are called. */
const NAMES: Record<string, string> = {
  session_updated: "changes of a session's title, description or host",
  session_reminder: "reminders of your sessions",
  recording_available: "new recordings",
  attendance_summary: "attendance summaries",
  weekly_summary: "your sessions of the week",
  attendance_warning: "low attendance",
};

const HEADERS = {
  "Content-Type": "text/html; charset=utf-8",
  // The token in the address is nobody else's business.
  "Cache-Control": "no-store",
  "Referrer-Policy": "no-referrer",
  "Content-Security-Policy":
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
};

/** Answers `…/unsubscribe?token=…`. */
export async function serveUnsubscribe(request: Request, rpc: Rpc): Promise<Response> {
  allow(request, "GET", "HEAD", "POST");
  const token = new URL(request.url).searchParams.get("token") ?? "";
  const acts = request.method === "POST";
  if (acts) await refuseUnlessOneClick(request);
  const name = await nameOf(rpc, token, acts);
  const page = acts ? doneWith(name) : question(name);
  return new Response(request.method === "HEAD" ? null : page, { headers: HEADERS });
}

async function nameOf(rpc: Rpc, token: string, confirm: boolean): Promise<string> {
  try {
    const kind = await rpc("unsubscribe", { token, confirm }) as string;
    return NAMES[kind] ?? "mails of this kind";
  } catch (error) {
    if (error instanceof RpcError && error.code === "PT404") {
      throw new Refusal(404, "This link is not valid. Your profile has the settings of your mails");
    }
    throw error;
  }
}

/** RFC 8058, section 3.2: the body says List-Unsubscribe=One-Click, in one of the two forms of HTML. */
async function refuseUnlessOneClick(request: Request): Promise<void> {
  const body = await readBody(request, 10_000);
  try {
    const headers = { "Content-Type": request.headers.get("Content-Type") ?? "" };
    const form = await new Response(body, { headers }).formData();
    if (form.get("List-Unsubscribe") === "One-Click") return;
  } catch {
    // Neither form.
  }
  throw new Refusal(400, "The body must be a form that says List-Unsubscribe=One-Click");
}

function question(name: string): string {
  return page(
    "Unsubscribe?",
    `<p>You would get no more mails about ${name}.</p>
<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click">
<button>Unsubscribe</button></form>`,
  );
}

function doneWith(name: string): string {
  return page(
    "You are unsubscribed",
    `<p>You get no more mails about ${name}. Your profile has the settings, if you change your mind.</p>`,
  );
}

/** Nothing in it comes from the request. */
function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>:root{color-scheme:light dark}body{max-width:32rem;margin:4rem auto;padding:0 1rem;font:1rem/1.5 system-ui,sans-serif}
button{padding:.75rem 1.5rem;font:inherit;font-weight:600}</style></head>
<body><h1>${title}</h1>
${body}
</body></html>
`;
}
