# gzip, bzip2, xz and zstd: round trips, and packed files that are the same to the byte.
awk 'BEGIN { for (i = 0; i < 20000; i++) printf "%d %s %x\n", i * i % 7919, "line of text", i * 2654435761 % 65536 }' >text
seq 1 99991 | awk '{ printf "%c%c", $1 * 7 % 251, $1 * $1 % 253 }' >binary
for tool in "gzip -n" bzip2 xz zstd; do
    for level in 1 6 9; do
        for file in text binary; do
            $tool -$level -c $file >packed 2>/dev/null
            printf '%s -%s %s: ' $tool $level $file
            cksum <packed
            $tool -d -c <packed | cmp - $file && echo same
        done
    done
done
gzip -l <packed 2>/dev/null; gzip -t packed 2>&1 | head -n 1; xz -T2 --block-size=65536 -c text | xz -dc | cksum; xz --lzma2=dict=1MiB,lc=4,lp=0,pb=0 -c text | cksum
xz --x86 --lzma2 -c /tests/tools/compress.sh | xz -d | cmp - /tests/tools/compress.sh && echo filtered; xz -lv packed 2>&1 | head -n 1
zstd -19 --long -c text 2>/dev/null | cksum; zstd -T2 -5 -c text 2>/dev/null | zstd -dc | cmp - text && echo threads; zstd --train -B2000 text -o dictionary 2>/dev/null; zstd -D dictionary -c table 2>/dev/null | wc -c; zstd -b3 -i0 text 2>/dev/null | wc -l
head -c 1000 packed | zstd -dc >/dev/null 2>&1; echo "truncated $?"; printf garbage | gzip -d 2>&1; echo $?; printf 'BZh9garbage' | bzip2 -d 2>/dev/null; echo $?
