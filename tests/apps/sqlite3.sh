# SQLite from Debian's sources: a tour of its SQL, some hundred generated statements, and a database
# file that one process writes and the next reads.
$RUN "$BIN/sqlite3" -batch :memory: <tests/apps/sql/language.sql 2>&1 || echo "exit $?"
awk 'BEGIN {
    print "create table t(k integer primary key, v text, n real);"
    for (i = 1; i <= 300; i++)
        printf "insert into t values (%d, \x27row %d\x27, %d.%02d);\n", i * 37 % 1009, i, i * i % 977, i % 100
    for (i = 1; i <= 100; i++)
        printf "update t set n = n * 1.%d, v = upper(v) where k %% %d = 0;\n", i % 9, i + 2
    for (i = 1; i <= 60; i++)
        printf "select %d, count(*), round(sum(n), 3), max(v) from t where k > %d and v like \x27%%%d%%\x27;\n", i, i * 13, i % 10
    print "create index i on t(v, n); select v, n from t order by v, n limit 5;"
}' >"$SCRATCH/many.sql"
$RUN "$BIN/sqlite3" -batch "$SCRATCH/file.db" <"$SCRATCH/many.sql"
$RUN "$BIN/sqlite3" "$SCRATCH/file.db" 'pragma journal_mode = wal' 'select count(*), total(n) from t' '.schema'
$RUN "$BIN/sqlite3" "$SCRATCH/file.db" .dump | cksum
