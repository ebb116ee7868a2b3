import { Refusal, stringify } from "./http.ts";

/** Calls a function of the database's API and returns what it returns. */
export type Rpc = (name: string, args: Record<string, unknown>) => Promise<unknown>;

/** The database's refusal, as PostgREST tells it: the status and the SQLSTATE with its sentences. */
export class RpcError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly detail: string | null,
    readonly hint: string | null,
  ) {
    super(message);
  }
}

/** How to reach the API, and as whom. */
export interface Api {
  readonly url: string;
  readonly apiKey: string;
  /** Whose rights count, if not the key's: the token of a signed-in user. */
  readonly token?: string;
  readonly fetch?: typeof fetch;
  /** Milliseconds after which an answer is no longer waited for. */
  readonly timeout?: number;
}

/** Calls functions through PostgREST; a refusal is thrown as an RpcError. */
export function rpcOver(api: Api): Rpc {
  const send = api.fetch ?? fetch;
  return async (name, args) => {
    const response = await send(`${api.url}/rest/v1/rpc/${name}`, {
      method: "POST",
      headers: {
        apikey: api.apiKey,
        ...authorization(api),
        "Content-Type": "application/json",
      },
      body: stringify(args),
      signal: AbortSignal.timeout(api.timeout ?? 30_000),
    });
    const body = await response.text();
    if (response.ok) return body === "" ? null : JSON.parse(body);
    throw refusal(response.status, body);
  };
}

/**
 * Calls one for a webhook. An argument that the database cannot take, now or later, is refused with
 * 400 (SQLSTATE class 22: a bad argument, or a text that is no time or number of the type's).
 */
export async function demand(
  rpc: Rpc,
  name: string,
  args: Record<string, unknown>,
): Promise<void> {
  try {
    await rpc(name, args);
  } catch (error) {
    if (error instanceof RpcError && error.code.startsWith("22")) {
      throw new Refusal(400, error.message);
    }
    throw error;
  }
}

/** An API key of today is no token, and refused as one: the gateway reads its rights off `apikey`. */
function authorization({ token, apiKey }: Api): Record<string, string> {
  const bearer = token ?? (apiKey.split(".").length === 3 ? apiKey : undefined);
  return bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` };
}

function refusal(status: number, body: string): RpcError {
  try {
    const { code, message, details, hint } = JSON.parse(body);
    return new RpcError(status, code ?? "", message ?? "", details ?? null, hint ?? null);
  } catch {
    return new RpcError(status, "", `the API answers ${status}`, null, null);
  }
}
