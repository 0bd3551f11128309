# Programs linked with musl, built from Debian's sources of it.
for program in "$BIN"/musl-*; do
    echo "--- ${program##*/}"
    $RUN "$program" || echo "exit $?"
done
