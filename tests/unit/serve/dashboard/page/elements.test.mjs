import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

/** As much of a document as `make` uses. */
class Element {
  constructor(tag) {
    Object.assign(this, { tag, attributes: {}, children: [] });
  }
  setAttribute(name, value) {
    this.attributes[name] = value;
  }
  append(...children) {
    this.children.push(...children);
  }
}
const { make, webLink } = load(["make", "webLink"], { document: { createElement: (tag) => new Element(tag) } });

test("attributes without a value are left out, true ones are empty", () => {
  const { attributes } = make("td", { class: null, title: undefined, hidden: false, required: true, "data-value": 0 });
  assert.deepEqual({ ...attributes }, { required: "", "data-value": 0 });
});

test("children that are missing are left out, empty text stays", () => {
  assert.deepEqual([...make("p", {}, "a", null, undefined, "").children], ["a", ""]);
});

test("only web addresses become links", () => {
  for (const address of ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "ftp://a/b", "https:", "", null, "a b"]) {
    assert.equal(webLink(address, "Listen", "Recording"), "Listen", String(address));
  }
});

test("a link opens apart and passes nothing on", () => {
  const { tag, attributes, children } = webLink("https://example.com/a b", "Listen", "Recording");
  assert.equal(tag, "a");
  assert.equal(attributes.href, "https://example.com/a%20b");
  assert.equal(attributes.rel, "noopener noreferrer");
  assert.deepEqual([...children], ["Listen"]);
});
