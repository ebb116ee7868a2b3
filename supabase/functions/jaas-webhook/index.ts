import { rpcOver } from "../_shared/database.ts";
import { required, secretKey } from "../_shared/environment.ts";
import { answering } from "../_shared/http.ts";
import { jaasWebhook } from "../_shared/platforms/jaas_webhook.ts";
import { receive } from "../_shared/webhook.ts";

const tools = {
  platform: "jaas",
  reader: jaasWebhook(required("JAAS_WEBHOOK_SECRET")),
  rpc: rpcOver({
    url: required("SUPABASE_URL"),
    apiKey: secretKey(),
    timeout: 2_500,
  }),
  now: () => new Date(),
};

Deno.serve(answering((request) => receive(request, tools)));
