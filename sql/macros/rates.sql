/*
Bounds of a rate at 95 percent (Wilson), and a mean that is the same to the last bit on every run.

least() keeps the lower bound at exactly 0 for no successes, where rounding would not; the upper bound of the successes
is what the lower one of the failures leaves. Of nothing there is neither rate nor bound: NULL.
*/
CREATE MACRO staging.rate(SUCCESSES, TRIALS) AS
CASE WHEN trials > 0 THEN successes / trials END;

CREATE MACRO staging.wilson_low(SUCCESSES, TRIALS, Z := 1.959963984540054e0) AS
CASE WHEN trials > 0 THEN greatest(0.0::DOUBLE, least(
    successes / trials,
    (
        successes + z * z / 2
        - z * sqrt(successes * (trials - successes) / trials + z * z / 4)
    ) / (trials + z * z)
)) END;

CREATE MACRO staging.wilson_high(SUCCESSES, TRIALS) AS
1.0::DOUBLE - staging.wilson_low(trials - successes, trials);

-- Added up in one order whatever the number of threads, and scaled by a power of two (exact) so that the sum of the
-- largest numbers does not become infinite.
CREATE MACRO staging.mean(VALUE) AS
avg(value / 1099511627776.0::DOUBLE ORDER BY value) * 1099511627776.0::DOUBLE;

-- How far one rate is above another, in standard deviations of what chance does to two equal ones.
CREATE MACRO staging.two_rates_z(SUCCESSES, TRIALS, OTHER_SUCCESSES, OTHER_TRIALS) AS
CASE
    WHEN
        trials > 0 AND other_trials > 0
        AND successes + other_successes BETWEEN 1 AND trials + other_trials - 1
        THEN (successes / trials - other_successes / other_trials) / sqrt(
            (successes + other_successes) / (trials + other_trials)
            * ((trials + other_trials - successes - other_successes) / (trials + other_trials))
            * (1 / trials + 1 / other_trials)
        )
END;

-- Beyond chance, and by enough to matter: 0.8 times in whole numbers, lest a last digit decide.
CREATE MACRO staging.is_below(SUCCESSES, TRIALS, OTHER_SUCCESSES, OTHER_TRIALS) AS
staging.wilson_high(successes, trials) < staging.wilson_low(other_successes, other_trials)
AND 5 * successes::HUGEINT * other_trials <= 4 * other_successes::HUGEINT * trials;
