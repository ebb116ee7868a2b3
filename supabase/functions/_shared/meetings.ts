/** The edge function `meetings`: does what there is to do at platforms, and lets people in. */

import { type Rpc, RpcError } from "./database.ts";
import { allow, answering, type Handler, json, parseObject, readBody, Refusal } from "./http.ts";
import { type Meeting, PlatformError } from "./platforms/platform.ts";
import type { Platforms } from "./platforms/registry.ts";
import { equal } from "./signatures.ts";

/** What the function works with. */
export interface MeetingTools {
  /** Who may have it work: the notifier, or whatever calls it regularly. */
  readonly workKey: string;
  readonly platforms: Platforms;
  /** With the service's rights. */
  readonly rpc: Rpc;
  /** With the rights of whoever holds the token. */
  readonly rpcAs: (token: string) => Rpc;
  readonly now: () => Date;
}

/** How long a claim lasts: longer than the slowest task, a report of many pages aside. */
const LEASE_SECONDS = 120;

const TASKS_AT_ONCE = 10;

/** A call ends in time for whoever waits for it; what is left is left to the next. */
const WORK_MS = 20_000;

/** Pages of the frontend call it, so that it is open to all of them; the token says who calls. */
const CORS = {
  "Access-Control-Allow-Origin": "*",
  // Those that supabase-js sends; x-region where the page asks for a region.
  "Access-Control-Allow-Headers": "authorization, apikey, content-type, x-client-info, x-region",
  "Access-Control-Allow-Methods": "POST",
};

/** Answers `meetings/work` and `meetings/join`; a page may read every answer, failures included. */
export function meetings(tools: MeetingTools): Handler {
  return answering((request) => {
    if (request.method === "OPTIONS") return new Response(null, { status: 204, headers: CORS });
    allow(request, "POST");
    const { pathname } = new URL(request.url);
    if (pathname.endsWith("/work")) return work(request, tools);
    if (pathname.endsWith("/join")) return join(request, tools);
    throw new Refusal(404, "Call meetings/join");
  }, CORS);
}

/** A row of `meeting_task`. */
interface Task {
  readonly meeting_id: string;
  readonly claim_id: string;
  readonly action: "create" | "update" | "delete" | "sweep" | "reconcile";
  readonly may_exist: boolean;
  readonly platform: string;
  readonly account: string;
  readonly external_id: string | null;
  readonly title: string;
  readonly description: string | null;
  readonly start_time: string;
  readonly end_time: string;
  readonly timezone: string;
  readonly platform_data: Record<string, unknown>;
}

async function work(request: Request, tools: MeetingTools): Promise<Response> {
  if (!equal(bearer(request), tools.workKey)) throw new Refusal(401, "The key is wrong");
  const until = tools.now().getTime() + WORK_MS;
  const tally = { done: 0, failed: 0 };
  while (tools.now().getTime() < until) {
    const tasks = await tools.rpc("claim_meeting_tasks", {
      max_tasks: TASKS_AT_ONCE,
      lease_seconds: LEASE_SECONDS,
    }) as Task[];
    if (tasks.length === 0) break;
    const outcomes = await Promise.all(tasks.map((task) => settle(task, tools)));
    for (const isDone of outcomes) tally[isDone ? "done" : "failed"]++;
  }
  return json(tally);
}

/** Does one task and tells the outcome; whether it is done. */
async function settle(task: Task, tools: MeetingTools): Promise<boolean> {
  const claim = { meeting_id: task.meeting_id, claim_id: task.claim_id };
  try {
    await tools.rpc("complete_meeting_task", { ...claim, ...await perform(task, tools) });
    return true;
  } catch (error) {
    const known = error instanceof PlatformError ? error : null;
    if (known === null) console.error(`${task.action} failed: ${error}`);
    // Where not even this can be told, the claim runs out and another call tries again.
    await tools.rpc("fail_meeting_task", {
      ...claim,
      reason: known?.message ?? "the edge function met an error; its log says which",
      retry_at: known?.retryAt?.toISOString() ?? null,
      is_account_full: known?.isAccountFull ?? false,
    });
    return false;
  }
}

/** Does it at the platform; what complete_meeting_task is to be told of it. */
async function perform(task: Task, tools: MeetingTools): Promise<Record<string, unknown>> {
  const platform = tools.platforms(task.platform);
  switch (task.action) {
    case "create": {
      // An earlier attempt may have succeeded without our hearing of it.
      const known = task.may_exist ? await platform.find(task.account, task.meeting_id) : [];
      const made = known.at(0) ?? await platform.create(meetingOf(task));
      return { external_id: made.externalId, link: made.link, passcode: made.passcode };
    }
    case "update":
      await platform.update(demandedId(task), meetingOf(task));
      return {};
    case "delete": {
      const ids = task.external_id !== null
        ? [task.external_id]
        : (await platform.find(task.account, task.meeting_id)).map(({ externalId }) => externalId);
      for (const id of ids) await platform.remove(task.account, id);
      return {};
    }
    case "sweep": {
      for (const { externalId } of await platform.find(task.account, task.meeting_id)) {
        if (externalId !== task.external_id) await platform.remove(task.account, externalId);
      }
      return {};
    }
    case "reconcile": {
      const { reports, isComplete } = await platform.reports(demandedId(task));
      for (const report of reports) {
        await tools.rpc("reconcile_presence", {
          platform: task.platform,
          report_id: report.reportId,
          meeting_id: task.external_id,
          started_at: report.startedAt,
          ended_at: report.endedAt,
          participants: report.stays,
        });
      }
      return { is_report_complete: isComplete };
    }
  }
}

function meetingOf(task: Task): Meeting {
  return {
    meetingId: task.meeting_id,
    account: task.account,
    title: task.title,
    description: task.description,
    startTime: task.start_time,
    endTime: task.end_time,
    timezone: task.timezone,
    platformData: task.platform_data,
  };
}

function demandedId({ external_id }: Task): string {
  if (external_id === null) throw new Error("a meeting that was made has an id");
  return external_id;
}

/** What join_session answers, as far as it matters here. */
type Details = Record<string, unknown> & { link: string };

/** A row of `personal_link_details`; all null where there are no such links. */
interface PersonalLink {
  readonly link: string | null;
  readonly meeting_id: string | null;
  readonly platform: string;
  readonly account: string;
  readonly external_id: string;
  readonly end_time: string;
  readonly is_host: boolean;
  readonly full_name: string;
  readonly email: string | null;
}

/**
 * Lets the caller in as join_session does, by a link of their own where the platform has such.
 * Where it cannot issue one now, the meeting's own link must do: nobody is left outside for it.
 */
async function join(request: Request, tools: MeetingTools): Promise<Response> {
  const token = bearer(request);
  const { session_id } = parseObject(await readBody(request, 1024));
  const details = await asCaller(tools.rpcAs(token), session_id);
  try {
    const link = await personalLink(`${session_id}`, subject(token), tools);
    return json({ ...details, link: link ?? details.link }, 200, CORS);
  } catch (error) {
    console.error(`no personal link: ${error instanceof Error ? error.message : error}`);
    return json(details, 200, CORS);
  }
}

/** The database decides who may enter, and tells refusals in its own words. */
async function asCaller(rpc: Rpc, sessionId: unknown): Promise<Details> {
  try {
    // Left out, it would be said that there is no such function.
    return await rpc("join_session", { session_id: sessionId ?? null }) as Details;
  } catch (error) {
    if (error instanceof RpcError && error.status < 500) throw new DatabaseRefusal(error);
    throw error;
  }
}

/** The refusal as PostgREST would have answered it. */
class DatabaseRefusal extends Refusal {
  constructor({ status, code, message, detail, hint }: RpcError) {
    super(status, message, {}, { code, message, details: detail, hint });
  }
}

async function personalLink(
  sessionId: string,
  userId: string,
  tools: MeetingTools,
): Promise<string | null> {
  const known = await tools.rpc("personal_link", {
    session_id: sessionId,
    user_id: userId,
  }) as PersonalLink | null;
  if (known?.meeting_id == null || known.link !== null) return known?.link ?? null;
  const issued = await tools.platforms(known.platform).personalLink({
    userId,
    fullName: known.full_name,
    email: known.email,
    isHost: known.is_host,
    account: known.account,
    externalId: known.external_id,
    endTime: known.end_time,
  });
  if (issued === null || issued.participantKey === null) return issued?.link ?? null;
  return await tools.rpc("save_personal_link", {
    meeting_id: known.meeting_id,
    user_id: userId,
    participant_key: issued.participantKey,
    link: issued.link,
  }) as string;
}

function bearer(request: Request): string {
  const [kind, token] = (request.headers.get("Authorization") ?? "").split(" ");
  if (kind.toLowerCase() !== "bearer" || !token) throw new Refusal(401, "A token is missing");
  return token;
}

/** Whose token it is. The database has accepted its signature by now: join_session was called with it. */
function subject(token: string): string {
  const payload = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
  const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
  const { sub } = parseObject(bytes);
  return `${sub}`;
}
