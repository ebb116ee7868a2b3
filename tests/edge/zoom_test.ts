import assert from "node:assert/strict";

import {
  type Meeting,
  type Person,
  PlatformError,
} from "../../supabase/functions/_shared/platforms/platform.ts";
import { zoom } from "../../supabase/functions/_shared/platforms/zoom.ts";

const NOW = new Date("2026-11-27T12:00:00Z");

const MEETING: Meeting = {
  meetingId: "0a5f7a4e-38a5-4b5e-9f0e-0e6ecf0c34d4",
  account: "marta@school.test",
  title: "Office hours",
  description: "Bring your questions.",
  startTime: "2026-12-01T18:00:00+00:00",
  endTime: "2026-12-01T19:30:10+00:00",
  timezone: "Europe/Berlin",
  platformData: {
    waiting_room: true,
    mute_upon_entry: false,
    auto_recording: "cloud",
    somebody: "else's",
  },
};

type Answer = [status: number, body?: unknown, headers?: Record<string, string>];

/** Zoom with prepared answers, by method and path; what it was asked, tokens aside. */
function prepared(answers: Record<string, Answer[]>, signIns: Answer[] = []) {
  const asked: { method: string; path: string; body: unknown; type: string | null }[] = [];
  let tokens = 0;
  let now = NOW;
  const fake = (input: URL | RequestInfo, init?: RequestInit): Promise<Response> => {
    const { pathname, search } = new URL(`${input}`);
    if (pathname === "/oauth/token") {
      tokens++;
      const [status, body] = signIns.shift() ??
        [200, { access_token: `t${tokens}`, expires_in: 3600 }];
      return Promise.resolve(Response.json(body, { status }));
    }
    const method = init?.method ?? "GET";
    const path = `${pathname.replace("/v2", "")}${search}`;
    const type = new Headers(init?.headers).get("Content-Type");
    asked.push({ method, path, body: init?.body ? JSON.parse(`${init.body}`) : undefined, type });
    const [status, body, headers] = answers[`${method} ${path}`]?.shift() ?? [404, { code: 404 }];
    const text = body === undefined ? null : JSON.stringify(body);
    return Promise.resolve(new Response(text, { status, headers }));
  };
  const platform = zoom({
    accountId: "account",
    clientId: "client",
    clientSecret: "secret",
    apiUrl: "https://api.zoom.test",
    oauthUrl: "https://zoom.test",
    fetch: fake as typeof fetch,
    now: () => now,
  });
  return {
    platform,
    asked,
    tokens: () => tokens,
    later: (minutes: number) => (now = new Date(now.getTime() + minutes * 60_000)),
  };
}

const CREATE = "POST /users/marta%40school.test/meetings";
const CREATED: Answer = [201, {
  id: 81234567890,
  join_url: "https://zoom.us/j/81234567890?pwd=x",
  password: "pw",
}];

Deno.test("a meeting is made as the session is, with our mark and only what Zoom knows", async () => {
  const zoom = prepared({ [CREATE]: [CREATED] });

  assert.deepEqual(await zoom.platform.create(MEETING), {
    externalId: "81234567890",
    link: "https://zoom.us/j/81234567890?pwd=x",
    passcode: "pw",
  });

  assert.equal(zoom.asked[0].type, "application/json");
  assert.deepEqual(zoom.asked[0].body, {
    topic: "Office hours",
    agenda: "[0a5f7a4e-38a5-4b5e-9f0e-0e6ecf0c34d4] Bring your questions.",
    start_time: "2026-12-01T18:00:00Z",
    duration: 91,
    timezone: "Europe/Berlin",
    type: 2,
    settings: {
      approval_type: 1,
      registrants_confirmation_email: false,
      registrants_email_notification: false,
      allow_multiple_devices: true,
      waiting_room: true,
      mute_upon_entry: false,
      auto_recording: "cloud",
    },
  });
});

Deno.test("without a description there is the mark, and Zoom's own settings where there are none", async () => {
  const zoom = prepared({ [CREATE]: [CREATED] });

  await zoom.platform.create({ ...MEETING, description: null, platformData: {} });

  const { agenda, settings } = zoom.asked[0].body as Record<string, unknown>;
  assert.equal(agenda, `[${MEETING.meetingId}]`);
  assert.deepEqual(Object.keys(settings as Record<string, unknown>), [
    "approval_type",
    "registrants_confirmation_email",
    "registrants_email_notification",
    "allow_multiple_devices",
  ]);
});

Deno.test("an answer without the meeting's number or link is a failure", async () => {
  for (const lacking of ["id", "join_url"]) {
    const zoom = prepared({ [CREATE]: [[201, { ...CREATED[1] as object, [lacking]: "" }]] });

    await assert.rejects(
      zoom.platform.create(MEETING),
      new PlatformError("Zoom's answer lacks the meeting's id or link"),
    );
  }
});

Deno.test("a description that is cut off in the middle of a character ends well all the same", async () => {
  const zoom = prepared({ [CREATE]: [CREATED] });

  await zoom.platform.create({ ...MEETING, description: "👩".repeat(1000) });

  const { agenda } = zoom.asked[0].body as { agenda: string };
  assert.equal(agenda.length, 2000);
  assert.ok(agenda.isWellFormed());
});

Deno.test("a token is used until shortly before its end", async () => {
  const zoom = prepared({ [CREATE]: [CREATED, CREATED, CREATED] });

  await zoom.platform.create(MEETING);
  zoom.later(58);
  await zoom.platform.create(MEETING);
  assert.equal(zoom.tokens(), 1);
  zoom.later(1);
  await zoom.platform.create(MEETING);
  assert.equal(zoom.tokens(), 2);
});

Deno.test("a token that was revoked is replaced once, and then it is a refusal", async () => {
  const invalid: Answer = [401, { code: 124, message: "Invalid access token." }];
  const zoom = prepared({ [CREATE]: [invalid, CREATED, invalid, invalid] });

  await zoom.platform.create(MEETING);
  assert.equal(zoom.tokens(), 2);
  await assert.rejects(zoom.platform.create(MEETING), /Zoom answers 401: Invalid access token/);
});

Deno.test("a token lasts as long as Zoom says", async () => {
  const short: Answer = [200, { access_token: "t", expires_in: 120 }];
  const zoom = prepared({ [CREATE]: [CREATED, CREATED] }, [short]);

  await zoom.platform.create(MEETING);
  zoom.later(2);
  await zoom.platform.create(MEETING);

  assert.equal(zoom.tokens(), 2);
});

Deno.test("who asks at once waits for one token", async () => {
  const zoom = prepared({ [CREATE]: [CREATED, CREATED, CREATED] });

  await Promise.all([1, 2, 3].map(() => zoom.platform.create(MEETING)));

  assert.equal(zoom.tokens(), 1);
});

for (
  const [what, answer, status] of [
    ["is refused", [400, { reason: "Invalid client_id", access_token: "t" }], 400],
    ["brings no token", [200, { refresh: "private" }], 200],
    ["is answered with nothing", [502, null], 502],
  ] as [string, Answer, number][]
) {
  Deno.test(`signing in that ${what} is told without what was said, and tried again`, async () => {
    const zoom = prepared({ [CREATE]: [CREATED] }, [answer]);

    await assert.rejects(
      zoom.platform.create(MEETING),
      new PlatformError(`Zoom does not let the app sign in (${status})`),
    );
    assert.deepEqual(zoom.asked, []);
    assert.equal((await zoom.platform.create(MEETING)).externalId, "81234567890");
  });
}

for (
  const [what, answer, expected] of [
    [
      "the day's limit in the words of Zoom alone",
      [429, { code: 429, message: "You have exceeded the daily rate limit (100) of Meeting" }],
      { isAccountFull: true, retryAt: undefined },
    ],
    [
      "the day's limit by the documented headers",
      [429, {}, { "X-RateLimit-Type": "Daily-limit", "Retry-After": "2026-11-28T00:00:00Z" }],
      { isAccountFull: true, retryAt: new Date("2026-11-28T00:00:00Z") },
    ],
    [
      "the limit of a second",
      [429, {}, { "Retry-After": "3" }],
      { isAccountFull: false, retryAt: new Date("2026-11-27T12:00:03Z") },
    ],
    [
      "a limit without a time",
      [429, {}, { "Retry-After": "soon" }],
      { isAccountFull: false, retryAt: undefined },
    ],
    [
      "a limit that is over at once",
      [429, {}, { "Retry-After": "0" }],
      { isAccountFull: false, retryAt: undefined },
    ],
    [
      "a limit that is over by our clock",
      [429, {}, { "Retry-After": "2026-11-27T11:59:59Z" }],
      { isAccountFull: false, retryAt: undefined },
    ],
    [
      "a limit of a whole day",
      [429, {}, { "Retry-After": "86400" }],
      { isAccountFull: false, retryAt: new Date("2026-11-28T12:00:00Z") },
    ],
    [
      "a limit of more than a day",
      [429, {}, { "Retry-After": "86401" }],
      { isAccountFull: false, retryAt: undefined },
    ],
    [
      "a limit that would last for ever",
      [429, {}, { "Retry-After": "8000000000000" }],
      { isAccountFull: false, retryAt: undefined },
    ],
  ] as [string, Answer, { isAccountFull: boolean; retryAt: Date | undefined }][]
) {
  Deno.test(`${what} is understood`, async () => {
    const zoom = prepared({ [CREATE]: [answer] });

    await assert.rejects(zoom.platform.create(MEETING), (error: PlatformError) => {
      assert.ok(error instanceof PlatformError);
      assert.deepEqual({ isAccountFull: error.isAccountFull, retryAt: error.retryAt }, expected);
      return true;
    });
  });
}

for (
  const [answer, message] of [
    [[502], "Zoom answers 502: no reason"],
    [[502, null], "Zoom answers 502: no reason"],
    [[500, { message: "x".repeat(301) }], `Zoom answers 500: ${"x".repeat(300)}`],
  ] as [Answer, string][]
) {
  Deno.test(`what is no limit is told as it is: ${message.slice(0, 30)}`, async () => {
    const zoom = prepared({ [CREATE]: [answer] });

    await assert.rejects(zoom.platform.create(MEETING), (error: PlatformError) => {
      assert.ok(error instanceof PlatformError);
      assert.deepEqual([error.message, error.retryAt, error.isAccountFull], [
        message,
        undefined,
        false,
      ]);
      return true;
    });
  });
}

for (
  const [error, message] of [
    [new TypeError("error reading a body from connection"), "Zoom cannot be reached"],
    [new DOMException("Signal timed out.", "TimeoutError"), "Zoom does not answer"],
  ] as const
) {
  Deno.test(`an answer that breaks off with ${error.name} is none: ${message}`, async () => {
    const broken = () => new ReadableStream({ pull: (controller) => controller.error(error) });
    const platform = zoom({
      accountId: "account",
      clientId: "client",
      clientSecret: "secret",
      apiUrl: "https://api.zoom.test",
      oauthUrl: "https://zoom.test",
      fetch: () => Promise.resolve(new Response(broken(), { status: 201 })),
      now: () => NOW,
    });

    await assert.rejects(platform.create(MEETING), new PlatformError(message));
  });
}

Deno.test("what was made is found by its mark, on every page, and nothing else is", async () => {
  const list = "GET /users/marta%40school.test/meetings?type=scheduled&page_size=300";
  const agenda = `[${MEETING.meetingId}] Bring`;
  const zoom = prepared({
    [list]: [[200, {
      next_page_token: "n+1",
      meetings: [{ id: 1, agenda: `As ${agenda}` }, { id: 2 }],
    }]],
    [`${list}&next_page_token=n%2B1`]: [[200, {
      next_page_token: "",
      meetings: [{ id: 3, agenda }],
    }]],
    "GET /meetings/3": [[200, { id: 3, join_url: "https://zoom.us/j/3", password: "" }]],
  });

  assert.deepEqual(await zoom.platform.find(MEETING.account, MEETING.meetingId), [
    { externalId: "3", link: "https://zoom.us/j/3", passcode: null },
  ]);
});

Deno.test("an answer without a list is an empty one", async () => {
  const uuid = "u";
  const zoom = prepared({
    "GET /users/marta%40school.test/meetings?type=scheduled&page_size=300": [[200, {}]],
    "GET /past_meetings/3/instances": [[200, {}], [200, { meetings: [{ uuid }] }]],
    "GET /report/meetings/u": [[200, { start_time: "a", end_time: "b" }]],
    "GET /report/meetings/u/participants?page_size=300&include_fields=registrant_id": [[200, {}]],
  });

  assert.deepEqual(await zoom.platform.find(MEETING.account, MEETING.meetingId), []);
  assert.deepEqual(await zoom.platform.reports("3"), { reports: [], isComplete: false });
  const { reports, isComplete } = await zoom.platform.reports("3");
  assert.deepEqual([reports[0].stays, isComplete], [[], true]);
});

Deno.test("a list that leads back to itself is given up", async () => {
  const list = "GET /users/marta%40school.test/meetings?type=scheduled&page_size=300";
  const again: Answer = [200, { next_page_token: "n", meetings: [] }];
  const zoom = prepared({
    [list]: [again],
    [`${list}&next_page_token=n`]: Array(200).fill(again),
  });

  await assert.rejects(
    zoom.platform.find(MEETING.account, MEETING.meetingId),
    new PlatformError("Zoom's list has no end"),
  );
  assert.equal(zoom.asked.length, 100);
});

Deno.test("what is gone already is deleted, and what is refused is not", async () => {
  const zoom = prepared({
    "DELETE /meetings/3": [[204], [404, { code: 3001, message: "Meeting does not exist." }], [400, {
      code: 3000,
      message: "A meeting in progress cannot be deleted.",
    }], [404, { code: 1001, message: "User does not exist." }]],
  });

  await zoom.platform.remove(MEETING.account, "3");
  await zoom.platform.remove(MEETING.account, "3");
  await assert.rejects(zoom.platform.remove(MEETING.account, "3"), /in progress/);
  await assert.rejects(zoom.platform.remove(MEETING.account, "3"), /User does not exist/);
});

Deno.test("a meeting that is gone cannot be changed, and that is told", async () => {
  const gone: Answer = [404, { code: 3001, message: "Meeting does not exist." }];
  const zoom = prepared({ "PATCH /meetings/3": [[204], gone] });

  await zoom.platform.update("3", MEETING);
  await assert.rejects(zoom.platform.update("3", MEETING), /Meeting does not exist/);
});

Deno.test("every start of a meeting has its report, whatever is in its name", async () => {
  const path = "/report/meetings/%252Fof%252F%252Fa%252Bkind%253D%253D";
  const participants = `GET ${path}/participants?page_size=300&include_fields=registrant_id`;
  const zoom = prepared({
    "GET /past_meetings/3/instances": [[200, { meetings: [{ uuid: "/of//a+kind==" }] }]],
    [`GET ${path}`]: [[200, {
      start_time: "2026-12-01T18:00:00Z",
      end_time: "2026-12-01T19:00:00Z",
    }]],
    [participants]: [[200, {
      next_page_token: "2",
      participants: [{
        user_id: "6",
        name: "Sam",
        registrant_id: "r1",
        status: "in_waiting_room",
        join_time: "0",
        leave_time: "a",
      }, {
        user_id: "6",
        name: "Sam",
        registrant_id: "r1",
        join_time: "b",
        leave_time: "a",
      }, {
        user_id: "6",
        name: "Sam",
        registrant_id: "r1",
        join_time: "a",
      }, {
        user_id: "7",
        name: "Sam",
        user_email: "",
        registrant_id: "r1",
        status: "in_meeting",
        join_time: "a",
        leave_time: "b",
      }],
    }]],
    [`${participants}&next_page_token=2`]: [[200, {
      participants: [{
        user_id: "8",
        name: "Sita",
        user_email: "s@x.test",
        customer_key: "k",
        registrant_id: "r2",
        join_time: "c",
        leave_time: "c",
      }],
    }]],
  });

  const { reports: [report, ...others], isComplete } = await zoom.platform.reports("3");

  assert.deepEqual([others, isComplete], [[], true]);
  assert.deepEqual(report.stays, [
    {
      joined_at: "a",
      left_at: "b",
      participant_key: "r1",
      participant_email: null,
      participant_name: "Sam",
      connection_id: "7",
    },
    {
      joined_at: "c",
      left_at: "c",
      participant_key: "k",
      participant_email: "s@x.test",
      participant_name: "Sita",
      connection_id: "8",
    },
  ]);
});

Deno.test("a meeting that nobody came to has no report", async () => {
  const instances = "GET /past_meetings/3/instances";
  const unknown: Answer = [404, { code: 3001, message: "Meeting does not exist." }];
  const zoom = prepared({ [instances]: [unknown, [200, { meetings: [] }]] });

  for (const _ of [1, 2]) {
    assert.deepEqual(await zoom.platform.reports("3"), { reports: [], isComplete: false });
  }
});

Deno.test("a start of a meeting without a report keeps none of the others from being told", async () => {
  const unknown: Answer = [404, { code: 3001, message: "Meeting does not exist." }];
  const head: Answer = [200, { start_time: "a", end_time: "b" }];
  const participants = (uuid: string) =>
    `GET /report/meetings/${uuid}/participants?page_size=300&include_fields=registrant_id`;
  const zoom = prepared({
    "GET /past_meetings/3/instances": [[200, {
      meetings: [{ uuid: "alone" }, { uuid: "unwritten" }, { uuid: "together" }],
    }]],
    "GET /report/meetings/alone": [unknown],
    "GET /report/meetings/unwritten": [head],
    [participants("unwritten")]: [unknown],
    "GET /report/meetings/together": [head],
    [participants("together")]: [[200, { participants: [] }]],
  });

  assert.deepEqual(await zoom.platform.reports("3"), {
    reports: [{ reportId: "together", startedAt: "a", endedAt: "b", stays: [] }],
    isComplete: false,
  });
});

Deno.test("a report that Zoom refuses is a failure, and says why", async () => {
  const scope = "Invalid access token, does not contain scopes: [report:read:admin].";
  const zoom = prepared({
    "GET /past_meetings/3/instances": [[200, { meetings: [{ uuid: "u" }] }]],
    "GET /report/meetings/u": [[400, { code: 4711, message: scope }]],
  });

  await assert.rejects(zoom.platform.reports("3"), /does not contain scopes/);
});

const PERSON: Person = {
  userId: "u",
  fullName: "Sam van der Student",
  email: "sam@campus.test",
  isHost: false,
  account: "a",
  externalId: "3",
  endTime: MEETING.endTime,
};

const REGISTER = "POST /meetings/3/registrants";

Deno.test("who has no address gets no link of their own", async () => {
  const zoom = prepared({});

  assert.equal(await zoom.platform.personalLink({ ...PERSON, email: null }), null);
  assert.deepEqual(zoom.asked, []);
});

for (
  const [fullName, first_name, last_name] of [
    ["  Sam  van der Student ", "Sam", "van der Student"],
    [" ", "sam@campus.test", ""],
    [`${"x".repeat(65)} ${"y".repeat(65)}`, "x".repeat(64), "y".repeat(64)],
  ]
) {
  Deno.test(`"${fullName.slice(0, 24)}" is registered, and approved with it`, async () => {
    const link = "https://zoom.us/w/3?tk=r";
    const zoom = prepared({ [REGISTER]: [[201, { join_url: link, registrant_id: "r" }]] });

    const issued = await zoom.platform.personalLink({ ...PERSON, fullName });

    assert.deepEqual(issued, { link, participantKey: "r" });
    const registrant = { email: "sam@campus.test", first_name, last_name, auto_approve: true };
    assert.deepEqual(zoom.asked.map(({ body }) => body), [registrant]);
  });
}

Deno.test("a registrant without a link or a key, and a host without one, enter by the meeting's own", async () => {
  const answers: Answer[] = [[201, { registrant_id: "r" }], [201, { join_url: "https://x.test" }]];
  const zoom = prepared({ [REGISTER]: answers, "GET /meetings/3": [[200, {}]] });

  for (const isHost of [false, false, true]) {
    assert.equal(await zoom.platform.personalLink({ ...PERSON, isHost }), null);
  }
});
