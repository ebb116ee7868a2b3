/** What the rest knows of a meeting platform. */

/** Reads a platform's webhooks. */
export interface WebhookReader {
  /** Refuses, with 401, whatever the platform has not signed within the last minutes. */
  verify(headers: Headers, body: Uint8Array, now: Date): Promise<void>;

  /** The answer to a question that is about the webhook itself; null for news of a meeting. */
  challenge(payload: Record<string, unknown>): Promise<Record<string, unknown> | null>;
}
