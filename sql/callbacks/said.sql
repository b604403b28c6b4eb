/*
The understood requests, and a key by which equal ones are found: a text means the same in two calls of one local day
that are on the same side of the time of day in the text, where the zone has one offset. A text that means "so long
after the call" always means the same span.

$first_us, $last_us: the calendar in microseconds since 1970. 62135596800000000 is from year 1 to 1970.
*/
CREATE OR REPLACE TEMP TABLE said_callbacks AS
WITH timed AS (
    SELECT
        asked.*,
        texts.kind = 'after' AS is_after,
        CASE WHEN NOT is_after THEN offsets.offset_seconds END AS offset_seconds,
        asked.called_us + offsets.offset_seconds::BIGINT * 1000000 + 62135596800000000 AS local_us,
        epoch_us(texts.local) % 86400000000 AS named_us
    FROM asked_callbacks AS asked
    INNER JOIN pipeline.callback_texts AS texts ON texts.text = asked.text AND texts.kind IS NOT NULL
    LEFT JOIN pipeline.utc_offsets AS offsets
        ON
            offsets.utc_day - DATE '0001-01-01' = (asked.called_us + 62135596800000000) // 86400000000
            AND (asked.called_us + 62135596800000000) // 1000000 % 86400 >= offsets.from_second
            AND (asked.called_us + 62135596800000000) // 1000000 % 86400 < offsets.until_second
    WHERE asked.called_us BETWEEN $first_us AND $last_us
)
SELECT
    * EXCLUDE (local_us, named_us),
    CASE
        WHEN NOT is_after THEN local_us // 86400000000 * 3 + sign(local_us % 86400000000 - named_us)::BIGINT
    END AS part
FROM timed
