import { rpcOver } from "../_shared/database.ts";
import { publishableKey, required, secretKey } from "../_shared/environment.ts";
import { meetings } from "../_shared/meetings.ts";
import { platforms } from "../_shared/platforms/registry.ts";

const url = required("SUPABASE_URL");
const callersKey = publishableKey();

const tools = {
  workKey: required("MEETINGS_WORK_KEY"),
  platforms: platforms(Deno.env.toObject()),
  rpc: rpcOver({ url, apiKey: secretKey() }),
  rpcAs: (token: string) => rpcOver({ url, apiKey: callersKey, token }),
  now: () => new Date(),
};

Deno.serve(meetings(tools));
