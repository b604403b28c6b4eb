// The filters: their options and the selection. The address holds them too, so that a view can be bookmarked.

/** The distinct values of a column over several tables, null last. */
function differentValues(tables, column) {
  const values = new Set(tables.flatMap((table) => table.columns[column]?.of ?? []));
  return [...values].sort((one, other) => Number(one === null) - Number(other === null) || one.localeCompare(other, "en"));
}

function offer(select, everything, values, text) {
  const options = values.map((value, place) => make("option", { value: String(place) }, text(value)));
  select.replaceChildren(make("option", { value: "" }, everything), ...options);
}

/**
 * Set up the filters over the days `first` to `last`; call `changed(selection)` now and on each change.
 * `selection` is {agent, campaign, from, to}: values or ALL, and days, both included.
 */
function setUpFilters(form, { agents, campaigns, first, last }, changed) {
  const { agent, campaign, from, to } = form.elements;
  offer(agent, "All agents", agents, agentText);
  offer(campaign, "All campaigns", campaigns, (name) => name);
  for (const input of [from, to]) Object.assign(input, { min: isoDay(first), max: isoDay(last) });

  const within = (input, otherwise) => {
    const day = dayOf(input.value);
    return Number.isFinite(day) ? Math.min(last, Math.max(first, day)) : otherwise;
  };
  const selected = (select, values) => (select.value === "" ? ALL : values[Number(select.value)]);
  const read = () => ({
    agent: selected(agent, agents),
    campaign: selected(campaign, campaigns),
    from: within(from, first),
    to: within(to, last),
  });
  const setDays = (start, end) => Object.assign(from, { value: isoDay(start) }) && Object.assign(to, { value: isoDay(end) });
  const apply = () => {
    const selection = read();
    for (const button of form.querySelectorAll("[data-days]")) {
      const days = Number(button.dataset.days) || last - first + 1;
      const start = Math.max(first, last - days + 1);
      const isWhole = days >= last - first + 1;
      button.setAttribute("aria-pressed", String(selection.from === start && selection.to === last && (isWhole === (button.dataset.days === "0"))));
    }
    keep(form, first, last);
    changed(selection);
  };

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", (event) => {
    // The end that was changed last wins; the other follows it.
    if (dayOf(from.value) > dayOf(to.value)) (event.target === from ? to : from).value = event.target.value;
    apply();
  });
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    agent.value = campaign.value = "";
    setDays(first, last);
    apply();
  });
  for (const button of form.querySelectorAll("[data-days]")) {
    button.addEventListener("click", () => {
      setDays(Number(button.dataset.days) ? Math.max(first, last - Number(button.dataset.days) + 1) : first, last);
      apply();
    });
  }
  setDays(first, last);
  restore(form);
  apply();
}

const textOf = (select) => select.selectedOptions[0]?.textContent ?? "";

function keep(form, first, last) {
  const { agent, campaign, from, to } = form.elements;
  const kept = new URLSearchParams();
  for (const select of [agent, campaign]) if (select.value !== "") kept.set(select.name, textOf(select));
  if (from.value !== isoDay(first)) kept.set("from", from.value);
  if (to.value !== isoDay(last)) kept.set("to", to.value);
  try {
    history.replaceState(null, "", `#${kept}`);
  } catch {
    // Some browsers do not allow changing the address of a file; the filters still work.
  }
}

function restore(form) {
  const kept = new URLSearchParams(location.hash.slice(1));
  for (const select of [form.elements.agent, form.elements.campaign]) {
    const option = [...select.options].find((each) => each.value !== "" && each.textContent === kept.get(select.name));
    if (option) select.value = option.value;
  }
  for (const input of [form.elements.from, form.elements.to]) {
    const day = kept.get(input.name);
    if (day && Number.isFinite(dayOf(day)) && day >= input.min && day <= input.max) input.value = day;
  }
}
