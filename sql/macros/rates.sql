/*
Bounds of a rate at 95 percent (Wilson), and a mean that is the same to the last bit on every run.

The outer least and greatest keep low <= rate <= high where rounding would not: at 0 and at 1.
*/
CREATE MACRO staging.wilson_centre(successes, trials, z) AS
    (successes + z * z / 2) / (trials + z * z);

CREATE MACRO staging.wilson_reach(successes, trials, z) AS
    z / (trials + z * z) * sqrt(successes * (trials - successes) / trials + z * z / 4);

CREATE MACRO staging.wilson_low(successes, trials) AS
    greatest(0.0::DOUBLE, least(
        successes / trials,
        staging.wilson_centre(successes, trials, 1.959963984540054::DOUBLE)
            - staging.wilson_reach(successes, trials, 1.959963984540054::DOUBLE)
    ));

CREATE MACRO staging.wilson_high(successes, trials) AS
    least(1.0::DOUBLE, greatest(
        successes / trials,
        staging.wilson_centre(successes, trials, 1.959963984540054::DOUBLE)
            + staging.wilson_reach(successes, trials, 1.959963984540054::DOUBLE)
    ));

-- Added up in one order whatever the number of threads, and scaled by a power of two (exact) so that the sum of the
-- largest numbers does not become infinite.
CREATE MACRO staging.mean(value) AS
    avg(value / 1099511627776.0::DOUBLE ORDER BY value) * 1099511627776.0::DOUBLE;
