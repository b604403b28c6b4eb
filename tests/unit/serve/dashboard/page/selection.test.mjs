import assert from "node:assert/strict";
import { test } from "node:test";
import { load, plain, table } from "./load.mjs";

function form({ agents = ["Asha", "Ravi"], from = "2026-01-01", to = "2026-01-31" } = {}) {
  const select = (name, texts) => ({
    name, value: "", options: [{ value: "", textContent: `All ${name}s` }, ...texts.map((text, place) => ({ value: String(place), textContent: text }))],
    get selectedOptions() {
      return this.options.filter((option) => option.value === this.value);
    },
  });
  const day = (name, value) => ({ name, value, min: from, max: to });
  return { elements: { agent: select("agent", agents), campaign: select("campaign", ["Spring"]), from: day("from", from), to: day("to", to) } };
}

function page(hash = "") {
  const browser = { location: { hash }, history: { replaceState: (_state, _title, address) => Object.assign(browser.location, { hash: address }) } };
  return { browser, ...load(["dayOf", "differentValues", "keep", "restore"], browser) };
}

test("distinct values are sorted over all tables, null last", () => {
  const { differentValues } = page();
  const first = table({ agent_name: ["Ravi", null, "Asha"] }, ["agent_name"]);
  const other = table({ agent_name: ["Émile", "Asha"] }, ["agent_name"]);
  assert.deepEqual(plain(differentValues([first, other, table({ calls: [1] })], "agent_name")), ["Asha", "Émile", "Ravi", null]);
});

test("the address keeps what differs from the default", () => {
  const { browser, dayOf, keep } = page();
  const shown = form();
  keep(shown, dayOf("2026-01-01"), dayOf("2026-01-31"));
  assert.equal(browser.location.hash, "#");
  shown.elements.agent.value = "1";
  shown.elements.from.value = "2026-01-10";
  keep(shown, dayOf("2026-01-01"), dayOf("2026-01-31"));
  assert.equal(browser.location.hash, "#agent=Ravi&from=2026-01-10");
});

test("filters work where a browser does not allow changing the address", () => {
  const { dayOf } = page();
  const refusing = load(["keep"], { history: { replaceState: () => { throw new Error("not allowed"); } } });
  assert.doesNotThrow(() => refusing.keep(form(), dayOf("2026-01-01"), dayOf("2026-01-31")));
});

test("a kept address is restored", () => {
  const { restore } = page("#agent=Ravi&campaign=Spring&from=2026-01-10&to=2026-01-20");
  const shown = form();
  restore(shown);
  const { agent, campaign, from, to } = shown.elements;
  assert.deepEqual([agent.value, campaign.value, from.value, to.value], ["1", "0", "2026-01-10", "2026-01-20"]);
});

test("what the data does not have is not restored", () => {
  const { restore } = page("#agent=Gone&from=2025-01-01&to=tomorrow");
  const shown = form();
  restore(shown);
  const { agent, from, to } = shown.elements;
  assert.deepEqual([agent.value, from.value, to.value], ["", "2026-01-01", "2026-01-31"]);
});
