// Entry point: unpacks the data, sets up the filters and draws every panel for the selection.

/** @returns {any[]} One object per row, its values by column name. */
function rowsAsObjects(table) {
  return Array.from({ length: table.rows }, (_, row) => Object.fromEntries(Object.keys(table.columns).map((name) => [name, valueIn(table, name, row)])));
}

/** @returns {any} The form of the filters; `elements` has its inputs by name. */
function filterForm() {
  return document.getElementById("filters");
}

function say(text) {
  const message = document.getElementById("message");
  message.textContent = text;
  message.hidden = false;
}

function showHead(about, tables) {
  const time = timeFormat(about.timezone);
  const asOf = document.getElementById("as-of");
  if (about.as_of === null) asOf.textContent = "No data yet";
  else asOf.replaceChildren("Data as of ", make("strong", {}, time.format(about.as_of)), ` (${about.timezone}), ${ago(about.as_of)} ago`);
  const state = document.getElementById("state");
  const open = rowsAsObjects(tables.freshness).filter((row) => !row.is_complete);
  const waiting = about.unsettled + about.pending;
  const parts = [waiting && `${plural(waiting, "task")} without a final answer yet`, about.failed && `${plural(about.failed, "task")} failed`].filter(Boolean);
  state.classList.add(parts.length ? "warn" : "good");
  state.textContent = parts.length ? `Not complete: ${parts.join(", ")}${open.length ? ` (${dayList(open)})` : ""}` : "Complete: every task has a final answer";
  state.hidden = !about.tasks;
}

/** Name the tasks that failed or were not found, with the reason. */
function showLost(table) {
  const list = document.getElementById("lost");
  list.replaceChildren(...rowsAsObjects(table).map((row) => make("li", {}, lostText(row))));
  list.hidden = table.rows === 0;
}

/** @param {{ [k: string]: any }} row */
function lostText({ state, reason, tasks, examples }) {
  const more = tasks - examples.split(", ").length;
  return `${plural(tasks, "task")} ${state === "failed" ? "failed" : "not found"} (${reason}): ${examples}${more > 0 ? ` and ${count(more)} more` : ""}`;
}

function showShown(selection, first, about) {
  const form = filterForm();
  const days = selection.from === selection.to ? dayText(selection.from) : `${dayText(selection.from)} to ${dayText(selection.to)}`;
  const older = about.first_day !== null && first > about.first_day ? ` Older days, from ${dayText(about.first_day)} on, are in the warehouse only.` : "";
  document.getElementById("shown").textContent = `${textOf(form.elements.agent)}, ${textOf(form.elements.campaign).replace(/^All/, "all")}, ${days}.${older}`;
}

function showAbout(about) {
  const lines = [
    `Made by dialflo-pipeline ${about.version} from the warehouse published on ${timeFormat(about.timezone).format(about.published_at)} (${about.timezone}).`,
    `This file holds counts by day, agent and campaign, and single calls with agent, campaign, ${about.is_masked ? "masked phone numbers" : "phone numbers"}, outcome, interest status, next action, task id and the link to the recording, and some ids of tasks that failed or were not found. It holds no transcripts and no summaries, and loads nothing from the network.`,
    "Bounds are 95% Wilson intervals, computed from the filtered counts.",
  ];
  document.getElementById("about").replaceChildren(...lines.map((line) => make("p", {}, line)));
}

async function main() {
  const { about: given, tables } = await unpack(document.getElementById("data").textContent);
  const about = { ...given, ...rowsAsObjects(tables.about)[0] };
  showHead(about, tables);
  showLost(tables.lost_tasks);
  showAbout(about);
  if (!about.calls) {
    say(about.tasks ? "No calls yet: tasks are registered, but none has an answer with a call." : "No calls yet. Register task ids with `dialflo tasks add`, then run `dialflo sync`.");
    return;
  }
  const perDay = [tables.funnel, tables.interest, tables.freshness, tables.backlog_days];
  const days = perDay.flatMap((table) => table.columns.call_date.at);
  const [first, last] = days.reduce(([low, high], day) => [Math.min(low, day), Math.max(high, day)], [Infinity, -Infinity]);
  const known = [tables.funnel, tables.interest, tables.backlog_days, tables.coverage, tables.calls];
  const form = filterForm();
  const main = document.getElementById("figures");
  form.hidden = main.hidden = false;
  const offered = { agents: differentValues(known, "agent_name"), campaigns: differentValues(known, "campaign"), first, last };
  setUpFilters(form, offered, (selection) => {
    showShown(selection, first, about);
    showTiles(tables, selection);
    for (const show of [showCompleteness, showFunnel, showRates, showNumbers, showHours, showInterest, showBacklog, showBurndown, showCoverage, showCalls]) {
      show(tables, selection, about);
    }
  });
  performance.measure("drawn", { start: 0 });
  document.documentElement.dataset.ready = "yes";
}

main().catch((error) => {
  say(typeof DecompressionStream === "undefined" ? "This browser is too old for this page. Use one from 2023 or later." : `The page could not be drawn: ${error.message}`);
});
