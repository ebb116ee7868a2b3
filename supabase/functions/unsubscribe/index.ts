import { rpcOver } from "../_shared/database.ts";
import { required } from "../_shared/environment.ts";
import { answering } from "../_shared/http.ts";
import { serveUnsubscribe } from "../_shared/unsubscribe.ts";

const rpc = rpcOver({
  url: required("SUPABASE_URL"),
  apiKey: required("SUPABASE_SERVICE_ROLE_KEY"),
});

Deno.serve(answering((request) => serveUnsubscribe(request, rpc)));
