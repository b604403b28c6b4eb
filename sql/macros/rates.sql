/*
Bounds of a rate at 95 percent (Wilson), and a mean that is the same to the last bit on every run.

least() keeps the lower bound at exactly 0 for no successes, where rounding would not; the upper bound of the successes
is what the lower one of the failures leaves.
*/
CREATE MACRO staging.wilson_low(successes, trials, z := 1.959963984540054e0) AS
    greatest(0.0::DOUBLE, least(
        successes / trials,
        (
            successes + z * z / 2
            - z * sqrt(successes * (trials - successes) / trials + z * z / 4)
        ) / (trials + z * z)
    ));

CREATE MACRO staging.wilson_high(successes, trials) AS
    1.0::DOUBLE - staging.wilson_low(trials - successes, trials);

-- Added up in one order whatever the number of threads, and scaled by a power of two (exact) so that the sum of the
-- largest numbers does not become infinite.
CREATE MACRO staging.mean(value) AS
    avg(value / 1099511627776.0::DOUBLE ORDER BY value) * 1099511627776.0::DOUBLE;
