import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const names = ["ago", "agentText", "bounds", "count", "dayOf", "dayText", "isoDay", "lengthText", "outcomeText", "percent", "plural",
  "roundPercent", "shortened", "timeFormat", "weekdayText"];
const words = load(names);

test("unknown values are a dash, never zero", () => {
  for (const text of [words.count(null), words.percent(null), words.roundPercent(null), words.bounds({ low: null, high: null }), words.lengthText(null)]) {
    assert.equal(text, "–");
  }
});

test("numbers and shares are in English", () => {
  assert.equal(words.count(1_234_567), "1,234,567");
  assert.equal(words.percent(0.1234), "12.3%");
  assert.equal(words.percent(1), "100.0%");
  assert.equal(words.roundPercent(0.126), "13%");
  assert.equal(words.bounds({ low: 0.1, high: 0.25 }), "10.0–25.0%");
});

test("plurals follow the count", () => {
  assert.equal(words.plural(1, "day"), "1 day");
  assert.equal(words.plural(0, "day"), "0 days");
  assert.equal(words.plural(2, "more day", "more days"), "2 more days");
});

test("days are counted from 1970 in UTC, and back", () => {
  for (const iso of ["1969-12-31", "1970-01-01", "2024-02-29", "2026-12-31"]) assert.equal(words.isoDay(words.dayOf(iso)), iso);
  assert.equal(words.dayText(words.dayOf("2024-02-29")), "29 Feb 2024");
  assert.ok(Number.isNaN(words.dayOf("")));
});

test("weekdays are right before and after 1970", () => {
  assert.equal(words.weekdayText(0), "Thu");
  assert.equal(words.weekdayText(-1), "Wed");
  assert.equal(words.weekdayText(words.dayOf("2026-01-31")), "Sat");
});

test("names that are missing have a text", () => {
  assert.equal(words.agentText(null), "(no name)");
  assert.equal(words.agentText(""), "");
  assert.equal(words.outcomeText(null), "unknown");
  assert.equal(words.outcomeText("not_connected"), "not connected");
});

test("long labels are cut to their width", () => {
  assert.equal(words.shortened("12345", 5), "12345");
  assert.equal(words.shortened("123456", 5), "1234…");
});

test("lengths are minutes and seconds", () => {
  assert.equal(words.lengthText(0), "0:00");
  assert.equal(words.lengthText(59.6), "1:00");
  assert.equal(words.lengthText(3_601), "60:01");
});

test("ages are in minutes, hours, then days", () => {
  const minutes = (value) => words.ago(Date.now() - value * 60_000);
  assert.equal(minutes(-5), "0 minutes");
  assert.equal(minutes(1), "1 minute");
  assert.equal(minutes(90), "2 hours");
  assert.equal(minutes(48 * 60), "2 days");
});

test("an unknown time zone falls back to UTC", () => {
  assert.equal(words.timeFormat("Asia/Kolkata").format(0), "1 Jan 1970, 05:30");
  assert.equal(words.timeFormat("Mars/Olympus").format(0), "1 Jan 1970, 00:00");
});
