# Lua from Debian's sources: the language and some work. RUN is the emulator, empty for a native run;
# BIN the folder of the programs.
for script in language work; do
    $RUN "$BIN/lua" "tests/apps/lua/$script.lua" || echo "exit $?"
done
echo 'print(io.read("n", "l", "a"))' >"$SCRATCH/read.lua"
printf '12 rest\nmore\nlines\n' | $RUN "$BIN/lua" "$SCRATCH/read.lua"
$RUN "$BIN/lua" -e 'local f = io.popen("echo from a shell"); print(f:read("a"), f:close())'
$RUN "$BIN/lua" -e 'error("as expected")' 2>&1 | sed 's|^.*lua: |lua: |'
$RUN "$BIN/lua" -e 'os.exit(5)'
echo "exit $?"
