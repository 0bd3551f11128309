#!/bin/sh
# record.sh FILE COMMAND...: writes what COMMAND prints, and how it ends, to FILE.
file=$1
shift
mkdir -p "$(dirname "$file")"
"$@" >"$file.new" </dev/null
echo "exit status $?" >>"$file.new"
mv "$file.new" "$file"
