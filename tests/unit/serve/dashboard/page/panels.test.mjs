import assert from "node:assert/strict";
import { test } from "node:test";
import { load, plain, table } from "./load.mjs";

const { ALL, AGES, backlogOf, dayList, everyDay } = load(["ALL", "AGES", "backlogOf", "dayList", "everyDay"]);
const DAY_MS = 86_400_000;

function backlog(rows) {
  const names = ["agent_name", "campaign", "reason", "contacts", "since", "due_at", "stale_at", "is_stopped", "is_exhausted"];
  const usual = { agent_name: "Asha", campaign: "a", reason: "no_answer", contacts: 1, since: 0, due_at: 0, stale_at: null, is_stopped: false, is_exhausted: false };
  const columns = Object.fromEntries(names.map((name) => [name, rows.map((row) => ({ ...usual, ...row })[name])]));
  return { backlog: table(columns, ["agent_name", "campaign"]) };
}

const states = (...rows) => plain(backlogOf(backlog(rows), { agent: ALL, campaign: ALL, from: 0, to: 0 })).map((row) => row.state);

test("the state of a contact follows the order of the rules", () => {
  const now = Date.now();
  const [past, future] = [now - DAY_MS, now + DAY_MS];
  assert.deepEqual(states({ due_at: past }, { due_at: future }), ["due", "waiting"]);
  assert.deepEqual(states({ stale_at: past }, { stale_at: future }), ["stale", "due"]);
  assert.deepEqual(states({ stale_at: past, is_exhausted: true }), ["exhausted"]);
  assert.deepEqual(states({ is_exhausted: true, is_stopped: true }), ["stopped"]);
});

test("the age of a contact is in full days", () => {
  const now = Date.now();
  const ages = plain(backlogOf(backlog([{ since: now - 2.9 * DAY_MS }, { since: now + DAY_MS }]), { agent: ALL, campaign: ALL, from: 0, to: 0 }));
  assert.deepEqual(ages.map((row) => row.age), [2, 0]);
});

test("the bands of ages leave no gap", () => {
  for (const [place, [from]] of AGES.slice(1).entries()) assert.equal(from, AGES[place][1] + 1);
  assert.equal(AGES.at(-1)[1], Number.POSITIVE_INFINITY);
});

test("many days are shortened in a sentence", () => {
  const days = (length) => dayList(Array.from({ length }, (_, place) => ({ call_date: place })));
  assert.equal(days(4), "1 Jan, 2 Jan, 3 Jan, 4 Jan");
  assert.equal(days(5), "1 Jan, 2 Jan, 3 Jan and 2 more days");
});

test("days without rows are blank, so that a line breaks there", () => {
  const blank = (day) => ({ call_date: day, rate: null });
  const row = (day) => ({ call_date: day, rate: 0.5 });
  assert.deepEqual(plain(everyDay([row(3), row(1)], blank)), [row(1), blank(2), row(3)]);
  assert.deepEqual(plain(everyDay([], blank)), []);
  assert.equal(everyDay([row(0), row(5_000)], blank).length, 2);
});
