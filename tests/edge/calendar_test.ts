import assert from "node:assert/strict";

import { serveFeed } from "../../supabase/functions/_shared/calendar.ts";
import { type Rpc, RpcError } from "../../supabase/functions/_shared/database.ts";
import { answering } from "../../supabase/functions/_shared/http.ts";

const TOKEN = "0123456789abcdef".repeat(4);
const CALENDAR = "BEGIN:VCALENDAR\r\nNAME:Übung 👩🏽‍💻\r\nEND:VCALENDAR\r\n";

/** The function on a database with one feed; what it is asked is kept. */
function feeds(calendar = CALENDAR) {
  const asked: unknown[] = [];
  const rpc: Rpc = (name, args) => {
    asked.push([name, args]);
    if (args.token === TOKEN) return Promise.resolve(calendar);
    throw new RpcError(404, "PT404", "no calendar feed has this token", null, null);
  };
  return { asked, handler: answering((request) => serveFeed(request, rpc)) };
}

function get(path: string, headers: HeadersInit = {}, method = "GET"): Request {
  return new Request(`http://localhost/calendar/${path}`, { method, headers });
}

Deno.test("the token is the name of the file, and the calendar is its content", async () => {
  const { asked, handler } = feeds();

  const response = await handler(get(`${TOKEN}.ics`));

  assert.equal(response.status, 200);
  assert.equal(response.headers.get("Content-Type"), "text/calendar; charset=utf-8");
  assert.equal(response.headers.get("Cache-Control"), "private, no-cache");
  assert.equal(response.headers.get("X-Content-Type-Options"), "nosniff");
  assert.equal(
    response.headers.get("Content-Disposition"),
    'inline; filename="live-sessions.ics"',
  );
  assert.equal(await response.text(), CALENDAR);
  assert.deepEqual(asked, [["calendar_feed", { token: TOKEN }]]);
});

Deno.test("what a program adds to the address is nobody's business", async () => {
  const { handler } = feeds();

  assert.equal((await handler(get(`${TOKEN}.ics?fresh=1`))).status, 200);
});

Deno.test("HEAD answers the same without the content", async () => {
  const { handler } = feeds();
  const [whole, head] = [
    await handler(get(`${TOKEN}.ics`)),
    await handler(get(`${TOKEN}.ics`, {}, "HEAD")),
  ];

  assert.equal(head.status, 200);
  assert.equal(await head.text(), "");
  assert.deepEqual([...head.headers], [...whole.headers]);
});

Deno.test("whoever has it already is told that nothing is new", async () => {
  const { handler } = feeds();
  const tag = (await handler(get(`${TOKEN}.ics`))).headers.get("ETag") ?? "";
  assert.match(tag, /^"[0-9a-f]{64}"$/);

  for (const known of [tag, `W/${tag}`, `"other", ${tag}`, "*"]) {
    for (const method of ["GET", "HEAD"]) {
      const response = await handler(get(`${TOKEN}.ics`, { "If-None-Match": known }, method));
      assert.equal(response.status, 304, known);
      assert.equal(response.headers.get("ETag"), tag);
      assert.equal(response.headers.get("Cache-Control"), "private, no-cache");
      assert.equal(await response.text(), "");
    }
  }
  for (const unknown of ['"other"', tag.slice(1, -1), ""]) {
    const response = await handler(get(`${TOKEN}.ics`, { "If-None-Match": unknown }));
    assert.equal(response.status, 200, unknown);
  }
});

Deno.test("what changed is new", async () => {
  const tag = (await feeds().handler(get(`${TOKEN}.ics`))).headers.get("ETag") ?? "";

  const response = await feeds("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n").handler(
    get(`${TOKEN}.ics`, { "If-None-Match": tag }),
  );

  assert.equal(response.status, 200);
  assert.notEqual(response.headers.get("ETag"), tag);
});

Deno.test("nobody is told what is wrong with a token", async () => {
  const { handler } = feeds();
  const wrong = [
    `${"0".repeat(64)}.ics`,
    `${TOKEN.toUpperCase()}.ics`,
    `${TOKEN.slice(1)}.ics`,
    `0${TOKEN}.ics`,
    `${TOKEN}`,
    `${TOKEN}.ics/more`,
    ".ics",
    "",
    "%00.ics",
    `?token=${TOKEN}`,
    `?file=/${TOKEN}.ics`,
  ];
  const answers = new Set<string>();
  for (const path of wrong) {
    const response = await handler(get(path));
    answers.add(JSON.stringify([response.status, [...response.headers], await response.text()]));
  }

  assert.equal(answers.size, 1);
  const [answer] = answers;
  assert.equal(JSON.parse(answer)[0], 404);
  assert.doesNotMatch(answer, /[0-9a-f]{16}/);
});

Deno.test("a database that fails loses nobody a calendar, and no token gets into the log", async () => {
  const failures = [
    new RpcError(500, "57014", "canceling statement due to statement timeout", null, null),
    new RpcError(404, "PGRST202", "Could not find the function in the schema cache", null, null),
    new RpcError(401, "PGRST301", "JWT expired", null, null),
    new TypeError("error sending request"),
  ];
  const logged: unknown[] = [];
  const { error } = console;
  console.error = (...line: unknown[]) => logged.push(...line);
  try {
    for (const failure of failures) {
      const handler = answering((request) => serveFeed(request, () => Promise.reject(failure)));
      const response = await handler(get(`${TOKEN}.ics`));
      assert.equal(response.status, 503);
      assert.ok(!(await response.text()).includes(TOKEN));
    }
  } finally {
    console.error = error;
  }
  assert.equal(logged.length, failures.length);
  assert.ok(!logged.join().includes(TOKEN));
});

Deno.test("any method but GET and HEAD is refused before the database is asked", async () => {
  const { asked, handler } = feeds();
  for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"]) {
    const response = await handler(get(`${TOKEN}.ics`, {}, method));
    assert.equal(response.status, 405);
    assert.equal(response.headers.get("Allow"), "GET, HEAD");
  }
  assert.deepEqual(asked, []);
});
