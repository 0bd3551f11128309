#!/bin/sh
# directive.sh NAME SOURCE: what the source says after "NAME:" at the start of a comment, if anything.
sed -n "s,^\(//\|/\*\) $1: \(.*\),\2,p" "$2" | sed 's, *\*/$,,'
