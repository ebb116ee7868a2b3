/** What every function does alike: reading and writing JSON, refusing, reading a body without trusting it. */

/** The answer to a request that is not to be served; its text is shown to the caller. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly headers: Record<string, string> = {},
    readonly body: Record<string, unknown> = { message },
  ) {
    super(message);
  }
}

export type Handler = (request: Request) => Response | Promise<Response>;

/** An answer in JSON. */
export function json(body: unknown, status = 200, headers: HeadersInit = {}): Response {
  return Response.json(body, { status, headers });
}

/**
 * JSON that Postgres and Zoom take. Names are cut off in the middle of an emoji, and then hold half
 * of it; refused for that, a whole report would be lost. NUL is no character of Postgres' either.
 */
export function stringify(value: unknown): string {
  return JSON.stringify(
    value,
    (_, part) => typeof part === "string" ? part.toWellFormed().replaceAll("\0", "\ufffd") : part,
  );
}

/**
 * A handler whose refusals are answers, and whose failures are a 503 that tells nothing: who calls
 * (a vendor's webhook, the notifier) comes again. The log says what happened.
 *
 * @param headers What goes with every such answer.
 */
export function answering(handler: Handler, headers: Record<string, string> = {}): Handler {
  return async (request) => {
    try {
      return await handler(request);
    } catch (error) {
      if (error instanceof Refusal) {
        return json(error.body, error.status, { ...headers, ...error.headers });
      }
      console.error(error instanceof Error ? `${error.name}: ${error.message}` : "failed");
      return json({ message: "Not now; try again later" }, 503, headers);
    }
  };
}

/** Refuses every method but those named. */
export function allow(request: Request, ...methods: string[]): void {
  if (!methods.includes(request.method)) {
    throw new Refusal(405, `Use ${methods.join(" or ")}`, { Allow: methods.join(", ") });
  }
}

/**
 * The raw bytes of a body. Reading ends with the first byte too many, whatever Content-Length says.
 */
export async function readBody(
  request: Request,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.byteLength;
    if (length > maxBytes) {
      throw new Refusal(413, `The body is larger than ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  const body = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return body;
}

/** The object that the bytes hold as JSON in UTF-8. */
export function parseObject(body: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch {
    // What is wrong with it is the sender's to find; quoting it would be an echo of anything.
  }
  throw new Refusal(400, "The body is not a JSON object");
}
