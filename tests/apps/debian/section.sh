# Sourced: section NAME COMMANDS: runs them, within a time (SECTION_SECONDS), and says how they ended.
section() {
    echo "--- $1"
    timeout "${SECTION_SECONDS:-800}" bash -c "$2" || echo "exit $?"
}
# Sourced: python_tests MODULE...: python's own tests of these, and what became of how many.
python_tests() {
    for module; do
        SECTION_SECONDS=1500 section "$module" "python3 -m unittest test.$module 2>&1 |
            sed -n 's/^\(Ran .*\) in .*/\1/p; /^\(OK\|FAILED\|FAIL\|ERROR\)\b/p'"
    done
}
