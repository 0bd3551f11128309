-- Inserts, an index, joins, aggregates and text.
CREATE TABLE item(id INTEGER PRIMARY KEY, kind INT, weight REAL, name TEXT);
WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 240000)
INSERT INTO item SELECT i, i * 7919 % 5000, i * 0.37, printf('item %d of %x', i, i * 2654435761 % 65536) FROM n;
CREATE INDEX by_kind ON item(kind, weight);
SELECT count(*), sum(weight) > 1, max(name) FROM item;
SELECT kind, count(*), round(avg(weight), 3) FROM item GROUP BY kind ORDER BY 3 DESC LIMIT 3;
SELECT count(*) FROM item a JOIN item b ON a.kind = b.kind AND b.id < a.id AND a.id % 10 = 0;
SELECT count(*) FROM item WHERE name LIKE '%ff%' OR substr(name, -2) = '3a';
UPDATE item SET name = upper(name) || kind WHERE kind % 3 = 0;
DELETE FROM item WHERE kind IN (SELECT kind FROM item GROUP BY kind HAVING min(id) % 5 = 0);
SELECT count(*), sum(length(name)) FROM item;
SELECT group_concat(name) FROM (SELECT name FROM item ORDER BY name DESC LIMIT 3);
