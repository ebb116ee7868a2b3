// A frontend's first minute with the real supabase-js. Arguments: URL, key, address, password. Prints what it saw as JSON.
import { createClient } from "@supabase/supabase-js";

const [url, key, email, password] = process.argv.slice(2);
const client = createClient(url, key, { auth: { persistSession: false, autoRefreshToken: false } });

const wrong = await client.auth.signInWithPassword({ email, password: "wrong" });
const signedIn = await client.auth.signInWithPassword({ email, password });
const user = await client.auth.getUser();
const profile = await client.from("profiles").select("full_name").eq("id", user.data.user?.id)
  .single();
const refreshed = await client.auth.refreshSession();
const signedOut = await client.auth.signOut();

console.log(JSON.stringify({
  wrongPassword: wrong.error?.code,
  signedInAs: signedIn.data.user?.email,
  userIs: user.data.user?.email,
  fullName: profile.data?.full_name,
  refreshed: refreshed.error?.message ?? "yes",
  refreshTokenChanged:
    refreshed.data.session?.refresh_token !== signedIn.data.session?.refresh_token,
  signedOut: signedOut.error?.message ?? "yes",
}));
