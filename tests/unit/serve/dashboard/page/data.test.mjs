import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { load, plain, table } from "./load.mjs";

const { ALL, addUp, chosen, total, unpack, valueIn } = load(["ALL", "addUp", "chosen", "total", "unpack", "valueIn"]);

const calls = table(
  { call_date: [1, 2, 2, 3], agent_name: ["Asha", "Asha", null, "Ravi"], campaign: ["a", "b", "b", "b"], calls: [5, 7, 11, 13] },
  ["agent_name", "campaign"],
);
const everything = { agent: ALL, campaign: ALL, from: 1, to: 3 };
const select = (part, of = undefined) => plain(chosen(calls, { ...everything, ...part }, of));

test("unpack reads gzipped JSON in base64", async () => {
  const packed = gzipSync(JSON.stringify({ tables: { a: [1, "ü"] } })).toString("base64");
  assert.deepEqual(plain(await unpack(packed)), { tables: { a: [1, "ü"] } });
});

test("unpack rejects damaged data", async () => {
  await assert.rejects(unpack(Buffer.from("not gzip").toString("base64")));
});

test("a value is decoded if its column lists its distinct values", () => {
  assert.equal(valueIn(calls, "agent_name", 3), "Ravi");
  assert.equal(valueIn(calls, "agent_name", 2), null);
  assert.equal(valueIn(calls, "calls", 1), 7);
});

test("without filters all rows are chosen", () => assert.deepEqual(select({}), [0, 1, 2, 3]));

test("both ends of the days count", () => {
  assert.deepEqual(select({ from: 2, to: 3 }), [1, 2, 3]);
  assert.deepEqual(select({ from: 2, to: 2 }), [1, 2]);
  assert.deepEqual(select({ from: 4, to: 9 }), []);
});

test("agent and campaign are combined", () => {
  assert.deepEqual(select({ agent: "Asha" }), [0, 1]);
  assert.deepEqual(select({ campaign: "b" }), [1, 2, 3]);
  assert.deepEqual(select({ agent: "Asha", campaign: "b" }), [1]);
});

test("an agent without a name can be chosen, an unknown one matches nothing", () => {
  assert.deepEqual(select({ agent: null }), [2]);
  assert.deepEqual(select({ agent: "Nobody" }), []);
});

test("parts that a panel does not follow are ignored", () => {
  assert.deepEqual(select({ agent: "Asha", from: 3 }, ["agent"]), [0, 1]);
  const days = table({ call_date: [1, 2] });
  assert.deepEqual(plain(chosen(days, { ...everything, agent: "Asha", from: 2 })), [1]);
});

test("sums are grouped in order of first appearance", () => {
  assert.deepEqual(plain(addUp(calls, [1, 2, 3], ["calls"], ["campaign"])), [{ calls: 31, campaign: "b" }]);
  assert.deepEqual(plain(addUp(calls, [3, 0, 1], ["calls"], ["agent_name"])), [
    { calls: 13, agent_name: "Ravi" },
    { calls: 12, agent_name: "Asha" },
  ]);
});

test("a total of no rows is zero", () => {
  assert.deepEqual(plain(total(calls, [0, 3], ["calls"])), { calls: 18 });
  assert.deepEqual(plain(total(calls, [], ["calls"])), { calls: 0 });
});
