// Loads the dashboard's scripts as the page does, as one program, but without main.js and without a document.
import { readFileSync } from "node:fs";
import vm from "node:vm";

const page = new URL("../../../../../dialflo_pipeline/serve/dashboard/page/", import.meta.url);
const SCRIPTS = ["data.js", "rates.js", "words.js", "elements.js", "charts.js", "selection.js", "panels.js"];

/** The text of all scripts, main.js included. */
export const everyScript = () => [...SCRIPTS, "main.js"].map((name) => readFileSync(new URL(name, page), "utf8")).join("\n");

/** The named functions and constants of the scripts; `extra` are globals that a browser would have. */
export function load(names, extra = {}) {
  const globals = { URL, URLSearchParams, Blob, Response, DecompressionStream, atob, ResizeObserver: class {}, ...extra };
  const program = SCRIPTS.map((name) => readFileSync(new URL(name, page), "utf8")).join("\n");
  return vm.runInNewContext(`${program}\n({ ${names.join(", ")} })`, globals);
}

/** A copy from the other context, comparable with deepEqual. */
export const plain = (value) => JSON.parse(JSON.stringify(value));

/** A table as it is packed: text columns as an index into their distinct values, others as they are. */
export function table(columns, coded = []) {
  const encode = (name, values) => {
    if (!coded.includes(name)) return { at: values };
    const of = [...new Set(values)];
    return { at: values.map((value) => of.indexOf(value)), of };
  };
  const rows = Object.values(columns)[0].length;
  return { rows, columns: Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, encode(name, values)])) };
}
