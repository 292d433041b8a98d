#!/bin/sh
# Writes systemd.groups: the groups of system calls of the systemd that is installed. A row is a group and its members; those that
# begin with @ are groups themselves.
#
# Usage: systemd-groups.sh > systemd.groups
set -eu
echo "# Made by systemd-groups.sh: the groups of system calls of $(systemd-analyze --version | head -n 1)."
systemd-analyze --no-pager syscall-filter 2>/dev/null | awk '
    function flush() { if (row != "") print row }
    /^@/ { flush(); row = $1; next }
    /^ +[@a-z_]/ { if (length(row " " $1) > 120) { print row; row = "" } row = row " " $1 }
    END { flush() }'
