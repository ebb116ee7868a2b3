import { required } from "../_shared/environment.ts";
import { answering } from "../_shared/http.ts";
import { zoomWebhook } from "../_shared/platforms/zoom_webhook.ts";
import { receive } from "../_shared/webhook.ts";

const reader = zoomWebhook(required("ZOOM_WEBHOOK_SECRET_TOKEN"));

Deno.serve(answering((request) => receive(request, { reader, now: () => new Date() })));
