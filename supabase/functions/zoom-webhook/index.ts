import { rpcOver } from "../_shared/database.ts";
import { required, secretKey } from "../_shared/environment.ts";
import { answering } from "../_shared/http.ts";
import { zoomWebhook } from "../_shared/platforms/zoom_webhook.ts";
import { receive } from "../_shared/webhook.ts";

const tools = {
  platform: "zoom",
  reader: zoomWebhook(required("ZOOM_WEBHOOK_SECRET_TOKEN")),
  rpc: rpcOver({
    url: required("SUPABASE_URL"),
    apiKey: secretKey(),
    // Zoom waits for three seconds, and comes again.
    timeout: 2_500,
  }),
  now: () => new Date(),
};

Deno.serve(answering((request) => receive(request, tools)));
