/*
Text as the API sends it. White space and letter case are those of ASCII only: DuckDB's own lower() would also turn the
capital dotted I of Turkish into i, and its trim() takes off spaces only.
*/
CREATE MACRO staging.is_blank(VALUE) AS
value IS NULL OR regexp_full_match(value, '[ \t\n\r\v\f]*');

CREATE MACRO staging.is_inbound(DIRECTION) AS
coalesce(regexp_full_match(direction, '[Ii][Nn][Bb][Oo][Uu][Nn][Dd]'), false);

CREATE MACRO staging.or_none(VALUE) AS
CASE WHEN staging.is_blank(value) THEN '(none)' ELSE value END;
