"use strict";
// The data of the page: unpack rows, filter them, add them up. Knows nothing of charts or elements.

const ALL = Symbol("all");

async function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

/** The value of a column in a row: a text, a boolean, or the encoded number. */
function valueIn(table, name, row) {
  const column = table.columns[name];
  return column.of ? column.of[column.at[row]] : column.at[row];
}

/** The indexes of the rows that match a selection, by the parts of it this table has columns for. */
function chosen(table, selection, parts = ["days", "agent", "campaign"]) {
  const { call_date: days, agent_name: agents, campaign: campaigns } = table.columns;
  const follows = (part, column) => column && parts.includes(part);
  const place = (column, value) => column.of.indexOf(value);
  const agent = follows("agent", agents) && selection.agent !== ALL ? place(agents, selection.agent) : null;
  const campaign = follows("campaign", campaigns) && selection.campaign !== ALL ? place(campaigns, selection.campaign) : null;
  const [from, to] = follows("days", days) ? [selection.from, selection.to] : [-Infinity, Infinity];
  const rows = [];
  for (let row = 0; row < table.rows; row++) {
    if (agent !== null && agents.at[row] !== agent) continue;
    if (campaign !== null && campaigns.at[row] !== campaign) continue;
    if (days && (days.at[row] < from || days.at[row] > to)) continue;
    rows.push(row);
  }
  return rows;
}

/** Sums of columns over rows, grouped by other columns, in order of first appearance. */
function addUp(table, rows, names, by = []) {
  const groups = new Map();
  const keys = by.map((name) => table.columns[name]);
  const columns = names.map((name) => table.columns[name].at);
  for (const row of rows) {
    const key = keys.map((column) => column.at[row]).join();
    let group = groups.get(key);
    if (!group) {
      group = Object.fromEntries(names.map((name) => [name, 0]));
      for (const name of by) group[name] = valueIn(table, name, row);
      groups.set(key, group);
    }
    for (let place = 0; place < names.length; place++) group[names[place]] += columns[place][row];
  }
  return [...groups.values()];
}

/** Sums of columns over rows, zero without rows. */
function total(table, rows, names) {
  return addUp(table, rows, names)[0] ?? Object.fromEntries(names.map((name) => [name, 0]));
}
