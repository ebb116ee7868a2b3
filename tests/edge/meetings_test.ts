import assert from "node:assert/strict";

import { RpcError } from "../../supabase/functions/_shared/database.ts";
import { meetings, type MeetingTools } from "../../supabase/functions/_shared/meetings.ts";
import {
  type Meeting,
  type MeetingPlatform,
  type Person,
  PlatformError,
  type Stay,
} from "../../supabase/functions/_shared/platforms/platform.ts";
import { platforms } from "../../supabase/functions/_shared/platforms/registry.ts";
import { base64url } from "../../supabase/functions/_shared/signatures.ts";

const KEY = "work-key";
const MADE = { externalId: "7", link: "https://x.test/7", passcode: "pw" };

/** A platform on which nothing goes wrong, but for what is said otherwise; what it was asked. */
function platform(otherwise: Partial<MeetingPlatform> = {}) {
  const asked: string[] = [];
  const note = <T>(what: string, answer: T) => {
    asked.push(what);
    return Promise.resolve(answer);
  };
  const made: MeetingPlatform = {
    create: () => note("create", MADE),
    find: () => note("find", []),
    update: (id) => note(`update ${id}`, undefined),
    remove: (_, id) => note(`remove ${id}`, undefined),
    reports: () => note("reports", { reports: [], isComplete: false }),
    personalLink: () => note("personalLink", null),
    ...otherwise,
  };
  return { made, asked };
}

/** A database with so many tasks and nothing else; what it was told. */
function database(...tasks: Record<string, unknown>[]) {
  const told: [string, Record<string, unknown>][] = [];
  const rpc: MeetingTools["rpc"] = (name, args) => {
    if (name !== "claim_meeting_tasks") told.push([name, args]);
    return Promise.resolve(name === "claim_meeting_tasks" ? tasks.splice(0) : true);
  };
  return { rpc, told };
}

function task(action: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    meeting_id: "m",
    claim_id: "c",
    action,
    may_exist: false,
    platform: "zoom",
    account: "a",
    external_id: null,
    platform_data: {},
    ...more,
  };
}

/** What goes into the log meanwhile, and what comes of it. */
async function logging<T>(meanwhile: () => Promise<T>): Promise<[unknown[], T]> {
  const logged: unknown[] = [];
  const { error } = console;
  console.error = (...words: unknown[]) => logged.push(...words);
  try {
    return [logged, await meanwhile()];
  } finally {
    console.error = error;
  }
}

async function work(
  tools: Partial<MeetingTools>,
  key = KEY,
  authorization = `Bearer ${key}`,
): Promise<[number, unknown]> {
  const handler = meetings({
    workKey: KEY,
    platforms: () => platform().made,
    rpc: database().rpc,
    rpcAs: () => database().rpc,
    now: () => new Date(0),
    ...tools,
  });
  const headers = { Authorization: authorization };
  const request = new Request("http://x.test/meetings/work", { method: "POST", headers });
  const response = await handler(request);
  return [response.status, await response.json()];
}

Deno.test("without the key nothing is claimed", async () => {
  const { rpc, told } = database(task("create"));
  for (const wrong of ["a guess", KEY.slice(0, -1), `${KEY}x`]) {
    assert.deepEqual(await work({ rpc }, wrong), [401, { message: "The key is wrong" }]);
  }
  for (const wrong of [`Basic ${KEY}`, KEY, "Bearer ", "Bearer"]) {
    const outcome = await work({ rpc }, KEY, wrong);
    assert.deepEqual(outcome, [401, { message: "A token is missing" }]);
  }
  assert.deepEqual(told, []);
  assert.deepEqual(await work({ rpc }, KEY, `bearer ${KEY}`), [200, { done: 1, failed: 0 }]);
});

Deno.test("a call ends in time, and leaves the rest to the next", async () => {
  let now = 0;
  const claims: Record<string, unknown>[] = [];
  const rpc: MeetingTools["rpc"] = (name, args) => {
    if (name !== "claim_meeting_tasks") return Promise.resolve(true);
    claims.push(args);
    now += 9_999;
    return Promise.resolve(claims.length < 10 ? [task("create"), task("create")] : []);
  };

  const outcome = await work({ rpc, now: () => new Date(now) });

  assert.deepEqual(outcome, [200, { done: 6, failed: 0 }]);
  assert.deepEqual(claims, Array(3).fill({ max_tasks: 10, lease_seconds: 120 }));
});

Deno.test("an outcome that cannot be told is a failure of the call", async () => {
  const rpc: MeetingTools["rpc"] = (name) =>
    name === "claim_meeting_tasks"
      ? Promise.resolve([task("create")])
      : Promise.reject(new Error("no connection"));

  const [logged, [status]] = await logging(() => work({ rpc }));

  assert.equal(status, 503);
  assert.deepEqual(logged, ["create failed: Error: no connection", "Error: no connection"]);
});

for (
  const [what, claimed, asked] of [
    ["a meeting that is new is made", task("create"), ["create"]],
    ["one that may exist is looked for first", task("create", { may_exist: true }), [
      "find",
      "create",
    ]],
    ["one that has changed is changed", task("update", { external_id: "7" }), ["update 7"]],
    ["one that is no longer wanted is deleted", task("delete", { external_id: "7" }), ["remove 7"]],
    ["one that may have been made is looked for to be deleted", task("delete"), ["find"]],
    ["the report is fetched", task("reconcile", { external_id: "7" }), ["reports"]],
  ] as [string, Record<string, unknown>, string[]][]
) {
  Deno.test(what, async () => {
    const { made, asked: seen } = platform();
    const { rpc, told } = database(claimed);

    assert.deepEqual(await work({ rpc, platforms: () => made }), [200, { done: 1, failed: 0 }]);

    assert.deepEqual(seen, asked);
    const [name, { is_report_complete }] = told.at(-1)!;
    assert.equal(name, "complete_meeting_task");
    assert.equal(is_report_complete, claimed.action === "reconcile" ? false : undefined);
  });
}

Deno.test("what is found is taken over, and others of the same mark are swept away", async () => {
  const other = { externalId: "8", link: "https://x.test/8", passcode: null };
  const find = () => Promise.resolve([MADE, other]);
  const { made, asked } = platform({ find });
  const { rpc, told } = database(
    task("create", { may_exist: true }),
    task("sweep", { external_id: "7" }),
    task("delete"),
  );

  await work({ rpc, platforms: () => made });

  assert.deepEqual(asked.toSorted(), ["remove 7", "remove 8", "remove 8"]);
  assert.deepEqual(told.find(([, { external_id }]) => external_id), ["complete_meeting_task", {
    meeting_id: "m",
    claim_id: "c",
    external_id: "7",
    link: "https://x.test/7",
    passcode: "pw",
  }]);
});

Deno.test("a meeting is asked for as the task says, at the platform that it names", async () => {
  const asked: unknown[] = [];
  const create = (meeting: Meeting) => Promise.resolve(asked.push(meeting)).then(() => MADE);
  const update = async (_: string, meeting: Meeting) => void await create(meeting);
  const platforms = (id: string) => {
    asked.push(id);
    return platform({ create, update }).made;
  };
  const fields = {
    platform: "whereby",
    title: "Office hours",
    description: "Bring your questions.",
    start_time: "2026-12-01T18:00:00+00:00",
    end_time: "2026-12-01T19:00:00+00:00",
    timezone: "Europe/Berlin",
    platform_data: { waiting_room: true },
  };

  await work({ rpc: database(task("create", fields)).rpc, platforms });
  await work({ rpc: database(task("update", { ...fields, external_id: "7" })).rpc, platforms });

  const meeting = {
    meetingId: "m",
    account: "a",
    title: "Office hours",
    description: "Bring your questions.",
    startTime: "2026-12-01T18:00:00+00:00",
    endTime: "2026-12-01T19:00:00+00:00",
    timezone: "Europe/Berlin",
    platformData: { waiting_room: true },
  };
  assert.deepEqual(asked, ["whereby", meeting, "whereby", meeting]);
});

Deno.test("why something could not be done is told, with when to try again", async () => {
  const retryAt = new Date("2026-11-28T00:00:00Z");
  const create = () => Promise.reject(new PlatformError("full", retryAt, true));
  const { rpc, told } = database(task("create"));

  const outcome = await work({ rpc, platforms: () => platform({ create }).made });

  assert.deepEqual(outcome, [200, { done: 0, failed: 1 }]);
  assert.deepEqual(told, [["fail_meeting_task", {
    meeting_id: "m",
    claim_id: "c",
    reason: "full",
    retry_at: "2026-11-28T00:00:00.000Z",
    is_account_full: true,
  }]]);
});

Deno.test("one that fails keeps none of the others from being done, and says nothing of its insides", async () => {
  const update = () => Promise.reject(new TypeError("a secret is undefined"));
  const { rpc, told } = database(task("update", { external_id: "7" }), task("create"));

  const [logged, outcome] = await logging(() =>
    work({ rpc, platforms: () => platform({ update }).made })
  );

  assert.deepEqual(outcome, [200, { done: 1, failed: 1 }]);
  const failure = told.find(([name]) => name === "fail_meeting_task")![1];
  assert.equal(failure.reason, "the edge function met an error; its log says which");
  assert.equal(failure.is_account_full, false);
  assert.deepEqual(logged, ["update failed: TypeError: a secret is undefined"]);
});

Deno.test("each report is told under its own id, and then whether there are more to come", async () => {
  const stays = [{ joined_at: "a", left_at: "b" }] as unknown as Stay[];
  const report = { reportId: "r1", startedAt: "a", endedAt: "b", stays };
  const reports = [report, { ...report, reportId: "r2", stays: [] }];
  const made = platform({ reports: () => Promise.resolve({ reports, isComplete: true }) }).made;
  const { rpc, told } = database(task("reconcile", { external_id: "7" }));

  await work({ rpc, platforms: () => made });

  const of = { platform: "zoom", meeting_id: "7", started_at: "a", ended_at: "b" };
  assert.deepEqual(told, [
    ["reconcile_presence", { ...of, report_id: "r1", participants: stays }],
    ["reconcile_presence", { ...of, report_id: "r2", participants: [] }],
    ["complete_meeting_task", { meeting_id: "m", claim_id: "c", is_report_complete: true }],
  ]);
});

Deno.test("a platform without its settings, or without an adapter, says which", () => {
  const known = platforms({});
  assert.throws(() => known("zoom"), /ZOOM_ACCOUNT_ID is missing/);
  assert.throws(() => known("jaas"), /JAAS_KEY_ID is missing/);
  assert.throws(() => known("whereby"), /no adapter for the platform whereby/);
  // An empty one is none; managers read it, and so it quotes no other.
  const half = platforms({ JAAS_KEY_ID: "a-key-id", JAAS_PRIVATE_KEY: "" });
  assert.throws(
    () => half("jaas"),
    new PlatformError("JAAS_PRIVATE_KEY is missing in the function's secrets"),
  );
});

Deno.test("a platform is made once, and Zoom is where it is unless said otherwise", async () => {
  const asked: string[] = [];
  const { fetch } = globalThis;
  globalThis.fetch = (input) => {
    asked.push(new URL(`${input}`).origin);
    return Promise.resolve(Response.json({ access_token: "t", expires_in: 3600, id: 1 }));
  };
  try {
    const known = platforms({
      ZOOM_ACCOUNT_ID: "a",
      ZOOM_CLIENT_ID: "c",
      ZOOM_CLIENT_SECRET: "s",
      ZOOM_API_URL: "",
    });
    for (const _ of [1, 2]) await known("zoom").remove("a", "1");
  } finally {
    globalThis.fetch = fetch;
  }
  assert.deepEqual(asked, ["https://zoom.us", "https://api.zoom.us", "https://api.zoom.us"]);
});

/** A token whose signature nobody looks at here; in base64 for URLs, with both of its signs. */
const TOKEN = `e30.${base64url(new TextEncoder().encode('{"a":"?>>>???","sub":"sam"}'))}.x`;
assert.match(TOKEN, /-.*_|_.*-/);

async function join(tools: Partial<MeetingTools>, body = '{"session_id":"s"}'): Promise<Response> {
  const handler = meetings({
    workKey: KEY,
    platforms: () => platform().made,
    rpc: () => Promise.resolve(null),
    rpcAs: () => () => Promise.resolve({ title: "Office hours", link: "https://x.test/all" }),
    now: () => new Date(0),
    ...tools,
  });
  const headers = { Authorization: `Bearer ${TOKEN}` };
  return await handler(
    new Request("http://x.test/meetings/join", { method: "POST", headers, body }),
  );
}

Deno.test("the caller's token decides, and a refusal is passed on as it is", async () => {
  const refused = new RpcError(409, "PT409", "this session is over", "at noon", "Look elsewhere.");
  const tokens: string[] = [];
  const rpcAs = (token: string) => {
    tokens.push(token);
    return () => Promise.reject(refused);
  };

  const response = await join({ rpcAs });

  assert.deepEqual(tokens, [TOKEN]);
  assert.equal(response.status, 409);
  assert.deepEqual(await response.json(), {
    code: "PT409",
    message: "this session is over",
    details: "at noon",
    hint: "Look elsewhere.",
  });
  assert.equal(response.headers.get("Access-Control-Allow-Origin"), "*");
});

Deno.test("what names no session is the database's to refuse", async () => {
  const refused = new RpcError(404, "PT404", "session_id null is unknown", null, null);
  const asked: unknown[] = [];
  const rpcAs = () => (name: string, args: Record<string, unknown>) => {
    asked.push([name, JSON.stringify(args)]);
    return Promise.reject(refused);
  };

  assert.equal((await join({ rpcAs }, "{}")).status, 404);
  assert.deepEqual(asked, [["join_session", '{"session_id":null}']]);
});

Deno.test("a page may read that it does not work now, and the log says why", async () => {
  const [logged] = await logging(async () => {
    for (
      const failure of [
        new RpcError(503, "", "the API answers 503", null, null),
        new RpcError(500, "XX000", "it broke", null, null),
        new Error("x"),
      ]
    ) {
      const response = await join({ rpcAs: () => () => Promise.reject(failure) });

      assert.equal(response.status, 503);
      assert.equal(response.headers.get("Access-Control-Allow-Origin"), "*");
      assert.deepEqual(await response.json(), { message: "Not now; try again later" });
    }
  });
  assert.deepEqual(logged, ["Error: the API answers 503", "Error: it broke", "Error: x"]);
});

Deno.test("whose link it is, is whose token it is", async () => {
  const known = { meeting_id: "m", link: "https://x.test/sams" };
  const asked: unknown[] = [];
  const rpc: MeetingTools["rpc"] = (name, args) => {
    asked.push([name, args]);
    return Promise.resolve(known);
  };

  const response = await join({ rpc });

  assert.deepEqual(asked, [["personal_link", { session_id: "s", user_id: "sam" }]]);
  assert.equal(response.headers.get("Access-Control-Allow-Origin"), "*");
  assert.deepEqual(await response.json(), { title: "Office hours", link: "https://x.test/sams" });
});

Deno.test("a link that lasts is kept, one that does not is handed over only", async () => {
  for (const participantKey of ["registrant", null]) {
    const issued = { link: "https://x.test/new", participantKey };
    const persons: unknown[] = [];
    const personalLink = (person: Person) => {
      persons.push(person);
      return Promise.resolve(issued);
    };
    const kept: unknown[] = [];
    const rpc: MeetingTools["rpc"] = (name, args) => {
      if (name === "personal_link") {
        return Promise.resolve({
          meeting_id: "m",
          link: null,
          platform: "zoom",
          account: "a",
          external_id: "7",
          end_time: "2026-11-27T13:00:00+00:00",
          is_host: true,
          full_name: "Sam",
          email: "sam@x.test",
        });
      }
      assert.equal(name, "save_personal_link");
      kept.push(args);
      return Promise.resolve("https://x.test/kept");
    };

    const response = await join({ rpc, platforms: () => platform({ personalLink }).made });

    const link = (await response.json()).link;
    assert.equal(link, participantKey === null ? "https://x.test/new" : "https://x.test/kept");
    assert.deepEqual(persons, [{
      userId: "sam",
      fullName: "Sam",
      email: "sam@x.test",
      isHost: true,
      account: "a",
      externalId: "7",
      endTime: "2026-11-27T13:00:00+00:00",
    }]);
    const saved = { meeting_id: "m", user_id: "sam", participant_key: "registrant" };
    assert.deepEqual(kept, participantKey === null ? [] : [{ ...saved, link: issued.link }]);
  }
});

Deno.test("where no link of one's own is to be had, the meeting's own must do", async () => {
  const personalLink = () => Promise.reject(new PlatformError("not now"));
  const rpc = () => Promise.resolve({ meeting_id: "m", link: null, platform: "zoom" });
  const [logged] = await logging(async () => {
    for (
      const tools of [
        { rpc: () => Promise.resolve(null) },
        { rpc: () => Promise.resolve({ meeting_id: null, link: null, platform: null }) },
        { rpc },
        { rpc, platforms: () => platform({ personalLink }).made },
      ]
    ) {
      const response = await join(tools);
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("Access-Control-Allow-Origin"), "*");
      assert.equal((await response.json()).link, "https://x.test/all");
    }
  });
  assert.deepEqual(logged, ["no personal link: not now"]);
});

Deno.test("a request that is none is refused before anybody is asked", async () => {
  const rpcAs = () => () => Promise.reject(new Error("nobody is to be asked"));
  for (const [body, status] of [["", 400], ["[]", 400], ["x".repeat(1025), 413]] as const) {
    assert.equal((await join({ rpcAs }, body)).status, status);
  }
});
