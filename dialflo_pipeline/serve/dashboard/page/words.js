// How values are formatted: numbers, shares, days, times, names. English, whatever the browser's language.

const DAY_MS = 86_400_000;
const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MEANINGS = { yes: "interested", no: "not interested", unknown: "unclear", none: "nothing said" };

const wholeNumber = new Intl.NumberFormat("en");
const oneDigit = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const dayFormat = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", day: "numeric", month: "short", year: "numeric" });
const shortDayFormat = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", day: "numeric", month: "short" });

const count = (value) => (value === null ? "–" : wholeNumber.format(value));
const percent = (value) => (value === null ? "–" : `${oneDigit.format(value * 100)}%`);
const roundPercent = (value) => (value === null ? "–" : `${Math.round(value * 100)}%`);
const bounds = ({ low, high }) => (low === null ? "–" : `${oneDigit.format(low * 100)}–${oneDigit.format(high * 100)}%`);
const plural = (value, one, many = `${one}s`) => `${count(value)} ${value === 1 ? one : many}`;

const asDate = (day) => new Date(day * DAY_MS);
const dayText = (day) => dayFormat.format(asDate(day));
const shortDay = (day) => shortDayFormat.format(asDate(day));
const isoDay = (day) => asDate(day).toISOString().slice(0, 10);
const dayOf = (iso) => Math.round(Date.parse(`${iso}T00:00:00Z`) / DAY_MS);
const weekdayText = (day) => WEEKDAYS[(((day + 3) % 7) + 7) % 7];

const agentText = (name) => name ?? "(no name)";
const outcomeText = (name) => (name ?? "unknown").replaceAll("_", " ");
const shortened = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

function timeFormat(zone) {
  /** @type {Intl.DateTimeFormatOptions} */
  const options = { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" };
  try {
    return new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone });
  } catch {
    return new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" });
  }
}

function ago(ms) {
  const minutes = Math.max(0, Math.round((Date.now() - ms) / 60_000));
  if (minutes < 90) return plural(minutes, "minute");
  return minutes < 48 * 60 ? plural(Math.round(minutes / 60), "hour") : plural(Math.round(minutes / 1440), "day");
}

function lengthText(seconds) {
  if (seconds === null) return "–";
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
