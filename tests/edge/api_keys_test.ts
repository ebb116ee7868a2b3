import assert from "node:assert/strict";

import { rpcOver } from "../../supabase/functions/_shared/database.ts";
import {
  publishableKey,
  required,
  secretKey,
} from "../../supabase/functions/_shared/environment.ts";

const JWT = "e30.e30.x";

const LEGACY = { SUPABASE_ANON_KEY: "an anon token", SUPABASE_SERVICE_ROLE_KEY: "a service token" };

const NAMED = {
  SUPABASE_PUBLISHABLE_KEYS: '{"mobile":"sb_publishable_2","default":"sb_publishable_1"}',
  SUPABASE_SECRET_KEYS: '{"default":"sb_secret_1"}',
};

Deno.test("a project's own keys come before those that it may have disabled", () => {
  assert.equal(publishableKey({ ...LEGACY, ...NAMED }), "sb_publishable_1");
  assert.equal(secretKey({ ...LEGACY, ...NAMED }), "sb_secret_1");
});

Deno.test("a project without keys of its own has the old ones", () => {
  for (const none of [undefined, "", "{}", "null"]) {
    const environment = {
      ...LEGACY,
      SUPABASE_PUBLISHABLE_KEYS: none,
      SUPABASE_SECRET_KEYS: none,
    };
    assert.equal(publishableKey(environment), LEGACY.SUPABASE_ANON_KEY);
    assert.equal(secretKey(environment), LEGACY.SUPABASE_SERVICE_ROLE_KEY);
  }
});

Deno.test("without a key the start stops, and says which is missing", () => {
  assert.throws(() => secretKey({}), /SUPABASE_SECRET_KEYS .* SUPABASE_SERVICE_ROLE_KEY/);
  // It is logged, and so must not quote what may be a key.
  assert.throws(
    () => secretKey({ SUPABASE_SECRET_KEYS: "sb_secret_1" }),
    new Error("SUPABASE_SECRET_KEYS is not JSON"),
  );
});

Deno.test("an empty setting is a missing one: with it for a secret, anybody could sign", () => {
  for (const environment of [{}, { SECRET: "" }]) {
    assert.throws(() => required("SECRET", environment), /^Error: SECRET is missing/);
  }
  assert.equal(required("SECRET", { SECRET: "s" }), "s");
});

for (
  const [what, apiKey, token, authorization] of [
    ["a key that is a token is a bearer, too", JWT, undefined, `Bearer ${JWT}`],
    ["a key that is none is not", "sb_secret_1", undefined, null],
    ["whoever has signed in is told by their token", "sb_publishable_1", JWT, `Bearer ${JWT}`],
  ] as [string, string, string | undefined, string | null][]
) {
  Deno.test(what, async () => {
    const sent: Headers[] = [];
    const fake = (_: unknown, init?: RequestInit) => {
      sent.push(new Headers(init?.headers));
      return Promise.resolve(new Response("1"));
    };
    await rpcOver({ url: "http://x.test", apiKey, token, fetch: fake as typeof fetch })("f", {});

    assert.equal(sent[0].get("apikey"), apiKey);
    assert.equal(sent[0].get("Authorization"), authorization);
  });
}
