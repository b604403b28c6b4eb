// Rates and their bounds, computed from sums (never means of rates), as in sql/macros/rates.sql.

const Z = 1.959963984540054;

function rate(successes, trials) {
  return trials > 0 ? successes / trials : null;
}

function wilsonLow(successes, trials) {
  if (!(trials > 0)) return null;
  const spread = Z * Math.sqrt((successes * (trials - successes)) / trials + (Z * Z) / 4);
  return Math.max(0, Math.min(successes / trials, (successes + (Z * Z) / 2 - spread) / (trials + Z * Z)));
}

function wilsonHigh(successes, trials) {
  return trials > 0 ? 1 - wilsonLow(trials - successes, trials) : null;
}

function bounded(successes, trials) {
  return { rate: rate(successes, trials), low: wilsonLow(successes, trials), high: wilsonHigh(successes, trials) };
}
