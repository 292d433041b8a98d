#!/bin/sh
# Writes the resources of org.jpledge.syscall: generate.sh [DIRECTORY]
#
# Fetches Debian sid's packages of the kernel's headers and source and of the C library's headers into DIRECTORY (default: a temporary one) and unpacks
# them there; nothing is installed and the system's own package lists stay as they are. What DIRECTORY already holds is not fetched again, so two runs
# with one DIRECTORY give the same bytes. Needs apt, dpkg-deb, tar, xz, python3 and clang.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=$here/../resources/org/jpledge/syscall
dir=${1:-$(mktemp -d)}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
libc='libc6-dev-amd64-cross libc6-dev-i386-cross libc6-dev-arm64-cross libc6-dev-armhf-cross libc6-dev-riscv64-cross libc6-dev-ppc64el-cross libc6-dev-s390x-cross'

if [ ! -d "$dir/deb" ]; then
    # The machine's own Debian source, pointed at sid.
    mkdir -p "$dir/apt/lists/partial" "$dir/apt/archives/partial" "$dir/deb.new"
    awk 'BEGIN { RS = "" } NR == 1' /etc/apt/sources.list.d/debian.sources | sed 's/^Suites:.*/Suites: sid/' >"$dir/apt/debian.sources"
    cat >"$dir/apt/apt.conf" <<END
Dir::State "$dir/apt";
Dir::Cache "$dir/apt";
Dir::Etc::sourcelist "$dir/apt/debian.sources";
Dir::Etc::sourceparts "-";
APT::Sandbox::User "";
END
    APT_CONFIG=$dir/apt/apt.conf
    export APT_CONFIG
    apt-get -qq update
    source=$(apt-cache depends --important linux-source | sed -n 's/.*Depends: \(linux-source-[0-9.]*\)$/\1/p')
    # shellcheck disable=SC2086 # a list of packages
    (cd "$dir/deb.new" && apt-get -qq download linux-libc-dev "$source" manpages-dev $libc)
    mv "$dir/deb.new" "$dir/deb"
fi

if [ ! -d "$dir/root" ]; then
    rm -rf "$dir/root.new"
    mkdir "$dir/root.new"
    for package in "$dir"/deb/*.deb; do
        dpkg-deb -x "$package" "$dir/root.new"
    done
    mkdir "$dir/root.new/linux"
    # What holds a system call: tables, and the C files of these directories.
    tar -xJf "$dir"/root.new/usr/src/linux-source-*.tar.xz -C "$dir/root.new/linux" --strip-components=1 --wildcards \
        '*/syscall*.tbl' 'linux-source-*/arch/*.c' 'linux-source-*/block/*.c' 'linux-source-*/fs/*.c' 'linux-source-*/io_uring/*.c' \
        'linux-source-*/ipc/*.c' 'linux-source-*/kernel/*.c' 'linux-source-*/mm/*.c' 'linux-source-*/net/*.c' 'linux-source-*/security/*.c' \
        'linux-source-*/drivers/char/random.c' 'linux-source-*/drivers/pci/syscall.c'
    mv "$dir/root.new" "$dir/root"
fi

export LC_ALL=C
mkdir -p "$out"
python3 "$here/calls.py" "$dir/root/linux" "$dir/root/usr/lib/linux/uapi" "$out"
python3 "$here/constants.py" "$dir/root" "$out"
python3 "$here/since.py" "$dir/root/usr/share/man/man2/syscalls.2.gz" "$out"
for package in "$dir"/deb/*.deb; do
    dpkg-deb -f "$package" Package Version | sed 's/.*: //' | paste -s -d ' ' -
done >"$here/versions.txt"
