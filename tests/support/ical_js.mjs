// Reads iCalendar objects, a JSON array of texts on standard input, as the programs do that are built on ical.js
// (Thunderbird, Nextcloud). Writes the events of each; a recurring one as its occurrences.
import ICAL from "ical.js";

const texts = JSON.parse(await new Response(process.stdin).text());
console.log(JSON.stringify(texts.map(read)));

function read(text) {
  const calendar = new ICAL.Component(ICAL.parse(text));
  ICAL.TimezoneService.reset();
  for (const timezone of calendar.getAllSubcomponents("vtimezone")) {
    ICAL.TimezoneService.register(timezone);
  }
  const components = calendar.getAllSubcomponents("vevent");
  return components.flatMap((component) => {
    const exceptions = components.filter((other) =>
      other !== component && other.hasProperty("recurrence-id") &&
      other.getFirstPropertyValue("uid") === component.getFirstPropertyValue("uid")
    );
    const event = new ICAL.Event(component, { strictExceptions: true });
    if (!event.isRecurring()) {
      // An exception is shown in the place of its occurrence, below.
      const isShown = component.hasProperty("recurrence-id") &&
        components.some((other) => new ICAL.Event(other).isRecurring());
      return isShown ? [] : [shown(event, event)];
    }
    exceptions.forEach((exception) => event.relateException(exception));
    const occurrences = [];
    const dates = event.iterator();
    for (let date = dates.next(); date; date = dates.next()) {
      const occurrence = event.getOccurrenceDetails(date);
      occurrences.push(shown(occurrence.item, occurrence));
    }
    return occurrences;
  });
}

function shown(event, { startDate, endDate }) {
  const { component } = event;
  return {
    uid: event.uid,
    sequence: event.sequence,
    start: startDate.toJSDate().toISOString(),
    end: endDate.toJSDate().toISOString(),
    summary: event.summary,
    description: event.description,
    url: component.getFirstPropertyValue("url"),
    status: component.getFirstPropertyValue("status"),
    attendees: event.attendees.map((attendee) => attendee.getFirstValue()),
    alarms: component.getAllSubcomponents("valarm").map((alarm) =>
      alarm.getFirstPropertyValue("trigger").toSeconds()
    ),
  };
}
