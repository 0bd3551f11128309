#!/bin/sh
# same.sh FILE COMMAND...: passes if COMMAND prints, and ends as, FILE says (see record.sh).
file=$1
shift
actual=$(mktemp)
trap 'rm -f "$actual"' EXIT
"$@" >"$actual" </dev/null
echo "exit status $?" >>"$actual"
diff -a "$file" "$actual"
