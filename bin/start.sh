# Sourced by pledge for what has no launcher in the cache: builds, on first use or when sources have changed, and asks
# the JVM for a launcher or for what else was wanted. What stays there while the program runs, as trace does, becomes the JVM.
# shellcheck shell=sh disable=SC2154 # home, stage, words, is_own_proc, resident, via, socket, program, from, launcher, cache come from pledge

# One spelling of every path, so that the cache of loaded classes knows its jars again.
home=$(CDPATH='' cd -- "$home" && pwd -P) || exit 125
stage=$home/target/pledge
# For our own commands, whatever the caller's PATH; the program is looked for in the caller's.
PATH=${PATH:+$PATH:}/usr/bin:/bin

say() { printf 'pledge: %s\n' "$1" >&2; }

fail() {
    say "$1"
    exit 125
}

# Sets jar to that of a module, without its sources and documentation.
find_jar() {
    for jar in "$home/$1/target/$2"-[0-9]*.jar; do
        case $jar in *-sources.jar | *-javadoc.jar) ;; *) [ -f "$jar" ] && return 0 ;; esac
    done
    return 1
}

has_newer_source() {
    [ -n "$(find "$home"/pom.xml "$home"/core/pom.xml "$home"/core/src/main "$home"/tools/pom.xml "$home"/tools/src/main -newer "$1" -type f -print 2>/dev/null)" ]
}

is_stale() {
    read -r build marker 2>/dev/null <"$stage/build" && read -r java 2>/dev/null <"$stage/java" || return 0
    [ -x "$java" ] && ! [ "${java%/bin/java}/release" -nt "$stage/build" ] || return 0
    find_jar tools jpledge-tools && [ "$jar" -nt "$stage/build" ] && return 0
    [ "$home/.git/logs/HEAD" -nt "$stage/build" ] || return 1
    # Somebody committed, pulled or switched branches; that may have changed what is built.
    has_newer_source "$stage/build" && return 0
    touch -- "$stage/build" 2>/dev/null
    return 1
}

# In a subshell, for its descriptors and its exit: one builds, others wait.
build() (
    mkdir -p -- "$stage" 2>/dev/null && [ -w "$stage" ] ||
        fail "cannot write to $stage, where the first use builds; its owner has to run pledge once"
    exec 8>>"$stage/lock" && flock 8 2>/dev/null
    is_stale || exit 0
    . "$home/bin/jdk.sh"
    find_jdk || exit 125
    find_jar core jpledge && find_jar tools jpledge-tools && ! has_newer_source "$jar" || find_maven || exit 125
    if [ -f "$stage/build" ]; then say 'building (something has changed)...'; else say 'building (first use)...'; fi
    (build_jars && build_stage) >"$stage/log" 2>&1 8>&- </dev/null || fail "the build failed: see $stage/log"
)

build_jars() {
    find_jar core jpledge && find_jar tools jpledge-tools && ! has_newer_source "$jar" && return 0
    (cd -- "$home" && mvn -q -B -Pquick -pl tools -am package)
}

# The stage is what is used: copies of the jars, and a cache of loaded classes made of one ordinary use.
build_stage() {
    find_jar core jpledge && core=$jar && find_jar tools jpledge-tools || return 1
    libraries=$(find "$home/tools/target/lib" -name '*.jar' ! -name 'jpledge-*' 2>/dev/null | sort)
    build=$(IFS='
' && cat -- "$core" "$jar" $libraries "$JAVA_HOME/release" | sha256sum) || return 1
    build=${build%"${build#????????????????}"} java=$JAVA_HOME/bin/java
    rm -rf -- "$stage"/????????????????
    mkdir -- "$stage/$build" "$stage/$build/lib" && cp -- "$core" "$stage/$build/jpledge.jar" && cp -- "$jar" "$stage/$build/tools.jar" || return 1
    (IFS='
' && for library in $libraries; do cp -- "$library" "$stage/$build/lib" || exit; done) || return 1
    jvm -Xshare:auto "$stage/$build" || return 1
    probe
    # Where nothing can be traced, trace and the like start without such a cache.
    resident_jvm -XX:AOTCacheOutput="$stage/$build/aot.resident" org.jpledge.tools.Rehearsal trace -o "$stage/$build/training.trace" -- sh -c 'cat /dev/null; :' + \
        trace --json -e %file -o "$stage/$build/training.json" -- sh -c : + \
        explain openat + explain stdio + \
        learn -o "$stage/$build/training.toml" -- sh -c 'cat /dev/null; :' </dev/null &
    jvm -XX:AOTCacheOutput="$stage/$build/aot" "$stage/$build/training" "$stage/$build/training.once" 4 "$(command -v sh)" $$ \
        argument '' "$landlock" -p 'stdio rpath' -v r:/etc -- sh
    wait
    rm -f -- "$stage/$build"/training*
    [ -f "$stage/$build/aot" ] || return 1
    printf '%s\n' "$java" >"$stage/java"
    printf '%s \002\n' "$build" >"$stage/build.new" && mv -- "$stage/build.new" "$stage/build"
}

# Asks the kernel for its Landlock, which takes a JVM longer than all the rest: sets landlock to the answer.
probe() {
    "$stage/$build/landlock" 2>/dev/null
    landlock=$?
}

# jvm OPTION WORD...  Variables that give options to every JVM would make this one print a line, or change it.
jvm() (
    option=$1
    shift
    become_java "$option" -Xint -Xmx64m -XX:CompressedClassSpaceSize=16m -XX:ReservedCodeCacheSize=8m \
        -cp "$stage/$build/jpledge.jar:$stage/$build/tools.jar" org.jpledge.tools.Front "$@" </dev/null
)

become_java() {
    [ -e /proc/self/fd/1 ] || exec >/dev/null
    [ -e /proc/self/fd/2 ] || exec 2>/dev/null
    unset JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS _JAVA_OPTIONS
    LC_ALL=C.UTF-8 exec "$java" -Xlog:disable -XX:+DisplayVMOutputToStderr -XX:TieredStopAtLevel=1 -XX:+UseSerialGC \
        -XX:-UsePerfData -XX:ErrorFile=/dev/null -XX:-CreateCoredumpOnCrash "$@"
}

# Becomes the JVM, for commands that go on while the program runs. It is told what it cannot find out: the environment, on a
# descriptor that nobody uses, and this shell's signals and limit of descriptors.
stay() {
    cache=$stage/$build/aot.resident
    if [ -f "$cache" ]; then cache=-XX:AOTCache=$cache; else cache=-Xshare:auto; fi
    blocked=0 ignored=0
    while IFS=':	 ' read -r field value; do
        case $field in SigBlk) blocked=$value ;; SigIgn) ignored=$value ;; esac
    done 2>/dev/null </proc/self/status
    find_free
    words=$(command -p od -v -An -tx1 "/proc/$$/environ") || fail 'the environment cannot be read: is there a /proc?'
    [ -e /proc/self/fd/0 ] || exec </dev/null
    eval "exec $free<<end
\$words
end"
    set -- org.jpledge.tools.Main "$@"
    # A server stays for long: it begins small, and gives back what it does not need after much work.
    [ "$2" != serve ] || set -- -Xms32m -XX:MinHeapFreeRatio=20 -XX:MaxHeapFreeRatio=40 -XX:-ShrinkHeapInSteps "$@"
    resident_jvm "$cache" "-Dorg.jpledge.caller=$free:$blocked:$ignored:$(ulimit -Sn)" "$@"
}

# Becomes a JVM with all libraries, for which the program's speed depends on its own.
resident_jvm() {
    path=$stage/$build/jpledge.jar:$stage/$build/tools.jar
    for library in "$stage/$build/lib"/*.jar; do
        [ ! -e "$library" ] || path=$path:$library
    done
    become_java --enable-native-access=ALL-UNNAMED -cp "$path" "$@"
}

# Sets free to a descriptor that nobody uses.
find_free() {
    for free in 9 8 7 6 5 4 3; do
        [ -e "/proc/self/fd/$free" ] || break
    done
}

# Is there a cache that belongs to this user alone? Makes one where its parent is this user's (it is not under sudo), and
# removes those of other builds then.
has_private_cache() {
    [ -n "$launcher" ] || return 1
    [ -d "$base" ] || { [ "$base" = "${HOME:-}/.cache" ] && [ -O "${HOME:-}" ] && mkdir -m 700 -- "$base"; } 2>/dev/null
    [ -O "$base" ] || return 1
    [ -d "$base/pledge" ] || mkdir -m 700 -- "$base/pledge" 2>/dev/null
    is_private "$base/pledge" 700 || return 1
    [ -d "$cache" ] || { rm -rf -- "$base/pledge"/* && mkdir -m 1700 -- "$cache"; } 2>/dev/null
    is_private "$cache" 1700
}

is_private() { [ ! -L "$1" ] && [ -O "$1" ] && [ -w "$1" ] && [ "$(command -p stat -c %a -- "$1")" = "$2" ]; }

# Executes a launcher and forgets its file. It stays open as a descriptor that nobody uses, which the launcher closes.
become_once() {
    [ -x "$once" ] || {
        rm -rf -- "${temporary:-$once}"
        fail "programs cannot be executed in ${once%/*}; set TMPDIR to a directory where they can"
    }
    find_free
    eval "exec $free<\"\$once\""
    rm -rf -- "${temporary:-$once}"
    exec "/proc/self/fd/$free" "$@"
}

# Becomes the client that asks a server for a launcher. An environment that is no word of a command line is read from a file.
ask_server() {
    [ -n "$socket" ] || fail 'where does the server listen? There is no XDG_RUNTIME_DIR; write --socket PATH'
    if ! read_environment; then
        temporary=$(command -p mktemp -d) || fail 'no place for the environment: no temporary directory (TMPDIR)'
        find_free
        command -p cat "/proc/$$/environ" >"$temporary/environment" && eval "exec $free<\"\$temporary/environment\""
        status=$?
        rm -rf -- "$temporary"
        [ "$status" = 0 ] || fail 'the environment cannot be read: is there a /proc?'
        environment=$free
    fi
    exec "$stage/$build/client" "$socket" "$environment" "$@"
}

[ -L /proc/self/cwd ] || fail 'there is no /proc here, without which nothing can be started: mount -t proc proc /proc'
is_own_proc || fail 'the /proc here is that of another PID namespace, without the processes of this one: mount -t proc proc /proc'
[ . -ef "$(command -p readlink /proc/self/cwd)" ] || fail 'the working directory cannot be found: it may be removed'

if is_stale; then
    build || exit
    is_stale && fail "the build left nothing to start; see $stage/log"
    find_launcher
fi

[ -z "$resident" ] || stay "$@"

[ -z "$via" ] || ask_server "$@"

# How the environment gets to the program: as the launcher's first argument, or written into the launcher.
passed=argument
read_environment || passed=written

# Asks for a launcher in the cache, or else for one in a temporary directory; sets status.
ask() {
    temporary=
    once=$launcher.$$
    if [ -z "$launcher" ]; then
        temporary=$(command -p mktemp -d) || fail 'no place for a launcher: neither a cache nor a temporary directory (TMPDIR)'
        once=$temporary/launcher
    fi
    probe
    jvm -XX:AOTCache="$stage/$build/aot" "$launcher" "$once" "$words" "$program" $$ "$passed" "$from" "$landlock" "$@"
    status=$?
}

has_private_cache || launcher=
ask "$@"
case $status in
111 | 112)
    # Not every file system lets programs be executed.
    [ -x "$launcher" ] || [ -x "$once" ] || [ -z "$launcher" ] || {
        rm -f -- "$once"
        launcher=
        ask "$@"
    }
    ;;
esac
case $status in
111) # It is in the cache, and takes the program's arguments.
    shift "$words"
    exec "$launcher" "$environment" "$@"
    ;;
112) # It is for this use only, and has them.
    if [ "$passed" = argument ]; then become_once "$environment"; else become_once; fi
    ;;
esac
[ -z "$temporary" ] || rm -rf -- "$temporary"
case $status in
0 | 64 | 12[567] | 130 | 143) exit "$status" ;;
*) fail "the JVM failed with status $status" ;;
esac
