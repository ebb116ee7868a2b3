import { rpcOver } from "../_shared/database.ts";
import { required, secretKey } from "../_shared/environment.ts";
import { answering } from "../_shared/http.ts";
import { mailWebhook } from "../_shared/mail_webhook.ts";

const secret = required("RESEND_WEBHOOK_SECRET");
const rpc = rpcOver({
  url: required("SUPABASE_URL"),
  apiKey: secretKey(),
});

Deno.serve(answering((request) => mailWebhook(request, { secret, rpc, now: () => new Date() })));
