import { rpcOver } from "../_shared/database.ts";
import { required } from "../_shared/environment.ts";
import { meetings } from "../_shared/meetings.ts";
import { platforms } from "../_shared/platforms/registry.ts";

const url = required("SUPABASE_URL");
const anonKey = required("SUPABASE_ANON_KEY");

const tools = {
  workKey: required("MEETINGS_WORK_KEY"),
  platforms: platforms(Deno.env.toObject()),
  rpc: rpcOver({ url, apiKey: required("SUPABASE_SERVICE_ROLE_KEY") }),
  rpcAs: (token: string) => rpcOver({ url, apiKey: anonKey, token }),
  now: () => new Date(),
};

Deno.serve(meetings(tools));
