import assert from "node:assert/strict";

import { type Rpc, RpcError } from "../../supabase/functions/_shared/database.ts";
import { answering } from "../../supabase/functions/_shared/http.ts";
import { serveUnsubscribe } from "../../supabase/functions/_shared/unsubscribe.ts";

const TOKEN = "session_reminder.0123.abcd";

/** The function on a database that knows one token; what it is asked is kept. */
function unsubscribing() {
  const asked: Record<string, unknown>[] = [];
  const rpc: Rpc = (name, args) => {
    assert.equal(name, "unsubscribe");
    asked.push(args);
    if (args.token === TOKEN) return Promise.resolve("session_reminder");
    throw new RpcError(404, "PT404", "this link is not valid", null, null);
  };
  return { asked, handler: answering((request) => serveUnsubscribe(request, rpc)) };
}

function request(method: string, body?: BodyInit, token = TOKEN): Request {
  return new Request(`http://localhost/unsubscribe?token=${encodeURIComponent(token)}`, {
    method,
    body,
  });
}

function multipart(): FormData {
  const form = new FormData();
  form.append("List-Unsubscribe", "One-Click");
  return form;
}

/** As it stands on the wire: some end it as a line. */
function urlencoded(text: string): Blob {
  return new Blob([text], { type: "application/x-www-form-urlencoded" });
}

Deno.test("a GET asks and changes nothing", async () => {
  const { asked, handler } = unsubscribing();

  const response = await handler(request("GET"));

  assert.equal(response.status, 200);
  const page = await response.text();
  assert.match(page, /reminders of your sessions/);
  assert.match(page, /<form method="post">/);
  assert.deepEqual(asked, [{ token: TOKEN, confirm: false }]);
  assert.deepEqual(Object.fromEntries(response.headers), {
    "cache-control": "no-store",
    "content-language": "en",
    "content-security-policy":
      "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
    "content-type": "text/html; charset=utf-8",
    "referrer-policy": "no-referrer",
    "vary": "Accept-Language",
    "x-content-type-options": "nosniff",
  });
});

Deno.test("the page's own form is one that acts", async () => {
  const { asked, handler } = unsubscribing();
  const page = await (await handler(request("GET"))).text();
  const fields = [...page.matchAll(/<input type="hidden" name="(.*?)" value="(.*?)">/g)];
  const form = new URLSearchParams(fields.map(([, name, value]) => [name, value]));

  assert.equal((await handler(request("POST", form))).status, 200);
  assert.deepEqual(asked.map(({ confirm }) => confirm), [false, true]);
});

Deno.test("a kind of mail that the page has no words for yet can be switched off, too", async () => {
  const handler = answering((asked) => serveUnsubscribe(asked, () => Promise.resolve("new")));
  for (const asked of [request("GET"), request("POST", multipart())]) {
    assert.match(await (await handler(asked)).text(), /no more mails about mails of this kind\./);
  }
});

for (
  const [accepted, language, asks, button] of [
    ["pl", "pl", "przypomnienia o Twoich sesjach", "Zrezygnuj"],
    ["PL", "pl", "przypomnienia o Twoich sesjach", "Zrezygnuj"],
    ["de, pl-PL;q=0.8, en;q=0.7", "pl", "przypomnienia o Twoich sesjach", "Zrezygnuj"],
    ["en;q=0.9, pl", "pl", "przypomnienia o Twoich sesjach", "Zrezygnuj"],
    ["pl; q=0.2, en-GB; q=0.9", "en", "reminders of your sessions", "Unsubscribe"],
    ["pl;q=0, *", "en", "reminders of your sessions", "Unsubscribe"],
    ["constructor, ;;q=x", "en", "reminders of your sessions", "Unsubscribe"],
  ]
) {
  Deno.test(`whoever reads "${accepted}" is asked in ${language}`, async () => {
    const { handler } = unsubscribing();
    const asking = request("GET");
    asking.headers.set("Accept-Language", accepted);
    const clicking = request("POST", multipart());
    clicking.headers.set("Accept-Language", accepted);

    const response = await handler(asking);
    const page = await response.text();
    const done = await (await handler(clicking)).text();

    assert.match(page, new RegExp(`<html lang="${language}">`));
    assert.match(page, new RegExp(asks));
    assert.match(page, new RegExp(`<button>${button}</button>`));
    assert.match(done, new RegExp(`<html lang="${language}">[^]*${asks}`));
    assert.equal(response.headers.get("Content-Language"), language);
    assert.equal(response.headers.get("Vary"), "Accept-Language");
  });
}

Deno.test("a POST in either form acts, and again", async () => {
  const forms = () => [
    new URLSearchParams({ "List-Unsubscribe": "One-Click" }),
    multipart(),
    urlencoded("List-Unsubscribe=One-Click\r\n"),
  ];
  for (const form of [...forms(), ...forms()]) {
    const { asked, handler } = unsubscribing();
    const response = await handler(request("POST", form));
    assert.equal(response.status, 200);
    assert.match(await response.text(), /You are unsubscribed/);
    assert.deepEqual(asked, [{ token: TOKEN, confirm: true }]);
  }
});

Deno.test("a POST that does not say so does nothing", async () => {
  const { asked, handler } = unsubscribing();
  const bodies = [
    "",
    "{}",
    undefined,
    ...["No", " One-Click", "One-Clicks"].map((said) => urlencoded(`List-Unsubscribe=${said}`)),
  ];
  for (const body of bodies) {
    assert.equal((await handler(request("POST", body))).status, 400);
  }
  assert.deepEqual(asked, []);
});

Deno.test("a long body is not read to its end", async () => {
  const { asked, handler } = unsubscribing();
  const largest = "List-Unsubscribe=One-Click&".padEnd(10_000, "x");
  assert.equal((await handler(request("POST", urlencoded(`${largest}x`)))).status, 413);
  assert.deepEqual(asked, []);
  assert.equal((await handler(request("POST", urlencoded(largest)))).status, 200);
});

Deno.test("a wrong token is told to be none, and never echoed", async () => {
  const { handler } = unsubscribing();
  const wrong = "<script>alert(1)</script>";
  for (const method of ["GET", "POST"]) {
    const body = method === "POST" ? multipart() : undefined;
    const asked = request(method, body, wrong);
    asked.headers.set("Accept-Language", "pl");
    const response = await handler(asked);
    assert.equal(response.status, 404);
    const shown = await response.text();
    assert.match(shown, /Ten link jest nieprawidłowy/);
    assert.doesNotMatch(shown, /script/);
  }
});

Deno.test("a database that is out of reach is a failure, and no success", async () => {
  for (
    const failure of [
      new Error("no route"),
      new RpcError(401, "PGRST301", "JWT expired", null, null),
      new RpcError(404, "PGRST202", "Could not find the function in the schema cache", null, null),
    ]
  ) {
    const rpc: Rpc = () => Promise.reject(failure);
    const handler = answering((asked) => serveUnsubscribe(asked, rpc));
    assert.equal((await handler(request("POST", multipart()))).status, 503);
  }
});

Deno.test("an address without a token is of a link that is not valid", async () => {
  const { asked, handler } = unsubscribing();

  assert.equal((await handler(new Request("http://localhost/unsubscribe"))).status, 404);
  assert.deepEqual(asked, [{ token: "", confirm: false }]);
});

Deno.test("HEAD answers without the page, and other methods are refused", async () => {
  const { handler } = unsubscribing();
  const head = await handler(request("HEAD"));
  assert.deepEqual([head.status, await head.text()], [200, ""]);
  assert.equal((await handler(request("DELETE"))).status, 405);
});
