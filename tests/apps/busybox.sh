# busybox from Debian's sources: some hundred invocations of its applets, and its shell running others
# of them, which executes the guest's own program from inside the guest.
box="$RUN $BIN/busybox"
awk 'BEGIN { for (i = 1; i <= 200; i++) print i, i * 17 % 101, "word" i % 7 }' >"$SCRATCH/table"
t=$SCRATCH/table

show() {
    echo "--- $1"
    shift
    $box "$@" 2>&1
    status=$?
    [ $status = 0 ] || echo "exit $status"
}

show sort sort -k3,3 -k2,2n $t
show sort-reverse sort -rnk2 -u $t
show uniq sh -c "cut -d' ' -f3 $t | sort | uniq -c"
show grep grep -n -E '(5|7)$|^1.3 ' $t
show grep-v grep -c -v word3 $t
show sed sed -n -e '/word[12]/s/\([0-9]*\) \([0-9]*\)/\2:\1/p' $t
show sed-script sed -e '10,190d' -e 'y/w/W/' -e '$a end' $t
show awk awk '{ s[$3] += $2; n[$3]++ } END { for (i = 0; i < 7; i++) printf "%s %d %.3f\n", i, s["word" i], s["word" i] / n["word" i] }' $t
show awk-math awk 'BEGIN { printf "%.10g %.10g %.10g %d %s\n", sin(1), exp(1), sqrt(2) ^ 3, int(-3.7), substr("hello", 2, 3) }'
show awk-regex awk '{ gsub(/[0-9]/, "<&>"); if (match($0, /word/)) print RSTART, toupper($0) }' $t
show wc wc $t
show head head -n 3 $t
show tail tail -n 3 $t
show tac tac $t
show cut cut -c 1-5,8- $t
show tr sh -c "tr a-z A-Z <$t | tr -d 0-9 | head -n 2"
show paste paste -d, $t $t
show comm sh -c "sort $t >$SCRATCH/a; sed 5,9d $SCRATCH/a >$SCRATCH/b; comm -3 $SCRATCH/a $SCRATCH/b"
show diff diff -u $SCRATCH/a $SCRATCH/b | sed '1,2d'
show cmp cmp $SCRATCH/a $SCRATCH/b
show od od -A x -t x1z -N 64 $t
show hexdump hexdump -C -n 48 $t
show xxd xxd -l 40 $t
show md5 sh -c "md5sum <$t"
show sha1 sh -c "sha1sum <$t"
show sha256 sh -c "sha256sum <$t"
show sha512 sh -c "sha512sum <$t"
show sha3 sh -c "sha3sum <$t"
show cksum sh -c "cksum <$t"
show crc32 sh -c "crc32 $t | cut -d' ' -f1"
show base64 base64 $t
show uuencode sh -c "head -c 99 $t | uuencode x | uudecode -o -"
show bc sh -c 'echo "scale=30; 4*a(1); 2^100; sqrt(2)" | bc -l'
show dc dc -e '20k 2 v p 10 16 o p'
show expr expr 17 '*' 3 + 5
show factor factor 1234567890123456 97
show seq seq -w 1 3 20
show printf printf '%05d %x %s %8.3f\n' 42 255 text 3.14159
show test test 5 -lt 3
show basename basename /a/b/c.txt .txt
show dirname dirname /a/b/c.txt
show date date -u -d @1700000000 '+%Y-%m-%d %H:%M:%S %a %j'
show cal cal 2 2024
show fold fold -w 30 -s $t
show fmt fold -b -w 7 $t
show expand sh -c "printf 'a\tb\n' | expand -t 4"
show nl nl $t
show split sh -c "cd $SCRATCH && split -l 50 table part && wc -l part*"
show strings strings -n 4 $t
show gzip sh -c "gzip -c $t | gunzip -c | cksum"
show bzip2 sh -c "bzip2 -c $t | bunzip2 -c | cksum"
show lzop sh -c "lzop -c $t | lzop -dc | cksum"
show xz sh -c "printf '' | xzcat"
show tar sh -c "cd $SCRATCH && tar cf x.tar table a b && tar tf x.tar && mkdir -p un && tar xf x.tar -C un && cmp table un/table"
show cpio sh -c "cd $SCRATCH && ls a b | cpio -o -H newc 2>/dev/null | cpio -t 2>/dev/null"
show ar sh -c "cd $SCRATCH && ar -p x.tar table"
show find sh -c "cd $SCRATCH && find . -name 'par*' -type f -size -40k | sort"
show xargs sh -c "seq 20 | xargs -n 6 echo line"
show ls sh -c "cd $SCRATCH && ls -1 part*"
show stat stat -c '%n %s %F' $t
show mkdir sh -c "cd $SCRATCH && mkdir -p d/e/f && touch d/e/f/g && ln -s f d/e/link && readlink d/e/link && rm -r d && ls d"
show cp sh -c "cd $SCRATCH && cp table copy && mv copy moved && chmod 640 moved && stat -c %a moved"
show dd sh -c "dd if=$t bs=100 count=3 skip=1 2>/dev/null | cksum"
show truncate sh -c "truncate -s 12345 $SCRATCH/hole && stat -c %s $SCRATCH/hole"
show env env -i A=1 B=2 $BIN/busybox env
show pwd sh -c 'cd / && pwd'
show tee sh -c "echo both | tee $SCRATCH/tee; cat $SCRATCH/tee"
show timeout timeout 1 $BIN/busybox sleep 20
show nice nice -n 5 $BIN/busybox true
show id sh -c 'id -u | grep -c .'
show yes sh -c 'yes text | head -n 2'
show sleep sleep 0.01
show false false
show unknown not-an-applet
show kill sh -c 'sleep 20 & kill $!; wait $!; echo $?'
show trap sh -c 'trap "echo caught" USR1; kill -USR1 $$; echo after'
show arithmetic sh -c 'i=0; while [ $i -lt 500 ]; do i=$((i + 1)); s=$((s * 3 % 1000003 + i)); done; echo $s $((0x10 << 3)) $((7 / 2 ** 1))'
show functions sh -c 'f() { local x=$1; [ $x -le 1 ] && echo 1 && return; echo $(($x * $(f $(($x - 1))))); }; f 9'
show expansion sh -c 'a=path/to/file.tar.gz; echo ${a##*/} ${a%%.*} ${a#*/} ${a%.gz} ${#a} ${b:-unset} ${a/file/other}'
show here-document sh -c 'cat <<END
value $((6 * 7)) $(echo nested $(echo deeper))
END'
show case sh -c 'for x in apple bee cat; do case $x in a*) echo A;; ?ee) echo B;; *) echo other;; esac; done'
show pipes sh -c 'echo start | cat | cat | (read x; echo got $x) | cat; false | true; echo $?'
show redirection sh -c "exec 3>$SCRATCH/three; echo to three >&3; exec 3>&-; cat $SCRATCH/three; cat <$SCRATCH/none 2>/dev/null || echo none"
show subshell sh -c '(exit 3); echo $?; x=1; (x=2); echo $x; { x=3; }; echo $x'
show exec-outside sh -c "$BIN/busybox echo one; exec $BIN/busybox echo two"
cat >"$SCRATCH/script" <<END
#!$BIN/busybox sh
echo "script \$# \$1"
END
chmod +x "$SCRATCH/script"
show script sh -c "$SCRATCH/script an-argument"
