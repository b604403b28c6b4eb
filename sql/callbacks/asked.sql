/*
The calls of the changed days that ask for a callback: the first configured metadata key that is filled, its value, the
text to read, and the call's time in microseconds since 1970.

$days: the changed days, NULL for all. $keys: the metadata keys, in order of preference.
*/
CREATE OR REPLACE TEMP TABLE asked_callbacks AS
SELECT
    found.*,
    epoch_us(coalesce(calls.occurred_at, day_starts.starts_at)) AS called_us
FROM (
    SELECT
        task_id,
        call_index,
        call_date,
        key,
        value,
        CASE WHEN value_type IN ('string', 'number') THEN value END AS text
    FROM main.call_metadata
    WHERE
        ($days::DATE[] IS NULL OR call_date IN (SELECT unnest($days::DATE[])))
        AND is_filled
        AND key IN (SELECT unnest($keys))
    QUALIFY row_number() OVER (PARTITION BY task_id, call_index ORDER BY list_position($keys, key)) = 1
) AS found
INNER JOIN main.calls AS calls
    ON
        found.call_date = calls.call_date
        AND found.task_id = calls.task_id
        AND found.call_index = calls.call_index
INNER JOIN pipeline.day_starts AS day_starts ON day_starts.call_date = found.call_date
