-- A counter for each range of Kassenzeichen: prefix, year and first number name it. Before, there was one for a
-- year, and which range it counted was the setting of the day. The claims tell: of those opened for a number, the
-- last one taken for its case is the one that it bears. Numbers between two that are told belong to the range of
-- the one below.
CREATE TEMPORARY TABLE told ON COMMIT DROP AS
SELECT g.name, g.number, left(b.body, -9) AS prefix, right(b.body, 7)::bigint - g.number + 1 AS first
FROM (
  SELECT DISTINCT ON (c.claim_id) g.name, g.number, c.kassenzeichen
  FROM number_given g
  CROSS JOIN LATERAL regexp_match(g.purpose, '^(?:claim|instalment ([0-9]+)) of case ([0-9a-f-]{36})$') AS m
  JOIN claim c ON c.case_id = m[2]::uuid AND c.instalment = coalesce(m[1]::integer, 1)
  WHERE g.name ~ '^kassenzeichen-[0-9]{4}$'
  ORDER BY c.claim_id, g.number DESC) g
CROSS JOIN LATERAL (
  SELECT CASE WHEN kassenzeichen LIKE 'RF%' THEN substr(kassenzeichen, 5) ELSE left(kassenzeichen, -1) END) AS b(body)
WHERE b.body ~ '^[0-9]{11,13}$';

CREATE TEMPORARY TABLE belongs ON COMMIT DROP AS
WITH begins AS (SELECT name, prefix, first, min(number) AS number FROM told GROUP BY name, prefix, first)
SELECT g.name, g.number, format('kassenzeichen-%s-%s-%s', r.prefix, right(g.name, 4), r.first) AS range
FROM number_given g LEFT JOIN told t USING (name, number)
CROSS JOIN LATERAL (
  SELECT b.prefix, b.first FROM begins b WHERE b.name = g.name
  ORDER BY b.prefix = t.prefix AND b.first = t.first DESC NULLS LAST, b.number <= g.number DESC,
    abs(b.number - g.number) LIMIT 1) r;

INSERT INTO number_range (name, last)
SELECT b.range, CASE WHEN max(b.number) = max(max(b.number)) OVER (PARTITION BY b.name)
  THEN greatest(max(b.number), max(n.last)) ELSE max(b.number) END
FROM belongs b JOIN number_range n USING (name) GROUP BY b.name, b.range;
UPDATE number_given g SET name = b.range FROM belongs b WHERE (g.name, g.number) = (b.name, b.number);
DELETE FROM number_range n WHERE n.name IN (SELECT name FROM belongs);

-- Of numbers given before it was written down what for, the claims alone tell: the lowest began the range.
WITH borne AS (
  SELECT b.body, right(b.body, 7)::bigint AS number, format('kassenzeichen-20%s', left(right(b.body, 9), 2)) AS name
  FROM claim CROSS JOIN LATERAL (
    SELECT CASE WHEN kassenzeichen LIKE 'RF%' THEN substr(kassenzeichen, 5) ELSE left(kassenzeichen, -1) END) AS b(body)
  WHERE b.body ~ '^[0-9]{11,13}$')
INSERT INTO number_range (name, last)
SELECT format('kassenzeichen-%s-%s-%s', left(b.body, -9), right(n.name, 4), min(b.number)),
  greatest(n.last, max(b.number) - min(b.number) + 1)
FROM number_range n JOIN borne b USING (name) GROUP BY n.name, n.last, left(b.body, -9);
