# Sourced by pledge and test: where is a JDK, version 25 or later?
# shellcheck shell=sh

# Is $1 the home of a JDK >= 25? Its release file says so; nothing has to be started to ask.
is_jdk25() {
    [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 1
    while IFS='=' read -r jdk_key jdk_value; do
        [ "$jdk_key" = JAVA_VERSION ] || continue
        jdk_value=${jdk_value#\"}
        jdk_value=${jdk_value%%[!0-9]*}
        [ "${jdk_value:-0}" -ge 25 ]
        return
    done <"$1/release"
    return 1
}

# Sets and exports JAVA_HOME, or says on standard error how to get a JDK and returns 1.
find_jdk() {
    jdk_on_path=$(command -v javac) && jdk_on_path=$(readlink -f -- "$jdk_on_path") || jdk_on_path=/
    for jdk_home in "${JAVA_HOME-}" "${jdk_on_path%/bin/javac}" /usr/lib/jvm/* /opt/java/* "${HOME-}"/.sdkman/candidates/java/*; do
        if is_jdk25 "$jdk_home"; then
            JAVA_HOME=$jdk_home
            export JAVA_HOME
            return 0
        fi
    done
    jdk_system=
    [ -r /etc/os-release ] && jdk_system=$(. /etc/os-release && echo "${ID-} ${ID_LIKE-}")
    case $jdk_system in
    *debian* | *ubuntu*) jdk_install='apt-get install openjdk-25-jdk-headless' ;;
    *fedora* | *rhel*) jdk_install='dnf install java-25-openjdk-devel' ;;
    *alpine*) jdk_install='apk add openjdk25' ;;
    *arch*) jdk_install='pacman -S jdk25-openjdk' ;;
    *suse*) jdk_install='zypper install java-25-openjdk-devel' ;;
    *) jdk_install= ;;
    esac
    {
        echo "${0##*/}: no JDK 25 or later found in JAVA_HOME (${JAVA_HOME:-not set}), on PATH or in /usr/lib/jvm. Install one:"
        [ -z "$jdk_install" ] || echo "    $jdk_install"
        echo "${jdk_install:+or, where your release has no such package, }Eclipse Temurin 25 (package temurin-25-jdk), or unpack any JDK 25 and set JAVA_HOME."
    } >&2
    return 1
}

# Is Maven here? Says how to get it and returns 1 where it is not.
find_maven() {
    command -v mvn >/dev/null && return 0
    echo "${0##*/}: Maven (mvn) is needed to build and was not found on PATH. Install it, for example: apt-get install maven" >&2
    return 1
}
