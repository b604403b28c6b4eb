// The panels: each turns the filtered rows into figures, a sentence, a chart and a table.

const FUNNEL = [
  ["dialled_calls", "Dialled"], ["answered_calls", "Answered"], ["engaged_calls", "Engaged"],
  ["interested_calls", "Interested"], ["action_calls", "Next step"], ["converted_calls", "Converted"],
];
const STEPS = FUNNEL.map(([name]) => name);
const STATES = [
  ["due", "due now"], ["waiting", "not due yet"], ["exhausted", "attempts used up"],
  ["stale", "too old"], ["stopped", "asked not to be called"],
];
const AGES = [[0, 0], [1, 1], [2, 2], [3, 3], [4, 6], [7, 13], [14, 29], [30, Infinity]];
const TOO_SMALL = 30;
const MOST_LINES = 12;
const MORE_CALLS = 50;

const FLAGS = {
  below_both: "lower than its own past and other numbers",
  below_baseline: "lower than its own past",
  below_peers: "lower than other numbers",
};

const panel = (id) => {
  const section = document.getElementById(id);
  const part = (name) => find(`[data-${name}]`, section);
  return { chart: part("chart"), table: part("table"), note: part("note"), legend: part("legend"), part };
};

function showTiles(tables, selection) {
  const sums = total(tables.funnel, chosen(tables.funnel, selection), STEPS);
  const waiting = backlogOf(tables, selection);
  const due = waiting.filter((row) => row.state === "due").reduce((sum, row) => sum + row.contacts, 0);
  const all = waiting.reduce((sum, row) => sum + row.contacts, 0);
  const of = (part, whole) => bounded(sums[part], sums[whole]);
  const share = (part, whole, text) => {
    const found = of(part, whole);
    return found.rate === null ? "–" : `${percent(found.rate)} ${text} (${bounds(found)})`;
  };
  const tiles = [
    ["Dialled calls", "dialled_calls", sums.dialled_calls, count(sums.dialled_calls), `${count(sums.answered_calls)} answered`],
    ["Answer rate", "answer_rate", of("answered_calls", "dialled_calls").rate, percent(of("answered_calls", "dialled_calls").rate),
      `95%: ${bounds(of("answered_calls", "dialled_calls"))}`],
    ["Interested calls", "interested_calls", sums.interested_calls, count(sums.interested_calls), share("interested_calls", "engaged_calls", "of engaged")],
    ["Converted calls", "converted_calls", sums.converted_calls, count(sums.converted_calls), share("converted_calls", "dialled_calls", "of dialled")],
    ["Contacts to call now", "due", due, count(due), `of ${count(all)} waiting, on any day`],
  ];
  document.getElementById("tiles").replaceChildren(...tiles.map(([name, figure, value, text, detail]) =>
    make("dl", { class: "tile" }, make("dt", {}, name),
      make("dd", { "data-figure": figure, "data-value": value ?? "" }, text), make("dd", { class: "detail" }, detail))));
}

function showCompleteness(tables, selection) {
  const { chart, table, part } = panel("completeness");
  const source = tables.freshness;
  const rows = chosen(source, selection, ["days"]).map((row) => {
    /** @type {any} */
    const day = Object.fromEntries(Object.keys(source.columns).map((name) => [name, valueIn(source, name, row)]));
    const open = day.unsettled_tasks + day.pending_tasks + day.failed_tasks;
    return { ...day, open, done: day.registered_tasks - open };
  });
  const incomplete = rows.filter((row) => !row.is_complete);
  const open = incomplete.reduce((sum, row) => sum + row.open, 0);
  const tasks = rows.reduce((sum, row) => sum + row.registered_tasks, 0);
  const sentence = incomplete.length
    ? `${count(rows.length - incomplete.length)} of ${plural(rows.length, "day")} complete; ${plural(open, "task")} of ${count(tasks)} without a final answer, on ${dayList(incomplete)}.`
    : `All ${plural(rows.length, "day")} complete: ${plural(tasks, "task")}, each with a final answer or not known to the API.`;
  part("finding").textContent = rows.length ? sentence : "No tasks on these days.";
  draw(chart, `Tasks by day. ${sentence}`, (width) => (incomplete.length ? tasksByDay(rows, width) : null), rows.length ? "Nothing outstanding." : "No tasks on these days.");
  showTable(table, "Tasks by day and state", [
    { head: "Day", value: (row) => isoDay(row.call_date), text: (row) => dayText(row.call_date) },
    countColumn("Registered", "registered_tasks"), countColumn("Settled", "settled_tasks"), countColumn("Unsettled", "unsettled_tasks"),
    countColumn("Pending", "pending_tasks"), countColumn("Not found", "not_found_tasks"), countColumn("Failed", "failed_tasks"),
    countColumn("Calls", "calls"), { head: "Complete", text: (row) => (row.is_complete ? "yes" : "no") },
  ], rows.reverse());
}

function dayList(rows) {
  const days = rows.map((row) => shortDay(row.call_date));
  return days.length > 4 ? `${days.slice(0, 3).join(", ")} and ${plural(days.length - 3, "more day", "more days")}` : days.join(", ");
}

function showFunnel(tables, selection, about) {
  const { chart, table, note } = panel("funnel");
  const sums = total(tables.funnel, chosen(tables.funnel, selection), STEPS);
  const steps = FUNNEL.map(([name, text], place) => {
    const before = place ? sums[STEPS[place - 1]] : null;
    return { name: text, step: name, calls: sums[name], before, dialled: sums.dialled_calls, rate: before === null ? null : rate(sums[name], before) };
  });
  // Not every next step is a conversion; both are subsets of the interested calls.
  note.textContent = `Calls that reached each step, and their share of the previous step. Engaged: ${oneDigit.format(about.engaged_seconds).replace(/\.0$/, "")} seconds or longer.` +
    " Next step: agreed on something other than another call. Each call counts: a person called twice counts twice.";
  draw(chart, `Funnel: ${steps.map((step) => `${step.name} ${count(step.calls)}`).join(", ")}.`, (width) => funnelBars(steps, width));
  showTable(table, "Steps from dialling to conversion", [
    { head: "Step", text: (step) => step.name, value: (step) => step.step }, countColumn("Calls", "calls"),
    ...rateColumns("Of previous step", "calls", "before"), ...rateColumns("Of dialled", "calls", "dialled"),
  ], steps);
}

function showRates(tables, selection) {
  const { chart, table } = panel("rates");
  const rows = addUp(tables.funnel, chosen(tables.funnel, selection), ["dialled_calls", "answered_calls"], ["call_date"])
    .map((row) => ({ ...row, ...bounded(row.answered_calls, row.dialled_calls) }))
    .sort((one, other) => one.call_date - other.call_date);
  const last = rows.at(-1);
  const openDays = new Set(Array.from({ length: tables.freshness.rows }, (_, row) => row).filter((row) => !valueIn(tables.freshness, "is_complete", row))
    .map((row) => valueIn(tables.freshness, "call_date", row)));
  const sentence = last ? `Answer rate over ${plural(rows.length, "day")}; on the last, ${dayText(last.call_date)}, ${percent(last.rate)} (${bounds(last)}).` : "No calls.";
  draw(chart, sentence, (width) => rateByDay(rows, openDays, width));
  showTable(table, "Answer rate by day", [
    { head: "Day", value: (row) => isoDay(row.call_date), text: (row) => dayText(row.call_date) },
    countColumn("Dialled", "dialled_calls"), countColumn("Answered", "answered_calls"), ...rateColumns("Answer rate", "answered_calls", "dialled_calls"),
  ], [...rows].reverse());
}

function showNumbers(tables, selection) {
  const { chart, table, note } = panel("numbers");
  const flags = new Map(Array.from({ length: tables.number_flags.rows }, (_, row) =>
    [valueIn(tables.number_flags, "from_number_e164", row), FLAGS[valueIn(tables.number_flags, "flag", row)]]));
  const rows = addUp(tables.numbers, chosen(tables.numbers, selection), ["calls", "answered_calls"], ["from_number_e164"])
    .map((row) => ({ ...row, label: row.from_number_e164 ?? "(unreadable)", successes: row.answered_calls, ...bounded(row.answered_calls, row.calls), flag: flags.get(row.from_number_e164) ?? null }))
    .sort((one, other) => other.calls - one.calls || one.label.localeCompare(other.label, "en"));
  const sums = total(tables.numbers, chosen(tables.numbers, selection), ["calls", "answered_calls"]);
  const large = rows.filter((row) => row.calls >= TOO_SMALL);
  const shown = (large.length ? large : rows).slice(0, MOST_LINES);
  const left = rows.length - shown.length;
  note.textContent = `The numbers with the most calls.${left ? ` ${left === 1 ? "One more is" : `${count(left)} more are`} in the table${large.length <= MOST_LINES && large.length ? `, with fewer than ${TOO_SMALL} calls each` : ""}.` : ""}` +
    " Dashed line: all numbers together. Triangle: a lower rate in the number's last seven days than in its own past, or than other numbers; this ignores the filters.";
  draw(chart, `Answer rate of ${plural(shown.length, "caller number")}: ${shown.map((row) => `${row.label} ${percent(row.rate)}`).join(", ")}.`,
    (width) => rateLines(shown, rate(sums.answered_calls, sums.calls), width, Math.min(120, Math.round(width * 0.3))));
  showTable(table, "Answer rate by caller number", [
    { head: "Number", text: (row) => row.label }, countColumn("Dialled", "calls"), countColumn("Answered", "answered_calls"),
    ...rateColumns("Answer rate", "answered_calls", "calls"), { head: "Last seven days", text: (row) => row.flag ?? "" },
  ], rows);
}

function showHours(tables, selection, about) {
  const { table, note } = panel("hours");
  const cells = addUp(tables.hours, chosen(tables.hours, selection), ["calls", "answered_calls"], ["weekday", "hour"])
    .map((cell) => ({ ...cell, ...bounded(cell.answered_calls, cell.calls) }));
  note.textContent = `Share of dialled calls that were answered, with the number dialled (n) below it, by hour in ${about.timezone}. Faint cells have few calls: below ${TOO_SMALL}, do not trust the share. Calls without a known time are left out.`;
  draw(table, "", (width) => (cells.length ? heatMap(cells, width) : null));
}

/** The heat map as a readable table: hours run across where there is room, else down. */
function heatMap(cells, width) {
  const found = new Map(cells.map((cell) => [`${cell.weekday} ${cell.hour}`, cell]));
  const rates = cells.filter((cell) => cell.calls >= TOO_SMALL).map((cell) => cell.rate);
  const range = rates.length ? rates : cells.map((cell) => cell.rate);
  const [low, high] = [Math.min(...range), Math.max(...range)];
  const first = Math.min(...cells.map((cell) => cell.hour));
  const last = Math.max(...cells.map((cell) => cell.hour));
  const hours = Array.from({ length: last - first + 1 }, (_, place) => ({ hour: first + place, text: String(first + place).padStart(2, "0") }));
  const weekdays = WEEKDAYS.map((text, place) => ({ weekday: place + 1, text }));
  const isWide = width >= 44 + hours.length * 40;
  const [across, down] = isWide ? [hours, weekdays] : [weekdays, hours];
  const head = make("tr", {}, make("th", { scope: "col" }, isWide ? "Day" : "Hour"), ...across.map(({ text }) => make("th", { scope: "col" }, text)));
  const body = down.map((row) => make("tr", {}, make("th", { scope: "row" }, row.text), ...across.map((column) => {
    const { weekday, hour } = { ...row, ...column };
    return heatCell(found.get(`${weekday} ${hour}`), low, high);
  })));
  const caption = make("caption", {}, `Answer rate by weekday and hour; a deeper colour is a higher rate, from ${roundPercent(low)} to ${roundPercent(high)}`);
  return make("table", { class: "heat" }, caption, make("thead", {}, head), make("tbody", {}, ...body));
}

function heatCell(cell, low, high) {
  if (!cell) return make("td", {});
  const element = make("td", {
    class: cell.calls < TOO_SMALL ? "small" : null, "data-cell": `${cell.weekday} ${cell.hour}`, "data-value": cell.rate,
    "data-calls": cell.calls, "data-answered": cell.answered_calls,
    title: `${percent(cell.rate)} (${bounds(cell)}): ${count(cell.answered_calls)} of ${plural(cell.calls, "call")}`,
  }, make("b", {}, roundPercent(cell.rate)), make("small", {}, `n ${count(cell.calls)}`));
  const height = high > low ? Math.min(1, Math.max(0, (cell.rate - low) / (high - low))) : 0.5;
  const weight = Math.min(1, cell.calls / TOO_SMALL) ** 2;
  element.style.background = `color-mix(in oklab, var(--heat) ${Math.round(100 * (0.06 + 0.94 * height) * weight)}%, var(--card))`;
  return element;
}

function showInterest(tables, selection) {
  const { chart, table, legend: box } = panel("interest");
  const chosenRows = chosen(tables.interest, selection);
  const statuses = addUp(tables.interest, chosenRows, ["calls"], ["agent_name", "interest_status", "interested"]);
  const agents = new Map();
  for (const row of statuses) {
    const agent = agents.get(row.agent_name) ?? { agent_name: row.agent_name, label: agentText(row.agent_name), calls: 0, counts: {} };
    const meaning = row.interested ?? "none";
    agent.calls += row.calls;
    agent.counts[meaning] = (agent.counts[meaning] ?? 0) + row.calls;
    agents.set(row.agent_name, agent);
  }
  const parts = [["yes", "var(--yes)"], ["unknown", "var(--unknown)"], ["none", "var(--silent)"], ["no", "var(--no)"]];
  const sorted = [...agents.values()].sort((one, other) => other.calls - one.calls || one.label.localeCompare(other.label, "en"));
  const shown = sorted.slice(0, MOST_LINES);
  legend(box, parts.map(([meaning, color]) => [color, MEANINGS[meaning]]));
  if (sorted.length > shown.length) box.append(make("span", {}, `The ${MOST_LINES} agents with the most calls, of ${count(sorted.length)}; the table has all.`));
  draw(chart, `Interest by agent: ${shown.map((agent) => `${agent.label} ${percent(rate(agent.counts.yes ?? 0, agent.calls))} interested`).join(", ")}.`,
    (width) => shareBars(shown, parts, width));
  const rows = statuses.map((row) => ({ ...row, answered_calls: agents.get(row.agent_name).calls }))
    .sort((one, other) => agentText(one.agent_name).localeCompare(agentText(other.agent_name), "en") || other.calls - one.calls);
  showTable(table, "Interest of answered calls by agent and status", [
    { head: "Agent", text: (row) => agentText(row.agent_name) }, { head: "Status as sent", text: (row) => row.interest_status },
    { head: "Counts as", text: (row) => MEANINGS[row.interested ?? "none"] }, countColumn("Calls", "calls"), countColumn("Of answered", "answered_calls"),
    ...rateColumns("Share", "calls", "answered_calls"),
  ], rows);
}

/** The waiting contacts, each kind with its current age and state, by the rules of marts.redial_backlog. */
function backlogOf(tables, selection) {
  const now = Date.now();
  return chosen(tables.backlog, selection).map((row) => {
    const value = (name) => valueIn(tables.backlog, name, row);
    const stale = value("stale_at");
    const state = value("is_stopped") ? "stopped" : value("is_exhausted") ? "exhausted" : stale !== null && now > stale ? "stale" : now < value("due_at") ? "waiting" : "due";
    return { agent_name: value("agent_name"), reason: value("reason"), contacts: value("contacts"), state, age: Math.max(0, Math.floor((now - value("since")) / DAY_MS)) };
  });
}

function showBacklog(tables, selection, about) {
  const { chart, table, note, legend: box } = panel("backlog");
  const waiting = backlogOf(tables, selection);
  const bands = AGES.map(([from, to]) => ({ from, to, label: from === to ? String(from) : to === Infinity ? `${from}+` : `${from}–${to}` }));
  const counted = (rows) => rows.reduce((sum, row) => sum + row.contacts, 0);
  const totals = bands.map((band) => {
    const inBand = waiting.filter((row) => row.age >= band.from && row.age <= band.to);
    const states = Object.fromEntries(STATES.map(([state]) => [state, counted(inBand.filter((row) => row.state === state))]));
    return { ...band, ...states, contacts: counted(inBand) };
  });
  const used = STATES.filter(([state]) => totals.some((band) => band[state]));
  const bars = used.flatMap(([state]) => totals.map((band) => ({ label: band.label, contacts: band[state], color: `var(--${state})` })));
  note.textContent = "Contacts whose latest call asks for another, by their age and state right now." +
    " The agent and campaign filters apply (campaign of the latest call). The days do not: this is the current backlog." +
    ` Attempts allowed: ${about.redial_max_attempts}.${about.backlog_to_the_hour ? " Times are rounded to the hour to keep the file small." : ""}`;
  legend(box, used.map(([state, text]) => [`var(--${state})`, `${text}: ${count(counted(waiting.filter((row) => row.state === state)))}`]));
  draw(chart, `${plural(counted(waiting), "contact")} waiting: ${used.map(([state, text]) => `${count(counted(waiting.filter((row) => row.state === state)))} ${text}`).join(", ")}.`,
    (width) => stackedAges(bars, totals, width), "No contacts waiting.");
  const all = { label: "All ages", contacts: counted(waiting), ...Object.fromEntries(STATES.map(([state]) => [state, counted(waiting.filter((row) => row.state === state))])) };
  showTable(table, "Contacts waiting, by age in full days and state", [
    { head: "Age in days", text: (row) => row.label }, countColumn("Contacts", "contacts"),
    ...STATES.map(([state, text]) => countColumn(text[0].toUpperCase() + text.slice(1), state)),
  ], [all, ...totals]);
}

function showBurndown(tables, selection) {
  const { chart, table, legend: box, part } = panel("burndown");
  const rows = addUp(tables.backlog_days, chosen(tables.backlog_days, selection), ["opened", "cleared", "backlog"], ["call_date"])
    .sort((one, other) => one.call_date - other.call_date);
  const last = rows.at(-1);
  draw(chart, last ? `Backlog by day, ${plural(last.backlog, "contact")} on ${dayText(last.call_date)}.` : "No backlog.", (width) => backlogByDay(rows, width));
  legend(box, [["var(--opened)", "added to the backlog"], ["var(--cleared)", "removed from it"]]);
  draw(part("changes"), "Contacts added to and removed from the backlog, by day; the table has the figures.", (width) => changesByDay(rows, width), "");
  showTable(table, "Backlog by day", [
    { head: "Day", value: (row) => isoDay(row.call_date), text: (row) => dayText(row.call_date) },
    countColumn("Added", "opened"), countColumn("Removed", "cleared"), countColumn("Waiting", "backlog"),
  ], [...rows].reverse());
}

function showCoverage(tables, selection) {
  const { chart, table, note } = panel("coverage");
  const drifts = new Map(Array.from({ length: tables.drifts.rows }, (_, row) =>
    [JSON.stringify([valueIn(tables.drifts, "agent_name", row), valueIn(tables.drifts, "key", row)]), valueIn(tables.drifts, "drift", row)]));
  const rows = addUp(tables.coverage, chosen(tables.coverage, selection), ["asked_calls", "filled_calls"], ["agent_name", "key"])
    .map((row) => ({ ...row, calls: row.asked_calls, successes: row.filled_calls, ...bounded(row.filled_calls, row.asked_calls),
      flag: drifts.get(JSON.stringify([row.agent_name, row.key])) ?? null }));
  const manyAgents = new Set(rows.map((row) => row.agent_name)).size > 1;
  for (const row of rows) row.label = manyAgents ? `${row.key} · ${agentText(row.agent_name)}` : row.key;
  const shown = [...rows].sort((one, other) => other.calls - one.calls || one.label.localeCompare(other.label, "en")).slice(0, MOST_LINES)
    .sort((one, other) => one.rate - other.rate || one.label.localeCompare(other.label, "en"));
  note.textContent = `Share of the calls asking for a data point that got an answer.${rows.length > shown.length ? ` The ${MOST_LINES} asked most often, of ${count(rows.length)}, lowest share first; the table has all.` : ""}` +
    " Triangle: the data point appeared, vanished, rose or fell in the agent's last seven days; this ignores the filters.";
  draw(chart, `Share of calls that brought back a data point: ${shown.map((row) => `${row.label} ${percent(row.rate)}`).join(", ")}.`,
    (width) => rateLines(shown, null, width, Math.min(220, Math.round(width * 0.45))), "No data points for these filters.");
  showTable(table, "Data points by agent", [
    { head: "Data point", text: (row) => row.key }, { head: "Agent", text: (row) => agentText(row.agent_name) },
    countColumn("Asked", "asked_calls"), countColumn("Answered", "filled_calls"), ...rateColumns("Share", "filled_calls", "asked_calls"),
    { head: "Last seven days", text: (row) => row.flag ?? "" },
  ], rows.sort((one, other) => agentText(one.agent_name).localeCompare(agentText(other.agent_name), "en") || one.key.localeCompare(other.key, "en")));
}

function showCalls(tables, selection, about, most = MORE_CALLS) {
  const { table, note } = panel("calls");
  const source = tables.calls;
  const found = chosen(source, selection);
  const time = timeFormat(about.timezone);
  const text = (name) => (row) => {
    const value = valueIn(source, name, row);
    return value === null || value === "(none)" ? "–" : value;
  };
  const kept = source.rows < about.calls ? `This file keeps the latest ${count(source.rows)} of ${count(about.calls)} calls` : `This file keeps all ${plural(source.rows, "call")}`;
  note.textContent = `${kept}; ${count(found.length)} match the filters. For all: dialflo query "FROM calls".${about.is_masked ? " Phone numbers are masked." : ""}`;
  const hasCampaigns = about.campaign_key !== null;
  showTable(table, "Latest calls, newest first", [
    { head: `Time (${about.timezone})`, text: (row) => time.format(valueIn(source, "called_at", row)) },
    { head: "Agent", text: (row) => agentText(valueIn(source, "agent_name", row)) },
    ...(hasCampaigns ? [{ head: "Campaign", text: text("campaign") }] : []),
    { head: "Contact", text: text("contact_number") },
    { head: "Outcome", text: (row) => `${outcomeText(valueIn(source, "outcome", row))}${valueIn(source, "is_inbound", row) ? ", inbound" : ""}` },
    { head: "Duration (min:s)", number: true, text: (row) => lengthText(valueIn(source, "duration_seconds", row)) },
    { head: "Interest", text: text("interest_status") },
    { head: "Next action", text: text("next_action") },
    { head: "Recording", text: () => "", cell: (row) => {
      const address = valueIn(source, "recording_url", row);
      return address ? webLink(address, "Listen", `Recording of the call of ${time.format(valueIn(source, "called_at", row))}`) : "–";
    } },
    { head: "Task", text: text("task_id"), cell: (row) => make("code", {}, valueIn(source, "task_id", row)) },
  ], found.slice(0, most), true);
  const more = document.getElementById("more");
  more.hidden = found.length <= most;
  more.onclick = () => showCalls(tables, selection, about, most + MORE_CALLS);
}
