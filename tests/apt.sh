# Sourced: apt_private ARGUMENTS... is apt-get with a configuration of the project's own, which knows the
# source packages and the backports of the distribution that is installed. It is derived from the
# machine's list of sources, which stays as it is. Everything is kept below $BUILD/apt.

case ${BUILD:=build} in
/*) apt_folder=$BUILD/apt ;;
*) apt_folder=$(pwd)/$BUILD/apt ;;
esac
apt_codename=$(. /etc/os-release && echo "$VERSION_CODENAME")

# Prints the distribution's own suites from one-line and deb822 lists, as deb-src and backports lines.
apt_derive() {
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ -f "$file" ] && sed 's/#.*//' "$file"
    done | awk -v suite="$apt_codename" '
        $1 == "deb" {
            options = ""
            at = 2
            if ($2 ~ /^\[/) {
                while ($at !~ /\]$/)
                    options = options $(at++) " "
                options = options $(at++) " "
            }
            if ($(at + 1) == suite && / main( |$)/)
                print options $at
        }'
    for file in /etc/apt/sources.list.d/*.sources; do
        [ -f "$file" ] && sed '/^#/d' "$file" && echo
    done | awk -v suite="$apt_codename" '
        function flush(  i, n, words) {
            if (types ~ /deb( |$)/ && " " suites " " ~ " " suite " " && " " components " " ~ / main /) {
                n = split(uris, words, " ")
                for (i = 1; i <= n; i++)
                    print (key ? "[signed-by=" key "] " : "") words[i]
            }
            types = uris = suites = components = key = ""
        }
        { value = $0; sub(/^[^:]*: */, "", value) }
        /^Types:/ { types = value }
        /^URIs:/ { uris = value }
        /^Suites:/ { suites = value }
        /^Components:/ { components = value }
        /^Signed-By:/ && value ~ /^\// { key = value }
        /^$/ { flush() }
        END { flush() }'
}

apt_prepare() {
    mkdir -p "$apt_folder/lists/partial" "$apt_folder/cache/archives/partial" "$apt_folder/empty"
    apt_derive | sort -u | while read -r source; do
        echo "deb $source $apt_codename main"
        echo "deb-src $source $apt_codename main"
        [ "$apt_codename" != bookworm ] || echo "deb $source $apt_codename-backports main"
    done >"$apt_folder/sources.list"
    [ -s "$apt_folder/sources.list" ] || {
        echo "no sources of $apt_codename found under /etc/apt" >&2
        return 1
    }
}

apt_private() {
    [ -s "$apt_folder/sources.list" ] || apt_prepare || return 1
    apt-get -o Dir::Etc::SourceList="$apt_folder/sources.list" -o Dir::Etc::SourceParts="$apt_folder/empty" \
        -o Dir::State::Lists="$apt_folder/lists" -o Dir::Cache="$apt_folder/cache" \
        -o APT::Sandbox::User=root -o Acquire::Languages=none "$@"
}

# Fetches and unpacks a source package into a folder of the given name, unless that is there. Others that
# want the same wait.
apt_source() {
    mkdir -p "$apt_folder"
    (
        flock 9
        [ -d "$2" ] || apt_fetch "$1" "$2"
    ) 9>"$apt_folder/lock"
}

apt_fetch() {
    echo "Fetching the source package $1."
    rm -rf "$2.fetch"
    mkdir -p "$2.fetch"
    [ -f "$apt_folder/updated" ] || { apt_private update -qq && touch "$apt_folder/updated"; } || return 1
    (cd "$2.fetch" && apt_private source -qq "$1" >/dev/null) || {
        rm -f "$apt_folder/updated"
        return 1
    }
    mv "$2.fetch"/*/ "$2"
    rm -rf "$2.fetch"
}
