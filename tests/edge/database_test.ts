import assert from "node:assert/strict";

import { type Api, rpcOver } from "../../supabase/functions/_shared/database.ts";

/** The API, answering as is said; null: not at all, for as long as it is waited for. */
function api(answer: Response | null, more: Partial<Api> = {}): Api {
  const fake = (_: unknown, init?: RequestInit) => {
    if (answer !== null) return Promise.resolve(answer);
    const signal = init!.signal!;
    return new Promise<Response>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  };
  return { url: "http://x.test", apiKey: "k", fetch: fake as typeof fetch, ...more };
}

Deno.test("what a function returns is returned, and nothing of one that returns nothing", async () => {
  assert.deepEqual(await rpcOver(api(Response.json({ a: 1 })))("f", {}), { a: 1 });
  assert.equal(await rpcOver(api(new Response(null, { status: 204 })))("f", {}), null);
});

const PAGE = "<p>an error page with http://internal.test</p>";

for (
  const [whose, body, [code, message, detail, hint]] of [
    ["the database", '{"code":"PT404","message":"m","details":"d","hint":"h"}', [
      "PT404",
      "m",
      "d",
      "h",
    ]],
    ["the gateway", '{"message":"Invalid API key"}', ["", "Invalid API key", null, null]],
    ["something that says nothing", "{}", ["", "", null, null]],
    ["something in between", PAGE, ["", "the API answers 418", null, null]],
    ["something odd", "null", ["", "the API answers 418", null, null]],
  ] as const
) {
  Deno.test(`a refusal of ${whose} is told`, async () => {
    await assert.rejects(
      rpcOver(api(new Response(body, { status: 418 })))("f", {}),
      { status: 418, code, message, detail, hint },
    );
  });
}

Deno.test("an answer that does not come is not waited for", async () => {
  await assert.rejects(rpcOver(api(null, { timeout: 1 }))("f", {}), { name: "TimeoutError" });
});

Deno.test("where nothing else is said, half a minute is waited", async () => {
  const waits: number[] = [];
  const { timeout } = AbortSignal;
  AbortSignal.timeout = (milliseconds) => {
    waits.push(milliseconds);
    return new AbortController().signal;
  };
  try {
    await rpcOver(api(Response.json(null)))("f", {});
  } finally {
    AbortSignal.timeout = timeout;
  }
  assert.deepEqual(waits, [30_000]);
});
