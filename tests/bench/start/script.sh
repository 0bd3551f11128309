# script.sh FOLDER SCRATCH: what configure does: some 300 short processes. FOLDER: where the programs are.
PATH=$1
export PATH
cd "$2" || exit 1
number=0
while [ $number -lt 33 ]; do
    number=$((number + 1))
    echo "int probe_$number(void);" >conftest.c
    name=$(echo "have function $number" | sed 's/[^a-z0-9]/_/g' | tr a-z A-Z) || exit 1 # where no programs can be started
    if grep probe_$number conftest.c >/dev/null && test -f conftest.c; then
        echo "#define $name 1" | cat >>confdefs.h
    fi
    base=$(basename "$PWD/conftest.c" .c)
    expr "$base" : '\(conf\)' >/dev/null
    rm -f conftest.c
done
sort confdefs.h | uniq | wc -l
rm -f confdefs.h
