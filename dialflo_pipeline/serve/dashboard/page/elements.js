// Building blocks of the page. Text from calls is only ever inserted as text, and only web addresses become links.

/** @param {ParentNode} within */
const find = (selector, within = document) => within.querySelector(selector);

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

function webLink(address, text, label) {
  let url = null;
  try {
    url = new URL(address);
  } catch {
    return text;
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") return text;
  return make("a", { href: url.href, target: "_blank", rel: "noopener noreferrer", "aria-label": label }, text);
}

/**
 * Show rows as a table. A column is {head, text(row)}, with value(row) for the exact number behind the text, `number` to
 * align it right, and `cell(row)` for an element instead of the text. The first column names the row.
 */
function showTable(box, caption, columns, rows, openEnd = false) {
  const side = (column) => (column.number ? "number" : null);
  const head = make("tr", {}, ...columns.map((column) => make("th", { scope: "col", class: side(column) }, column.head)));
  const cell = (column, row, place) => {
    const attributes = { class: side(column), "data-value": column.value ? (column.value(row) ?? "") : null };
    const content = column.cell ? column.cell(row) : column.text(row);
    return place ? make("td", attributes, content) : make("th", { scope: "row", ...attributes }, content);
  };
  const body = rows.map((row) => make("tr", {}, ...columns.map((column, place) => cell(column, row, place))));
  const table = make("table", {}, make("caption", {}, caption), make("thead", {}, head), make("tbody", {}, ...body));
  const attributes = { class: openEnd ? "scroll open-end" : "scroll", role: "region", tabindex: "0", "aria-label": caption };
  box.replaceChildren(make("div", attributes, table));
}

const rateColumns = (name, successes, trials) => [
  { head: name, number: true, value: (row) => rate(row[successes], row[trials]), text: (row) => percent(rate(row[successes], row[trials])) },
  { head: "95% from", number: true, value: (row) => wilsonLow(row[successes], row[trials]), text: (row) => percent(wilsonLow(row[successes], row[trials])) },
  { head: "to", number: true, value: (row) => wilsonHigh(row[successes], row[trials]), text: (row) => percent(wilsonHigh(row[successes], row[trials])) },
];

const countColumn = (head, name) => ({ head, number: true, value: (row) => row[name], text: (row) => count(row[name]) });

function legend(box, entries) {
  const swatch = (color) => {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [name, value] of [["width", "12"], ["height", "12"], ["aria-hidden", "true"]]) svg.setAttribute(name, value);
    for (const [name, value] of [["width", "12"], ["height", "12"], ["rx", "2"], ["fill", color]]) rect.setAttribute(name, value);
    svg.append(rect);
    return svg;
  };
  box.replaceChildren(...entries.map(([color, text]) => make("span", {}, swatch(color), text)));
}
