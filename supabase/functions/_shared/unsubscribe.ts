/**
 * One-click unsubscribing (RFC 8058). Mail programs POST to the address in a mail's header, without asking its reader
 * again. A GET changes nothing, because programs that look for malware follow every link: it shows a page that asks.
 */

import { type Rpc, RpcError } from "./database.ts";
import { allow, readBody, Refusal } from "./http.ts";

interface Words {
  /** What the kinds of mail that can be switched off are called. */
  kinds: Record<string, string>;
  other: string;
  question: string;
  wouldEnd: (mails: string) => string;
  button: string;
  done: string;
  hasEnded: (mails: string) => string;
  notValid: string;
  settings: string;
}

/** The page in the languages that mails are written in. */
const LANGUAGES: Record<string, Words> = {
  en: {
    kinds: {
      session_updated: "changes of a session's title, description or host",
      session_reminder: "reminders of your sessions",
      recording_available: "new recordings",
      attendance_summary: "attendance summaries",
      weekly_summary: "your sessions of the week",
      attendance_warning: "low attendance",
    },
    other: "mails of this kind",
    question: "Unsubscribe?",
    wouldEnd: (mails) => `You would get no more mails about ${mails}.`,
    button: "Unsubscribe",
    done: "You are unsubscribed",
    hasEnded: (mails) =>
      `You get no more mails about ${mails}. Your profile has the settings, if you change your mind.`,
    notValid: "This link is not valid",
    settings: "Your profile has the settings of your mails.",
  },
  pl: {
    kinds: {
      session_updated: "zmiany tytułu, opisu lub prowadzącego sesji",
      session_reminder: "przypomnienia o Twoich sesjach",
      recording_available: "nowe nagrania",
      attendance_summary: "podsumowania obecności",
      weekly_summary: "Twoje sesje z tygodnia",
      attendance_warning: "niska obecność",
    },
    other: "wiadomości tego rodzaju",
    question: "Zrezygnować?",
    wouldEnd: (mails) => `Nie będziesz już dostawać wiadomości na temat: ${mails}.`,
    button: "Zrezygnuj",
    done: "Zrezygnowano",
    hasEnded: (mails) =>
      `Nie dostaniesz już wiadomości na temat: ${mails}. Zmienisz to w ustawieniach profilu.`,
    notValid: "Ten link jest nieprawidłowy",
    settings: "Ustawienia wiadomości znajdziesz w swoim profilu.",
  },
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
  const kind = await kindOf(rpc, token, acts);
  const language = languageOf(request);
  const words = LANGUAGES[language];
  const [status, content] = kind === null
    ? [404, dead(language, words)]
    : [200, (acts ? doneWith : question)(language, words, kind)];
  return new Response(request.method === "HEAD" ? null : content, {
    status,
    headers: { ...HEADERS, "Content-Language": language, "Vary": "Accept-Language" },
  });
}

/** The first of the reader's languages that there are words in (RFC 9110, section 12.5.4). */
function languageOf(request: Request): string {
  const wanted = (request.headers.get("Accept-Language") ?? "").split(",").map((range) => {
    const [tag, ...parameters] = range.trim().split(";");
    const weight = parameters.map((each) => each.trim()).find((each) => each.startsWith("q="));
    return { tag: tag.toLowerCase(), weight: weight === undefined ? 1 : Number(weight.slice(2)) };
  });
  return wanted
    .filter(({ weight }) => weight > 0)
    .sort((one, other) => other.weight - one.weight)
    .map(({ tag }) => tag.split("-")[0])
    .find((language) => Object.hasOwn(LANGUAGES, language)) ?? "en";
}

/** What a link switches off; null: it is not valid. */
async function kindOf(rpc: Rpc, token: string, confirm: boolean): Promise<string | null> {
  try {
    return await rpc("unsubscribe", { token, confirm }) as string;
  } catch (error) {
    if (error instanceof RpcError && error.code === "PT404") return null;
    throw error;
  }
}

/** RFC 8058, section 3.2: the body says List-Unsubscribe=One-Click, in one of the two forms of HTML. */
async function refuseUnlessOneClick(request: Request): Promise<void> {
  const body = await readBody(request, 10_000);
  try {
    const headers = { "Content-Type": request.headers.get("Content-Type") ?? "" };
    const form = await new Response(body, { headers }).formData();
    // Some programs end the body as they would a line.
    if (`${form.get("List-Unsubscribe")}`.trimEnd() === "One-Click") return;
  } catch {
    // Neither form.
  }
  throw new Refusal(400, "The body must be a form that says List-Unsubscribe=One-Click");
}

function question(language: string, words: Words, kind: string): string {
  return page(
    language,
    words.question,
    `<p>${words.wouldEnd(words.kinds[kind] ?? words.other)}</p>
<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click">
<button>${words.button}</button></form>`,
  );
}

function doneWith(language: string, words: Words, kind: string): string {
  return page(
    language,
    words.done,
    `<p>${words.hasEnded(words.kinds[kind] ?? words.other)}</p>`,
  );
}

function dead(language: string, words: Words): string {
  return page(language, words.notValid, `<p>${words.settings}</p>`);
}

/** Nothing in it comes from the request. */
function page(language: string, title: string, body: string): string {
  return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>:root{color-scheme:light dark}body{max-width:32rem;margin:4rem auto;padding:0 1rem;font:1rem/1.5 system-ui,sans-serif}
button{padding:.75rem 1.5rem;font:inherit;font-weight:600}</style></head>
<body><h1>${title}</h1>
${body}
</body></html>
`;
}
