# To be read by a script of this directory: packages of another suite or architecture of Debian, without installing anything.
# Needs $work, a directory for what is in between; $state, $suite and $arch, of the package.
for tool in apt-get apt-cache dpkg-deb; do
    command -v "$tool" >/dev/null || {
        echo "$0: $tool is not installed: this works on Debian and its relatives only" >&2
        exit 1
    }
done

# The first archive of the machine that is not the one for security: one line of sources.list or a deb822 stanza.
source_of() {
    for file in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list; do
        [ -f "$file" ] || continue
        awk -v suite="$1" -v arch="$2" '
            !/^#/ && $1 == "URIs:" && !uri { uri = $2 }
            !/^#/ && $1 == "Signed-By:" && !key { key = $2 }
            !/^#/ && $1 == "deb" && !uri { for (i = 2; i <= NF && !uri; i++) if ($i ~ /:\//) uri = $i }
            END {
                if (!uri) exit 1
                print "Types: deb\nURIs: " uri "\nSuites: " suite "\nComponents: main\nArchitectures: " arch
                if (key) print "Signed-By: " key
            }' "$file" && return
    done
    echo "$0: no Debian source in /etc/apt/sources.list.d/debian.sources or /etc/apt/sources.list" >&2
    return 1
}

# Types that the private state directory is made of are options of every call.
private() {
    tool=$1
    shift
    "$tool" -q -o Dir::State="$state" -o Dir::State::status="$state/status" -o Dir::Cache="$state/cache" \
        -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$state/sources" \
        -o APT::Architecture="$arch" -o APT::Architectures="$arch" -o Acquire::Languages=none \
        -o APT::Sandbox::User="$(id -un)" "$@"
}

# Makes a private state directory for a suite and an architecture, and has it know what packages there are.
begin() {
    suite=$1
    arch=$2
    state=$work/$suite-$arch
    mkdir -p "$state/sources" "$state/lists/partial" "$state/cache/archives/partial"
    : >"$state/status"
    source_of "$suite" "$arch" >"$state/sources/debian.sources"
    private apt-get update >"$state/log" 2>&1 || { cat "$state/log" >&2; exit 1; }
}

# Downloads packages into the state directory.
download() {
    (cd "$state" && private apt-get download "$@" >"$state/log" 2>&1) || { cat "$state/log" >&2; exit 1; }
}
