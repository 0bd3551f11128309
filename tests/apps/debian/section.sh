# Sourced: section NAME COMMANDS: runs them, within a time, and says how they ended.
section() {
    echo "--- $1"
    timeout 250 bash -c "$2" || echo "exit $?"
}
