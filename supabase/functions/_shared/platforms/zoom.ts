/**
 * Zoom's REST API by a server-to-server OAuth app, as developers.zoom.us/docs/api describes it.
 *
 * Scopes: see docs/operations.md, "Have platforms make meetings".
 */

import { stringify } from "../http.ts";
import { base64 } from "../signatures.ts";
import { text } from "./fields.ts";
import {
  type Issued,
  type Made,
  type Meeting,
  type MeetingPlatform,
  type Person,
  PlatformError,
  type Report,
  type Stay,
} from "./platform.ts";

/** How to reach Zoom, and as whom. */
export interface ZoomSettings {
  readonly accountId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly apiUrl: string;
  readonly oauthUrl: string;
  readonly fetch: typeof fetch;
  readonly now: () => Date;
}

/** Well below the lease of a task, of which several may follow each other. */
const TIMEOUT_MS = 8_000;

/** A token is used until a minute before its end. */
const TOKEN_MARGIN_MS = 60_000;

/** No limit of Zoom's lasts longer. */
const LONGEST_WAIT_MS = 24 * 60 * 60_000;

/** Of 300 each: no meeting has so many participants, and no host so many meetings. */
const MOST_PAGES = 100;

const NO_SUCH_MEETING = 3001;

type Fields = Record<string, unknown>;

/** What Zoom answered that is not a success. */
class ZoomRefusal extends PlatformError {
  constructor(readonly code: number, readonly status: number, message: string) {
    super(`Zoom answers ${status}: ${message}`);
  }
}

/** The platform `zoom`. */
export function zoom(settings: ZoomSettings): MeetingPlatform {
  const api = new Api(settings);
  return {
    async create(meeting) {
      const path = `/users/${encodeURIComponent(meeting.account)}/meetings`;
      return made(await api.send("POST", path, { ...body(meeting), type: 2 }));
    },

    async find(account, meetingId) {
      const found: Fields[] = [];
      const path = `/users/${encodeURIComponent(account)}/meetings?type=scheduled&page_size=300`;
      for await (const page of api.pages(path)) {
        const meetings = page.meetings as Fields[] | undefined ?? [];
        // The list cuts descriptions off, but not before the mark, which comes first.
        found.push(...meetings.filter(({ agenda }) => `${agenda}`.startsWith(mark(meetingId))));
      }
      // The list knows no passcodes.
      return await Promise.all(
        found.map(async ({ id }) => made(await api.send("GET", `/meetings/${id}`))),
      );
    },

    async update(externalId, meeting) {
      await api.send("PATCH", `/meetings/${externalId}`, body(meeting));
    },

    async remove(_account, externalId) {
      await known(api.send("DELETE", `/meetings/${externalId}`));
    },

    async reports(externalId) {
      const starts = await instances(api, externalId);
      const reports: Report[] = [];
      for (const { uuid } of starts) {
        const told = await known(report(api, `${uuid}`));
        if (told !== null) reports.push(told);
      }
      return { reports, isComplete: starts.length > 0 && reports.length === starts.length };
    },

    async personalLink(person) {
      return person.isHost ? await hostLink(api, person) : await registrantLink(api, person);
    },
  };
}

/** Before the description, so that a meeting is found again by it; see `find`. */
function mark(meetingId: string): string {
  return `[${meetingId}]`;
}

function body(meeting: Meeting): Fields {
  const milliseconds = Date.parse(meeting.endTime) - Date.parse(meeting.startTime);
  const { waiting_room, mute_upon_entry, auto_recording } = meeting.platformData;
  return {
    topic: meeting.title,
    agenda: `${mark(meeting.meetingId)} ${meeting.description ?? ""}`.trim().slice(0, 2000),
    start_time: new Date(meeting.startTime).toISOString().replace(/\.\d+/, ""),
    duration: Math.ceil(milliseconds / 60_000),
    timezone: meeting.timezone,
    settings: {
      // Registration, without Zoom's own mails: it makes a link for each person, by which webhooks
      // and the report tell who came. Those we register are approved with it; whoever fills in the
      // form behind the meeting's link, with anybody's name and address, waits for the host.
      approval_type: 1,
      registrants_confirmation_email: false,
      registrants_email_notification: false,
      allow_multiple_devices: true,
      ...(waiting_room === undefined ? {} : { waiting_room }),
      ...(mute_upon_entry === undefined ? {} : { mute_upon_entry }),
      ...(auto_recording === undefined ? {} : { auto_recording }),
    },
  };
}

function made(answer: Fields): Made {
  const [externalId, link] = [text(answer, "id"), text(answer, "join_url")];
  if (!externalId || !link) throw new PlatformError("Zoom's answer lacks the meeting's id or link");
  return { externalId, link, passcode: text(answer, "password") ?? null };
}

/** The start link lasts for two hours only, so it is fetched whenever the host enters. */
async function hostLink(api: Api, person: Person): Promise<Issued | null> {
  const link = text(await api.send("GET", `/meetings/${person.externalId}`), "start_url");
  return link === undefined ? null : { link, participantKey: null };
}

async function registrantLink(api: Api, person: Person): Promise<Issued | null> {
  if (person.email === null) return null;
  const [first, ...others] = person.fullName.trim().split(/\s+/);
  const answer = await api.send("POST", `/meetings/${person.externalId}/registrants`, {
    email: person.email,
    first_name: (first || person.email).slice(0, 64),
    last_name: others.join(" ").slice(0, 64),
    auto_approve: true,
  });
  const [link, participantKey] = [text(answer, "join_url"), text(answer, "registrant_id")];
  return link === undefined || participantKey === undefined ? null : { link, participantKey };
}

/** Each time that a meeting was started and ended has a report of its own. */
async function instances(api: Api, externalId: string): Promise<Fields[]> {
  const answer = await known(api.send("GET", `/past_meetings/${externalId}/instances`));
  return answer?.meetings as Fields[] | undefined ?? [];
}

/**
 * Null where Zoom knows nothing of it. So it answers about reports that it has not written yet, and
 * ever after about meetings that fewer than two came to.
 */
async function known<Answer>(answer: Promise<Answer>): Promise<Answer | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ZoomRefusal && error.code === NO_SUCH_MEETING) return null;
    throw error;
  }
}

async function report(api: Api, uuid: string): Promise<Report> {
  // Twice, because one that begins with a slash or has two of them would be read as a path.
  const path = `/report/meetings/${encodeURIComponent(encodeURIComponent(uuid))}`;
  const head = await api.send("GET", path);
  const stays: Stay[] = [];
  const pages = api.pages(`${path}/participants?page_size=300&include_fields=registrant_id`);
  for await (const page of pages) {
    const rows = page.participants as Fields[] | undefined ?? [];
    stays.push(...rows.filter(isStay).map(stay));
  }
  return { reportId: uuid, startedAt: `${head.start_time}`, endedAt: `${head.end_time}`, stays };
}

/**
 * Whoever waits is not there yet; being let in begins a row of its own. Whoever went before they
 * came was not there either, and one such row would have the whole report refused.
 */
function isStay({ status, join_time: joined, leave_time: left }: Fields): boolean {
  const isInOrder = typeof joined === "string" && typeof left === "string" && joined <= left;
  return status !== "in_waiting_room" && isInOrder;
}

function stay(participant: Fields): Stay {
  return {
    joined_at: `${participant.join_time}`,
    left_at: `${participant.leave_time}`,
    participant_key: text(participant, "customer_key") ?? text(participant, "registrant_id") ??
      null,
    participant_email: text(participant, "user_email") ?? null,
    participant_name: text(participant, "name") ?? null,
    connection_id: text(participant, "user_id") ?? null,
  };
}

interface Token {
  readonly value: string;
  /** In milliseconds since 1970. */
  expires: number;
}

class Api {
  /** One for all requests: Zoom may end a token when it gives out another. */
  #token: Promise<Token> = Promise.resolve({ value: "", expires: 0 });

  constructor(readonly settings: ZoomSettings) {}

  /** One request; the object that it is answered with, empty for an answer without a body. */
  async send(method: string, path: string, json?: Fields): Promise<Fields> {
    const response = await this.#authorized(method, path, json);
    const answer = fields(await response.text());
    if (response.ok) return answer;
    if (response.status === 429) throw limited(response, answer, this.settings.now());
    const message = text(answer, "message") ?? "no reason";
    throw new ZoomRefusal(Number(answer.code), response.status, message.slice(0, 300));
  }

  /** All pages of a list. */
  async *pages(path: string): AsyncGenerator<Fields> {
    let next = "";
    for (let pages = 0; pages < MOST_PAGES; pages += 1) {
      const page = await this.send("GET", `${path}${next}`);
      yield page;
      const token = text(page, "next_page_token");
      if (token === undefined) return;
      next = `&next_page_token=${encodeURIComponent(token)}`;
    }
    throw new PlatformError("Zoom's list has no end");
  }

  async #authorized(method: string, path: string, json?: Fields): Promise<Response> {
    for (const isLast of [false, true]) {
      const token = await this.#currentToken();
      const response = await this.#fetch(`${this.settings.apiUrl}/v2${path}`, {
        method,
        headers: { Authorization: `Bearer ${token.value}`, "Content-Type": "application/json" },
        body: json && stringify(json),
      });
      if (response.status !== 401 || isLast) return response;
      // Revoked before its time.
      token.expires = 0;
    }
    throw new Error("unreachable: the last attempt returns");
  }

  async #currentToken(): Promise<Token> {
    const known = this.#token;
    const token = await known.catch(() => null);
    if (token !== null && token.expires > this.settings.now().getTime()) return token;
    // Others that saw it, too, have asked for the next by now, or wait for this one.
    if (this.#token === known) this.#token = this.#newToken();
    return await this.#token;
  }

  async #newToken(): Promise<Token> {
    const { accountId, clientId, clientSecret, oauthUrl, now } = this.settings;
    const query = new URLSearchParams({ grant_type: "account_credentials", account_id: accountId });
    const response = await this.#fetch(`${oauthUrl}/oauth/token?${query}`, {
      method: "POST",
      headers: {
        Authorization: `Basic ${base64(new TextEncoder().encode(`${clientId}:${clientSecret}`))}`,
      },
    });
    const answer = fields(await response.text());
    const value = text(answer, "access_token");
    if (!response.ok || value === undefined) {
      throw new PlatformError(`Zoom does not let the app sign in (${response.status})`);
    }
    const lifetime = Number(answer.expires_in) * 1000 || 0;
    return { value, expires: now().getTime() + lifetime - TOKEN_MARGIN_MS };
  }

  async #fetch(
    url: string,
    request: RequestInit & { headers: Record<string, string> },
  ): Promise<Response> {
    try {
      const response = await this.settings.fetch(url, {
        ...request,
        // On a connection that was used before, fetch by itself sends a POST twice when the other
        // side closes without an answer: a second meeting that nobody knows of.
        headers: { ...request.headers, Connection: "close" },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      // Read here: an answer can break off, or be late, after its beginning, too.
      return new Response(await response.text() || null, response);
    } catch (error) {
      const isLate = error instanceof DOMException && error.name === "TimeoutError";
      throw new PlatformError(isLate ? "Zoom does not answer" : "Zoom cannot be reached");
    }
  }
}

function fields(body: string): Fields {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === "object" && value !== null) return value as Fields;
  } catch {
    // An error page of something in between.
  }
  return {};
}

/** The limit of the day is told by the message; the headers that are documented for it may be missing. */
function limited(response: Response, answer: Fields, now: Date): PlatformError {
  const retryAfter = response.headers.get("Retry-After") ?? "";
  const seconds = Number(retryAfter);
  const at = Number.isNaN(seconds)
    ? new Date(retryAfter)
    : new Date(now.getTime() + seconds * 1000);
  const wait = at.getTime() - now.getTime();
  // At once, or in the past by a clock that is ahead, would be asking without a pause.
  const retryAt = wait > 0 && wait <= LONGEST_WAIT_MS ? at : undefined;
  const isDaily = response.headers.get("X-RateLimit-Type") === "Daily-limit" ||
    /daily/i.test(text(answer, "message") ?? "");
  return isDaily
    ? new PlatformError("Zoom takes no more changes of this host's meetings today", retryAt, true)
    : new PlatformError("Zoom takes no more requests at the moment", retryAt);
}
