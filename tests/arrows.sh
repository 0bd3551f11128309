#!/bin/sh
# Reads the #include lines and fails on one that points the wrong way:
#   emu -> { loader, syscalls, translator } -> runtime
# The three in the middle never include each other; inside the translator no guest includes a host,
# no host a guest, and no guest or host another.
grep -rn --include='*.[chS]' --include='*.def' '^ *# *include *"' emu translator loader syscalls runtime |
    awk '
function part(path,  words) {
    split(path, words, "/")
    if (words[1] == "translator" && (words[2] == "guest" || words[2] == "host") && words[4] != "")
        return words[1] "/" words[2] "/" words[3]
    return words[1]
}
function top(name) {
    sub("/.*", "", name)
    return name
}
function kind(name) {
    return name ~ /\/guest\// ? "guest" : name ~ /\/host\// ? "host" : ""
}
{
    file = $0
    sub(":.*", "", file)
    split($0, quoted, "\"")
    target = quoted[2]
    if (target !~ "/") # a file of the same folder
        next
    if (system("test -e " target) != 0) { # relative to the file
        print $0 ": include by the path from the top"
        wrong++
        next
    }
    from = part(file)
    to = part(target)
    bad = 0
    if (top(from) == "runtime" && top(to) != "runtime")
        bad = 1
    else if (top(from) != "emu" && top(to) != top(from) && top(to) != "runtime")
        bad = 1
    else if (kind(from) && kind(to) && from != to)
        bad = 1
    if (bad) {
        print $0 ": " from " must not include " to
        wrong++
    }
    count++
}
END {
    print count " includes read, " wrong + 0 " wrong"
    exit wrong > 0 || count == 0
}'
