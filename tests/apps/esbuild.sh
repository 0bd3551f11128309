# esbuild, a large Go program from the npm registry: bundles, minifies and maps a small project.
cp -r tests/apps/esbuild "$SCRATCH/project"
cd "$SCRATCH/project"
$RUN "$BIN/esbuild" --version
build() {
    echo "--- $*"
    $RUN "$BIN/esbuild" "$@" --log-level=warning --outdir=out 2>&1 || echo "exit $?"
    for file in out/*; do
        echo "${file##*/}"
        cat "$file"
        echo
    done
    rm -rf out
}
build main.ts --bundle --format=esm --target=es2020
build main.ts --bundle --minify --sourcemap --platform=node
build main.ts --bundle --splitting --format=esm --target=es2017 --metafile=meta.json
echo 'let x: number = 1 as any; export const y = x ?? 2 ** 3;' | $RUN "$BIN/esbuild" --loader=ts --target=es2015
echo 'let = = 5' | $RUN "$BIN/esbuild" 2>&1
echo "exit $?"
