-- The language of SQLite: types, joins, aggregates, windows, recursion, triggers, indexes, text search.
.headers on
.mode column
create table person(id integer primary key, name text not null, born int, height real, unique(name));
create table visit(person int references person(id) on delete cascade, day text, cost numeric);
insert into person(name, born, height) values ('Ada', 1815, 1.65), ('Alan', 1912, 1.78), ('Grace', 1906, 1.6), ('Edsger', 1930, null), ('Barbara', 1939, 1.7);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 300)
insert into visit select 1 + i % 5, date('2020-01-01', '+' || (i * 7 % 365) || ' days'), round(i * 3.14159, 2) from n;
select name, count(*) visits, round(sum(cost), 2) total, min(day) first, max(day) last
  from person join visit on visit.person = person.id group by person.id order by total desc;
select name, born, height, coalesce(height, 'unknown') h, typeof(height) t from person order by born;
select strftime('%m', day) month, count(*) n, avg(cost) > 400 dear from visit group by month having n > 20 order by month;
select name, rank() over (order by height desc) r, sum(born) over (order by id rows between 1 preceding and current row) s,
  lag(name, 1, '-') over (order by born) before from person order by id;
select p.name, (select max(cost) from visit v where v.person = p.id) most from person p where exists (select 1 from visit v where v.person = p.id and cost > 900) order by 1;
create index by_day on visit(day, person);
explain query plan select * from visit where day between '2020-03-01' and '2020-03-31';
select count(*) from visit where day between '2020-03-01' and '2020-03-31';
create view rich as select name, sum(cost) s from person, visit on person = id group by 1;
select name from rich where s > (select avg(s) from rich) order by name;
create table log(what text, at int);
create trigger born_changed after update of born on person begin insert into log values (old.name || ':' || old.born || '->' || new.born, new.id); end;
update person set born = born + 1 where name like 'A%';
select * from log order by at;
begin;
delete from person where id = 1;
select count(*) from person;
rollback;
select count(*) from person;
savepoint one;
insert into person(name) values ('Nobody');
rollback to one;
release one;
insert or ignore into person(name) values ('Ada');
insert into person(name, born) values ('Ada', 1) on conflict(name) do update set height = 1.66;
select changes(), height from person where name = 'Ada';
insert into person(name) values ('Ada');
select 1 / 0, 7 / 2, 7 / 2.0, -7 % 3, 1e300 * 1e10, 9223372036854775807 + 1, 5 << 3, ~5, 'a' || 1, null is null, 'abc' like 'A_C', 'abc' glob 'a*', x'616263', hex('hi');
select abs(-3), length('héllo'), upper('abc'), substr('abcdef', -3, 2), replace('aXbX', 'X', '--'), trim('  x '), instr('hello', 'l'), printf('%05d|%.3f|%s', 42, 3.14159, 'z'), quote('it''s'), unicode('€'), char(8364), round(2.5), nullif(1, 1), iif(1 > 2, 'y', 'n');
select julianday('2000-01-01'), date('2024-02-29', '+1 year'), strftime('%j %W %s', '2024-12-31'), time('12:00', '-90 minutes');
select sqrt(2), pow(2, 0.5), ln(10), sin(1), exp(1), floor(-1.5), pi();
select json_extract('{"a":[1,{"b":"c"}]}', '$.a[1].b'), json_array(1, 'two', null), json_object('k', 1.5), json_type('[1]', '$[0]');
select key, value, type from json_each('{"x":1,"y":[2],"z":null}');
select group_concat(value, '-') from (select value from json_tree('[1,[2,[3,4]]]') where atom is not null);
with recursive tree(id, parent, path) as (select 1, null, '1' union all select id * 2 + k, id, path || '.' || (id * 2 + k) from tree, (select 0 k union select 1) where id < 8) select count(*), max(length(path)), max(path) from tree;
with recursive mandel(cx, cy, x, y, n) as (select a.v, b.v, 0.0, 0.0, 0 from (select -2.0 + column1 * 0.3 v from (values (0),(1),(2),(3),(4),(5),(6),(7),(8),(9))) a, (select -1.2 + column1 * 0.3 v from (values (0),(1),(2),(3),(4),(5),(6),(7),(8))) b union all select cx, cy, x * x - y * y + cx, 2 * x * y + cy, n + 1 from mandel where x * x + y * y < 4 and n < 25) select sum(n), count(*) from (select max(n) n from mandel group by cx, cy);
create virtual table notes using fts5(title, body);
insert into notes values ('first', 'the quick brown fox'), ('second', 'jumps over the lazy dog'), ('third', 'quick thinking, lazy writing');
select title, highlight(notes, 1, '[', ']') from notes where notes match 'quick OR dog' order by rank;
create virtual table boxes using rtree(id, x0, x1, y0, y1);
with recursive n(i) as (select 0 union all select i + 1 from n where i < 199) insert into boxes select i, i % 20, i % 20 + 1, i / 20, i / 20 + 1.5 from n;
select count(*), sum(id) from boxes where x0 >= 5 and x1 <= 9 and y0 >= 2 and y1 <= 6;
create table wide(a, b, c, d, primary key(a, b)) without rowid;
with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000) insert into wide select i * 7919 % 1009, i, 'text ' || i, zeroblob(0) from n;
select count(*), sum(a), max(c) from wide where a between 100 and 200;
update wide set d = a * b where b % 3 = 0;
delete from wide where a > 500;
select count(*), sum(d) from wide;
vacuum;
pragma integrity_check;
select name, type from sqlite_schema where name not like '%\_%' escape '\' order by name;
.mode insert visit
select * from visit limit 3;
.mode csv
select * from person;
.mode json
select id, name from person limit 2;
