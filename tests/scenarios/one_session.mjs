// One session as a frontend in the browser plays it, with the real supabase-js.
// Arguments: URL, key, password, course, batch, mentor. Prints what everybody saw as JSON.
import { createClient } from "@supabase/supabase-js";

const [url, key, password, course, batch, mentor] = process.argv.slice(2);

const signIn = async (name) => {
  const client = createClient(url, key, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  if (name !== "visitor") {
    const { error } = await client.auth.signInWithPassword({
      email: `${name}@campus.test`,
      password,
    });
    if (error) throw error;
  }
  return client;
};
const [ada, marta, sam, otto, visitor] = await Promise.all(
  ["ada", "marta", "sam", "otto", "visitor"].map(signIn),
);

const refusal = ({ status, error }) => ({ status, code: error?.code, message: error?.message });
const inMinutes = (minutes) => new Date(Date.now() + minutes * 60_000).toISOString();
const form = {
  title: "Office hours",
  course_id: course,
  batch_id: batch,
  mentor_id: mentor,
  start_time: inMinutes(10),
  timezone: "Europe/Berlin",
  link: "https://zoom.us/j/123456789",
  zoom_passcode: "secure123",
};

const blank = await ada.from("success_sessions").insert({ ...form, title: " " }).select().single();
const created = await ada.from("success_sessions").insert(form).select().single();
const { id } = created.data;
const again = await ada.from("success_sessions").insert(form).select().single();
const byStudent = await sam.from("success_sessions").insert(form);

const calendar = (client) =>
  client.from("segmented_weekly_success_sessions").select("title, status, can_join, courses(name)")
    .eq("id", id);
const calendars = {};
for (const [name, client] of Object.entries({ sam, otto, marta })) {
  calendars[name] = (await calendar(client)).data;
}

const joined = await sam.rpc("join_session", { session_id: id });
const hidden = await otto.rpc("join_session", { session_id: id });
const left = await sam.rpc("leave_session", { session_id: id });
const attendance = await marta.from("session_attendance").select("student_id, status").eq(
  "session_id",
  id,
);

await ada.from("success_sessions").update({ status: "cancelled", cancel_reason: "Ill" }).eq(
  "id",
  id,
);
const afterwards = await sam.rpc("join_session", { session_id: id });

console.log(JSON.stringify({
  blank: refusal(blank),
  created: {
    status: created.status,
    passcode: created.data.zoom_passcode,
    minutes: (new Date(created.data.end_time) - new Date(created.data.start_time)) / 60_000,
  },
  again: { ...refusal(again), details: again.error?.details },
  byStudent: refusal(byStudent),
  calendars,
  visitor: refusal(await calendar(visitor)),
  joined: {
    link: joined.data.link,
    passcode: joined.data.passcode,
    attendance: joined.data.attendance_status,
  },
  hidden: refusal(hidden),
  left: left.data.left_at !== null,
  attendance: attendance.data,
  afterwards: { ...refusal(afterwards), details: afterwards.error?.details },
  calendarAfterwards: (await calendar(sam)).data,
  id,
}));
