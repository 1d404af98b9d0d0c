// The editor of business hours: what stands in its fields becomes the JSON of one hidden field.
import { soon } from "./preview.js";

const at = (shift, kind) => shift.querySelector(`[data-time="${kind}"]`);
const shifts = (place) => [...place.querySelectorAll("[data-shift]")].map((shift) => ({ from: at(shift, "from").value, to: at(shift, "to").value }));

/** A time as people write it, spelled as the API does: `9` and `930` are `09:00` and `09:30`. */
function spelled(text) {
  const written = text.normalize("NFKC").trim();
  const parts = /^(\d{1,2})(?::?(\d{2}))?$/.exec(written);
  return parts ? `${parts[1].padStart(2, "0")}:${parts[2] ?? "00"}` : written;
}

/** The hours that the form shows; null for always. */
function read(form) {
  if (form.querySelector('[name="kind"]:checked')?.value !== "week") return null;
  const week = {};
  for (const day of form.querySelectorAll("[data-day]")) {
    const of = shifts(day);
    if (of.length) week[day.dataset.day] = of;
  }
  const holidays = [...form.querySelectorAll("[data-holiday]")].map((day) => ({
    date: day.querySelector("[data-date]").value, name: day.querySelector("[data-name]").value, shifts: shifts(day),
  }));
  return { time_zone: form.querySelector("[data-hours-zone]").value, week, holidays };
}

function note(form) {
  form.querySelector('[name="hours"]').value = JSON.stringify(read(form));
  soon(form);
}

const copy = (form, name) => form.querySelector(`template[${name}]`).content.firstElementChild.cloneNode(true);

function add(form, day, from, to) {
  const row = copy(form, "data-shift-template");
  const place = day.querySelector("[data-shifts]");
  const last = [...place.querySelectorAll('[data-time="to"]')].pop()?.value;
  if (!from && last && last < "23:00") {
    // A second shift begins an hour after the first has ended.
    const hour = Number(last.slice(0, 2)) + 1;
    from = `${String(hour).padStart(2, "0")}:${last.slice(3)}`;
    to = hour < 18 ? "18:00" : "24:00";
  }
  if (from) { at(row, "from").value = from; at(row, "to").value = to; }
  place.append(row);
  return row;
}

const acts = {
  hoursAdd: (form, button) => add(form, button.closest("[data-day], [data-holiday]")).querySelector("[data-time]").focus(),
  hoursWhole: (form, button) => {
    const day = button.closest("[data-day], [data-holiday]");
    day.querySelector("[data-shifts]").replaceChildren();
    add(form, day, "00:00", "24:00");
  },
  hoursDrop: (form, button) => {
    const day = button.closest("[data-day], [data-holiday]");
    button.closest("[data-shift]").remove();
    day.querySelector("[data-hours-add]").focus();
  },
  hoursHoliday: (form) => {
    const row = copy(form, "data-holiday-template");
    form.querySelector("[data-holiday-rows]").append(row);
    row.querySelector("[data-date]").focus();
  },
  hoursPublic: (form, button) => {
    const listed = new Set([...form.querySelectorAll("[data-holiday] [data-date]")].map((field) => field.value));
    for (const [day, name] of JSON.parse(button.dataset.hoursPublic).filter(([day]) => !listed.has(day))) {
      const row = copy(form, "data-holiday-template");
      row.querySelector("[data-date]").value = day;
      row.querySelector("[data-name]").value = name;
      form.querySelector("[data-holiday-rows]").append(row);
    }
  },
  hoursForget: (form, button) => {
    button.closest("[data-holiday]").remove();
    form.querySelector("[data-hours-holiday]").focus();
  },
  hoursCopy: (form, button) => {
    const from = form.querySelector('[data-day="monday"]');
    const weekdays = ["tuesday", "wednesday", "thursday", "friday"];
    const days = button.dataset.hoursCopy === "all" ? [...weekdays, "saturday", "sunday"] : weekdays;
    for (const name of days) {
      const day = form.querySelector(`[data-day="${name}"]`);
      day.querySelector("[data-shifts]").replaceChildren();
      for (const { from: start, to } of shifts(from)) add(form, day, start, to);
    }
  },
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("form[data-hours] button");
  const act = button && Object.keys(acts).find((name) => name in button.dataset);
  if (!act) return;
  acts[act](button.form, button);
  note(button.form);
});
for (const kind of ["input", "change"]) {
  document.addEventListener(kind, (event) => {
    const form = event.target.closest("form[data-hours]");
    if (kind === "change" && event.target.dataset?.time) event.target.value = spelled(event.target.value);
    if (form) note(form);
  });
}
