/**
 * What the rest knows of a meeting platform. To add one, implement the two interfaces beside the
 * others here and name it in registry.ts; docs/extending.md shows it step by step.
 */

/** News of a meeting, as the database is told of it. */
export type MeetingEvent =
  | {
    readonly kind: "join" | "leave";
    readonly eventId: string;
    readonly meetingId: string;
    readonly at: string;
    /** What tells who it is: a key that we handed out, or the user's id. */
    readonly participantKey?: string;
    readonly email?: string;
    readonly name?: string;
    /** Tells a person's devices apart. */
    readonly connectionId?: string;
  }
  | {
    readonly kind: "end";
    readonly eventId: string;
    readonly meetingId: string;
    readonly at: string;
  }
  | {
    readonly kind: "recording";
    readonly eventId: string;
    readonly meetingId: string;
    readonly at: string;
    readonly url: string;
    readonly title?: string;
    readonly minutes?: number;
  };

/** Reads a platform's webhooks. */
export interface WebhookReader {
  /** Refuses, with 401, whatever the platform has not signed within the last minutes. */
  verify(headers: Headers, body: Uint8Array, now: Date): Promise<void>;

  /** The answer to a question that is about the webhook itself; null for news of a meeting. */
  challenge(payload: Record<string, unknown>): Promise<Record<string, unknown> | null>;

  /** What it says of a meeting; null for what nobody here needs to know. Refuses, with 400, what is
   * not as the platform documents it. */
  translate(payload: Record<string, unknown>): MeetingEvent | null;
}

/** A meeting that is to be at the platform as it is here: a row of `meeting_task`. */
export interface Meeting {
  /** Ours, and what it is found again by at the platform. */
  readonly meetingId: string;
  /** What the platform calls the account it runs on. */
  readonly account: string;
  readonly title: string;
  readonly description: string | null;
  readonly startTime: string;
  readonly endTime: string;
  readonly timezone: string;
  readonly platformData: Record<string, unknown>;
}

/** A meeting that is at the platform. */
export interface Made {
  readonly externalId: string;
  readonly link: string;
  readonly passcode: string | null;
}

/** Who is to enter, and where. */
export interface Person {
  readonly userId: string;
  readonly fullName: string;
  readonly email: string | null;
  readonly isHost: boolean;
  readonly account: string;
  readonly externalId: string;
  readonly endTime: string;
}

/** A link for one person. */
export interface Issued {
  readonly link: string;
  /** What the platform will call the person; null for a link that does not last and is not kept. */
  readonly participantKey: string | null;
}

/** Who was there from one start of a meeting to its end. */
export interface Report {
  readonly reportId: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly stays: readonly Stay[];
}

/** All there is to hear of a meeting after it. */
export interface Reports {
  readonly reports: readonly Report[];
  /** Whether nothing more is to come: the platform may not have written all of them yet. */
  readonly isComplete: boolean;
}

export interface Stay {
  readonly joined_at: string;
  readonly left_at: string;
  readonly participant_key: string | null;
  readonly participant_email: string | null;
  readonly participant_name: string | null;
  readonly connection_id: string | null;
}

/** Makes meetings at a platform. Every method throws a PlatformError when it cannot. */
export interface MeetingPlatform {
  create(meeting: Meeting): Promise<Made>;
  /** Those made for this meeting of ours, whoever knows of it. */
  find(account: string, meetingId: string): Promise<Made[]>;
  update(externalId: string, meeting: Meeting): Promise<void>;
  /** That it is gone already is no error. */
  remove(account: string, externalId: string): Promise<void>;
  /** None, and complete, where the platform has no reports. */
  reports(externalId: string): Promise<Reports>;
  /** Null: this person has none, and enters by the meeting's own link. */
  personalLink(person: Person): Promise<Issued | null>;
}

/** Why something could not be done at a platform; the message is shown to managers and the host. */
export class PlatformError extends Error {
  /**
   * @param retryAt When it is worth another try; otherwise after a growing pause.
   * @param isAccountFull The account's changes of the day are used up.
   */
  constructor(message: string, readonly retryAt?: Date, readonly isAccountFull = false) {
    super(message);
  }
}
