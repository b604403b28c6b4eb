import assert from "node:assert/strict";
import { test } from "node:test";
import { load, plain } from "./load.mjs";

const { bounded, rate, wilsonHigh, wilsonLow } = load(["bounded", "rate", "wilsonHigh", "wilsonLow"]);

/** The textbook form of the Wilson score interval, written differently from the page's. */
function wilson(successes, trials) {
  const z = 1.959963984540054;
  const share = successes / trials;
  const centre = share + z ** 2 / (2 * trials);
  const spread = z * Math.sqrt((share * (1 - share)) / trials + z ** 2 / (4 * trials ** 2));
  return [(centre - spread) / (1 + z ** 2 / trials), (centre + spread) / (1 + z ** 2 / trials)];
}

test("a rate without trials is unknown", () => {
  assert.deepEqual(plain(bounded(0, 0)), { rate: null, low: null, high: null });
  assert.equal(rate(0, null), null);
});

test("bounds are those of the Wilson interval", () => {
  for (const [successes, trials] of [[1, 2], [3, 10], [50, 100], [999, 1000], [123_456, 1_000_000]]) {
    const [low, high] = wilson(successes, trials);
    assert.ok(Math.abs(wilsonLow(successes, trials) - low) < 1e-12, `${successes}/${trials}`);
    assert.ok(Math.abs(wilsonHigh(successes, trials) - high) < 1e-12, `${successes}/${trials}`);
  }
});

test("bounds stay within 0 and 1, and around the rate", () => {
  for (const trials of [1, 2, 7, 1000]) {
    for (const successes of [0, 1, trials]) {
      const { rate: found, low, high } = bounded(successes, trials);
      assert.ok(low >= 0 && low <= found && found <= high && high <= 1, `${successes}/${trials}`);
    }
  }
  assert.equal(wilsonLow(0, 5), 0);
  assert.equal(wilsonHigh(5, 5), 1);
});
