import { rpcOver } from "../_shared/database.ts";
import { required, secretKey } from "../_shared/environment.ts";
import { answering } from "../_shared/http.ts";
import { serveUnsubscribe } from "../_shared/unsubscribe.ts";

const rpc = rpcOver({
  url: required("SUPABASE_URL"),
  apiKey: secretKey(),
});

Deno.serve(answering((request) => serveUnsubscribe(request, rpc)));
