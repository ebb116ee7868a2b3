/** What Supabase and `supabase secrets set` tell a function. */

type Environment = Record<string, string | undefined>;

/** A setting that the function cannot do without; its absence stops the start and is logged. */
export function required(name: string, environment: Environment = Deno.env.toObject()): string {
  const value = environment[name];
  if (!value) throw new Error(`${name} is missing; set it with supabase secrets set`);
  return value;
}

/** The project's API key for the rights of whoever calls. */
export function publishableKey(environment: Environment = Deno.env.toObject()): string {
  return apiKey(environment, "SUPABASE_PUBLISHABLE_KEYS", "SUPABASE_ANON_KEY");
}

/** The project's API key for the rights of the service. */
export function secretKey(environment: Environment = Deno.env.toObject()): string {
  return apiKey(environment, "SUPABASE_SECRET_KEYS", "SUPABASE_SERVICE_ROLE_KEY");
}

/**
 * Keys that a project has made come by name, in JSON; every project starts with the name "default".
 * The one before them, a token, is set even where the project has disabled it, so it comes second.
 */
function apiKey(environment: Environment, named: string, legacy: string): string {
  const key = keys(environment[named] || "{}", named).default || environment[legacy];
  if (typeof key !== "string") {
    throw new Error(`${named} has no key "default", nor is there ${legacy}`);
  }
  return key;
}

function keys(json: string, name: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(json));
  } catch {
    throw new Error(`${name} is not JSON`);
  }
}
