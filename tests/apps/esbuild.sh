# esbuild, a large Go program from the npm registry: bundles, minifies and maps a small project.
cp -r tests/apps/esbuild "$SCRATCH/project"
$RUN "$BIN/esbuild" --version
build() {
    echo "--- $*"
    $RUN "$BIN/esbuild" "$@" --log-level=warning --outdir="$SCRATCH/out" 2>&1 || echo "exit $?"
    for file in "$SCRATCH"/out/*; do
        echo "${file##*/}"
        sed "s|$SCRATCH|.|g" "$file"
        echo
    done
    rm -rf "$SCRATCH/out"
}
build "$SCRATCH/project/main.ts" --bundle --format=esm --target=es2020
build "$SCRATCH/project/main.ts" --bundle --minify --sourcemap --platform=node
build "$SCRATCH/project/main.ts" --bundle --splitting --format=esm --target=es2017 --metafile="$SCRATCH/meta.json"
echo 'let x: number = 1 as any; export const y = x ?? 2 ** 3;' | $RUN "$BIN/esbuild" --loader=ts --target=es2015
echo 'let = = 5' | $RUN "$BIN/esbuild" 2>&1
echo "exit $?"
