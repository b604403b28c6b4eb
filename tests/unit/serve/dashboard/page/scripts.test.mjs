// The linter sees one file at a time and cannot know which functions the others use.
import assert from "node:assert/strict";
import { test } from "node:test";
import { everyScript } from "./load.mjs";

test("every function and constant of the scripts is used", () => {
  const text = everyScript();
  const names = [...text.matchAll(/^(?:async )?(?:function|const) ([A-Za-z_]\w*)/gm)].map(([, name]) => name);
  assert.ok(names.length > 40);
  const isUsed = (name) => [...text.matchAll(new RegExp(`\\b${name}\\b`, "g"))].length > 1;
  assert.deepEqual(names.filter((name) => !isUsed(name)), []);
});

test("no name is declared twice at the top level", () => {
  const names = [...everyScript().matchAll(/^(?:async )?(?:function|const) ([A-Za-z_]\w*)/gm)].map(([, name]) => name);
  assert.deepEqual(names.filter((name, place) => names.indexOf(name) !== place), []);
});
