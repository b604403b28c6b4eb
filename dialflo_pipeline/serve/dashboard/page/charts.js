// Charts: options for Plot. Each chart is one image with a sentence that says what it shows; tables have the figures.

const drawn = new Map();

/** Draw into a box now and whenever its width changes. `build(width)` returns options for Plot, an element, or null for nothing to show. */
function draw(box, sentence, build, nothing = "No calls for these filters.") {
  drawn.set(box, { sentence, build, nothing, width: 0 });
  redraw(box);
  widths.observe(box);
}

function redraw(box) {
  const chart = drawn.get(box);
  const width = Math.floor(box.clientWidth);
  if (!width || width === chart.width) return;
  chart.width = width;
  const options = chart.build(width);
  if (!options) {
    box.replaceChildren(make("p", { class: "none" }, chart.nothing));
    return;
  }
  if (options instanceof Element) {
    box.replaceChildren(options);
    return;
  }
  const svg = Plot.plot({ width, className: "chart", ...options });
  // One image with one label: screen readers would read out the library's labels of its parts as well.
  for (const part of svg.querySelectorAll("[aria-label], [aria-description]")) {
    part.removeAttribute("aria-label");
    part.removeAttribute("aria-description");
  }
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", chart.sentence);
  box.replaceChildren(svg);
}

const widths = new ResizeObserver((entries) => {
  for (const entry of entries) redraw(entry.target);
});

const INK = "var(--ink)";
const SOFT = "var(--soft)";
const GRID = "var(--grid)";
const ACCENT = "var(--accent)";

const dayTicks = (days, width) => {
  const most = Math.max(2, Math.floor(width / 90));
  const step = Math.max(1, Math.ceil(days.length / most));
  return days.filter((_, place) => (days.length - 1 - place) % step === 0).map(asDate);
};

const dayAxis = (days, width) =>
  Plot.axisX(dayTicks(days, width), { tickFormat: (date) => shortDayFormat.format(date), label: null, tickSize: 0, fill: SOFT });

/** Hidden from screen readers: it follows the pointer, and the tables show the same figures. */
const tooltip = (text) => ({ ariaHidden: "true", title: text, fill: "var(--card)", stroke: "var(--line)", textPadding: 8, fontSize: 12, lineHeight: 1.3 });

/** Every day of a span, blank where there is no row so that a line breaks there; only the rows if the span is very long. */
function everyDay(rows, blank) {
  const found = new Map(rows.map((row) => [row.call_date, row]));
  if (!rows.length) return [];
  const first = Math.min(...found.keys());
  const last = Math.max(...found.keys());
  if (last - first > 2_000) return rows;
  return Array.from({ length: last - first + 1 }, (_, place) => found.get(first + place) ?? blank(first + place));
}

function rateByDay(rows, openDays, width) {
  const days = everyDay(rows, (day) => ({ call_date: day, rate: NaN, low: NaN, high: NaN }));
  const known = rows.filter((row) => row.rate !== null);
  if (!known.length) return null;
  const last = known.at(-1);
  const x = (row) => asDate(row.call_date);
  const top = Math.min(1, Math.max(...known.map((row) => row.high)) * 1.08);
  const alone = known.filter((row) => !known.some((other) => Math.abs(other.call_date - row.call_date) === 1));
  return {
    height: 280, marginLeft: 40, marginRight: 54, marginTop: 14,
    x: { type: "utc" },
    y: { domain: [0, top] },
    marks: [
      Plot.gridY({ stroke: GRID, strokeOpacity: 1, ticks: 5 }),
      Plot.axisY({ tickFormat: roundPercent, ticks: 5, label: null, tickSize: 0, fill: SOFT }),
      dayAxis(days.map((row) => row.call_date), width),
      Plot.areaY(days, { x, y1: "low", y2: "high", fill: ACCENT, fillOpacity: 0.2 }),
      Plot.ruleX(alone, { x, y1: "low", y2: "high", stroke: ACCENT, strokeOpacity: 0.3, strokeWidth: 5 }),
      Plot.lineY(days, { x, y: "rate", stroke: ACCENT, strokeWidth: 2 }),
      Plot.dot(known.filter((row) => !openDays.has(row.call_date)), { x, y: "rate", fill: ACCENT, r: known.length > 60 ? 1.5 : 2.5 }),
      Plot.dot(known.filter((row) => openDays.has(row.call_date)), { x, y: "rate", stroke: ACCENT, fill: "var(--card)", strokeWidth: 1.5, r: 3.5 }),
      Plot.text([last], { x, y: "rate", text: (row) => percent(row.rate), dx: 8, textAnchor: "start", fontWeight: 600, fontSize: 13, fill: INK }),
      Plot.tip(known, Plot.pointerX({ x, y: "rate", ...tooltip((row) =>
        `${weekdayText(row.call_date)} ${dayText(row.call_date)}\n${percent(row.rate)} (${bounds(row)})\n${count(row.answered_calls)} of ${plural(row.dialled_calls, "call")}`) })),
    ],
  };
}

function funnelBars(steps, width) {
  if (!steps[0].calls) return null;
  const narrow = width < 460;
  const text = (step) => (step.before === null ? count(step.calls) : `${count(step.calls)} · ${percent(step.rate)}`);
  return {
    height: steps.length * 38 + 8, marginLeft: narrow ? 76 : 96, marginRight: 104, marginTop: 4, marginBottom: 4,
    x: { domain: [0, steps[0].calls], axis: null },
    y: { domain: steps.map((step) => step.name), padding: 0.22 },
    marks: [
      Plot.axisY({ tickSize: 0, label: null, fill: INK, fontSize: 13 }),
      Plot.barX(steps, { x: () => steps[0].calls, y: "name", fill: GRID, rx: 3 }),
      Plot.barX(steps, { x: "calls", y: "name", fill: ACCENT, rx: 3 }),
      Plot.text(steps, { x: () => steps[0].calls, y: "name", text, textAnchor: "start", dx: 8, fontSize: 13, fontWeight: 600, fill: INK }),
    ],
  };
}

/** Rates with their bounds, one line each, and the overall rate as a dashed rule. */
function rateLines(rows, overall, width, margin) {
  if (!rows.length) return null;
  const labels = new Map(rows.map((row, place) => [place, row]));
  const letters = Math.floor(margin / 6.7);
  return {
    height: rows.length * 26 + 40, marginLeft: margin, marginRight: 74, marginTop: 8, marginBottom: 30,
    x: { domain: [0, 1] },
    y: { type: "band", domain: [...labels.keys()], padding: 0.3 },
    marks: [
      Plot.gridX({ stroke: GRID, strokeOpacity: 1, ticks: width < 460 ? 3 : 5 }),
      Plot.axisX({ tickFormat: roundPercent, ticks: width < 460 ? 3 : 5, label: null, tickSize: 0, fill: SOFT }),
      Plot.axisY({ tickSize: 0, label: null, fill: INK, fontSize: 12.5, tickFormat: (place) => shortened(labels.get(place).label, letters) }),
      overall === null ? null : Plot.ruleX([overall], { stroke: SOFT, strokeDasharray: "3,3" }),
      Plot.ruleY(rows, { y: (_, place) => place, x1: "low", x2: "high", stroke: ACCENT, strokeOpacity: 0.35, strokeWidth: 6, strokeLinecap: "round" }),
      Plot.dot(rows, { y: (_, place) => place, x: "rate", fill: (row) => (row.flag ? "var(--no)" : ACCENT), r: 4.5, symbol: (row) => (row.flag ? "triangle" : "circle") }),
      Plot.text(rows, { y: (_, place) => place, text: (row) => `n = ${count(row.calls)}`, frameAnchor: "right", textAnchor: "start", dx: 8, fill: SOFT }),
      Plot.tip(rows, Plot.pointerY({ y: (_, place) => place, x: "rate", ...tooltip((row) =>
        `${row.label}\n${percent(row.rate)} (${bounds(row)})\n${count(row.successes)} of ${plural(row.calls, "call")}${row.flag ? `\n${row.flag}` : ""}`) })),
    ].filter(Boolean),
    symbol: { domain: ["circle", "triangle"], range: ["circle", "triangle"], legend: false },
    color: { type: "identity" },
  };
}

function shareBars(agents, parts, width) {
  if (!agents.length) return null;
  const margin = Math.min(150, Math.round(width * 0.32));
  const letters = Math.floor(margin / 6.7);
  const bars = agents.flatMap((agent, place) => {
    let reached = 0;
    return parts.map(([meaning, color]) => {
      const bar = { place, meaning, color, calls: agent.counts[meaning] ?? 0, of: agent.calls, x1: reached / agent.calls, label: agent.label };
      reached += bar.calls;
      return { ...bar, x2: reached / agent.calls };
    });
  });
  return {
    height: agents.length * 32 + 34, marginLeft: margin, marginRight: 62, marginTop: 4, marginBottom: 28,
    x: { domain: [0, 1] },
    y: { type: "band", domain: agents.map((_, place) => place), padding: 0.25 },
    color: { type: "identity" },
    marks: [
      Plot.axisX({ tickFormat: roundPercent, ticks: width < 460 ? 2 : 5, label: null, tickSize: 0, fill: SOFT }),
      Plot.axisY({ tickSize: 0, label: null, fill: INK, fontSize: 12.5, tickFormat: (place) => shortened(agents[place].label, letters) }),
      Plot.barX(bars, { y: "place", x1: "x1", x2: "x2", fill: "color", insetLeft: 0.5, insetRight: 0.5 }),
      Plot.text(agents.filter((agent) => (agent.counts.yes ?? 0) / agent.calls > 0.12), {
        y: (agent) => agents.indexOf(agent), x: (agent) => agent.counts.yes / agent.calls / 2,
        text: (agent) => roundPercent(agent.counts.yes / agent.calls), fill: "var(--card)", fontWeight: 600,
      }),
      Plot.text(agents, { y: (_, place) => place, text: (agent) => `n = ${count(agent.calls)}`, frameAnchor: "right", textAnchor: "start", dx: 8, fill: SOFT }),
      Plot.tip(bars.filter((bar) => bar.calls), Plot.pointer({ y: "place", x: (bar) => (bar.x1 + bar.x2) / 2, ...tooltip((bar) =>
        `${bar.label}\n${MEANINGS[bar.meaning]}: ${percent(bar.calls / bar.of)}\n${count(bar.calls)} of ${plural(bar.of, "call")}`) })),
    ],
  };
}

function stackedAges(bars, totals, width) {
  if (!totals.some((age) => age.contacts)) return null;
  return {
    height: 230, marginLeft: 40, marginRight: 8, marginTop: 20, marginBottom: 40,
    x: { type: "band", domain: totals.map((age) => age.label), padding: 0.2 },
    color: { type: "identity" },
    marks: [
      Plot.gridY({ stroke: GRID, strokeOpacity: 1, ticks: 4 }),
      Plot.axisY({ ticks: 4, tickFormat: count, label: null, tickSize: 0, fill: SOFT }),
      Plot.axisX({ tickSize: 0, label: "full days since the first call that asks for another", labelAnchor: "center", labelArrow: "none", fill: SOFT, fontSize: width < 460 ? 10 : 12 }),
      Plot.barY(bars, Plot.stackY({ x: "label", y: "contacts", fill: "color", order: null, insetBottom: 0.5 })),
      Plot.text(totals.filter((age) => age.contacts), { x: "label", y: "contacts", text: (age) => count(age.contacts), dy: -8, fontWeight: 600, fill: INK }),
    ],
  };
}

function backlogByDay(rows, width) {
  if (!rows.length) return null;
  const last = rows.at(-1);
  const x = (row) => asDate(row.call_date);
  return {
    height: 170, marginLeft: 40, marginRight: 54, marginTop: 14,
    x: { type: "utc" },
    y: { domain: [0, Math.max(1, ...rows.map((row) => row.backlog)) * 1.06] },
    marks: [
      Plot.gridY({ stroke: GRID, strokeOpacity: 1, ticks: 4 }),
      Plot.axisY({ ticks: 4, tickFormat: count, label: null, tickSize: 0, fill: SOFT }),
      dayAxis(rows.map((row) => row.call_date), width),
      Plot.areaY(rows, { x, y: "backlog", fill: ACCENT, fillOpacity: 0.12 }),
      Plot.lineY(rows, { x, y: "backlog", stroke: ACCENT, strokeWidth: 2 }),
      Plot.dot(rows.length === 1 ? rows : [], { x, y: "backlog", fill: ACCENT }),
      Plot.text([last], { x, y: "backlog", text: (row) => count(row.backlog), dx: 8, textAnchor: "start", fontWeight: 600, fontSize: 13, fill: INK }),
      Plot.tip(rows, Plot.pointerX({ x, y: "backlog", ...tooltip((row) =>
        `${weekdayText(row.call_date)} ${dayText(row.call_date)}\n${plural(row.backlog, "contact")} waiting\n${count(row.opened)} added, ${count(row.cleared)} removed`) })),
    ],
  };
}

function changesByDay(rows, width) {
  if (!rows.length) return null;
  const labels = rows.map((row) => row.call_date);
  const ticks = new Set(dayTicks(labels, width).map((date) => date.getTime() / DAY_MS));
  return {
    height: 130, marginLeft: 40, marginRight: 54, marginTop: 6,
    x: { type: "band", domain: labels, padding: rows.length > 60 ? 0 : 0.2 },
    marks: [
      Plot.gridY({ stroke: GRID, strokeOpacity: 1, ticks: 4 }),
      Plot.axisY({ ticks: 4, tickFormat: (value) => count(Math.abs(value)), label: null, tickSize: 0, fill: SOFT }),
      Plot.axisX({ ticks: [...ticks], tickFormat: shortDay, label: null, tickSize: 0, fill: SOFT }),
      Plot.barY(rows, { x: "call_date", y: "opened", fill: "var(--opened)" }),
      Plot.barY(rows, { x: "call_date", y: (row) => -row.cleared, fill: "var(--cleared)" }),
      Plot.ruleY([0], { stroke: SOFT }),
    ],
  };
}

function tasksByDay(rows, width) {
  if (!rows.length) return null;
  const labels = rows.map((row) => row.call_date);
  const ticks = new Set(dayTicks(labels, width).map((date) => date.getTime() / DAY_MS));
  const parts = [["done", "var(--accent)"], ["open", "var(--no)"]];
  const bars = rows.flatMap((row) => parts.map(([part, color]) => ({ ...row, color, tasks: row[part] })));
  return {
    height: 130, marginLeft: 40, marginRight: 8, marginTop: 8,
    x: { type: "band", domain: labels, padding: rows.length > 60 ? 0 : 0.2 },
    color: { type: "identity" },
    marks: [
      Plot.gridY({ stroke: GRID, strokeOpacity: 1, ticks: 3 }),
      Plot.axisY({ ticks: 3, tickFormat: count, label: null, tickSize: 0, fill: SOFT }),
      Plot.axisX({ ticks: [...ticks], tickFormat: shortDay, label: null, tickSize: 0, fill: SOFT }),
      Plot.barY(bars, Plot.stackY({ x: "call_date", y: "tasks", fill: "color", order: null })),
    ],
  };
}
