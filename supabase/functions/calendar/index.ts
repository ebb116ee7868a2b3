import { serveFeed } from "../_shared/calendar.ts";
import { rpcOver } from "../_shared/database.ts";
import { publishableKey, required } from "../_shared/environment.ts";
import { answering } from "../_shared/http.ts";

const rpc = rpcOver({ url: required("SUPABASE_URL"), apiKey: publishableKey() });

Deno.serve(answering((request) => serveFeed(request, rpc)));
