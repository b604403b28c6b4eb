/*
Insert every request with the time it means, NULL where it is not understood or outside the calendar.

$first_us, $last_us: the calendar in microseconds since 1970.
*/
INSERT INTO pipeline.callbacks
WITH placed AS (
    SELECT
        said.task_id,
        said.call_index,
        meant.is_whole_day,
        CASE WHEN said.is_after THEN said.called_us ELSE 0 END AS since_us,
        since_us + meant.requested_us AS requested_us,
        since_us + meant.starts_us AS starts_us,
        since_us + meant.ends_us AS ends_us
    FROM said_callbacks AS said
    INNER JOIN meant_callbacks AS meant
        ON
            meant.text = said.text
            AND meant.part IS NOT DISTINCT FROM said.part
            AND meant.offset_seconds IS NOT DISTINCT FROM said.offset_seconds
    WHERE since_us + meant.starts_us >= $first_us AND since_us + meant.ends_us <= $last_us
)
SELECT
    asked.task_id,
    asked.call_index,
    asked.call_date,
    asked.key,
    asked.value,
    make_timestamp(placed.requested_us) AT TIME ZONE 'UTC',
    placed.is_whole_day,
    make_timestamp(placed.starts_us) AT TIME ZONE 'UTC',
    make_timestamp(placed.ends_us) AT TIME ZONE 'UTC'
FROM asked_callbacks AS asked
LEFT JOIN placed ON placed.task_id = asked.task_id AND placed.call_index = asked.call_index
