package org.jpledge.tools.need;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jpledge.tools.need.Calls.call;

import java.util.ArrayList;
import java.util.List;
import org.jpledge.tools.event.Argument;
import org.jpledge.tools.event.Endpoint;
import org.jpledge.tools.event.Syscall;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What calls need, in the words that trace shows: ways with "or" between them. */
class NeedsTest {
    private static final int CWD = -100;

    /** A call and what it needs. */
    record Row(Syscall call, String need) {}

    static List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        rows.add(new Row(call("exit_group"), "(nothing)"));
        rows.add(new Row(call("getpid"), "stdio"));
        rows.add(new Row(call("openat", CWD, "/etc", "O_RDONLY|O_CLOEXEC|O_DIRECTORY"), "rpath r:/etc"));
        rows.add(new Row(call("openat", CWD, "/x/in", "O_RDONLY"), "rpath r:/x/in"));
        rows.add(new Row(call("openat", CWD, "/x/in", "O_RDWR"), "rpath wpath rw:/x/in"));
        rows.add(new Row(call("openat", CWD, "/x/in", "O_PATH"), "rpath"));
        rows.add(new Row(call("openat", CWD, "/x/out", "O_WRONLY|O_CREAT|O_TRUNC"), "wpath cpath w:/x/out c:/x"));
        rows.add(new Row(call("creat", "/x/out"), "wpath cpath w:/x/out c:/x"));
        rows.add(new Row(call("openat", CWD, "/dev/null", "O_WRONLY|O_CREAT"), "stdio"));
        rows.add(new Row(call("openat", CWD, "/etc/passwd", "O_RDONLY"), "rpath r:/etc/passwd or stdio getpw"));
        rows.add(new Row(call("openat", CWD, "/etc/passwd", "O_RDWR"), "rpath wpath rw:/etc/passwd"));
        rows.add(new Row(
                call("openat", CWD, "/proc/meminfo", "O_RDONLY"), "rpath r:/proc/meminfo or stdio ps or stdio vminfo"));
        rows.add(new Row(
                call("openat", CWD, "/tmp/a", "O_RDWR|O_CREAT"), "rpath wpath cpath rw:/tmp/a c:/tmp or tmppath"));
        rows.add(new Row(call("unlink", "/tmp/a"), "cpath c:/tmp or tmppath"));
        rows.add(new Row(call("mkdir", "/tmp/a"), "cpath c:/tmp or cpath tmppath"));
        rows.add(new Row(call("newfstatat", CWD, "/x/in"), "rpath"));
        rows.add(new Row(call("newfstatat", 3, "/x/in", 0, "AT_EMPTY_PATH"), "stdio"));
        rows.add(new Row(call("rename", "/x/a", "/y/b"), "rpath cpath c:/x c:/y"));
        rows.add(new Row(call("link", "/x/a", "/y/b"), "rpath cpath c:/y c:/x"));
        rows.add(new Row(call("link", "/x/a", "/x/b"), "rpath cpath c:/x"));
        rows.add(new Row(call("execve", "/x/run"), "exec x:/x/run"));
        rows.add(new Row(call("mmap", 0, 4096, "PROT_READ|PROT_EXEC"), "prot_exec"));
        rows.add(new Row(call("mmap", 0, 4096, "PROT_READ"), "stdio"));
        rows.add(new Row(call("setrlimit"), "proc or id"));
        rows.add(new Row(call("ptrace"), "(never)"));
        rows.add(new Row(call("mount"), "(never)"));
        rows.add(new Row(call("kill", 42, 15), "stdio"));
        rows.add(new Row(call("kill", 43, 15), "proc"));
        rows.add(new Row(call("clone", "CLONE_VM|CLONE_VFORK"), "proc"));
        rows.add(new Row(clone3("CLONE_VM|CLONE_VFORK"), "proc"));
        rows.add(new Row(
                clone3("CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD|CLONE_SYSVSEM|CLONE_SETTLS"
                        + "|CLONE_PARENT_SETTID|CLONE_CHILD_CLEARTID"),
                "stdio"));
        rows.add(new Row(clone3("CLONE_NEWUSER"), "(never)"));
        rows.add(new Row(call("socket", "AF_INET", "SOCK_STREAM"), "inet or anet or dns"));
        rows.add(new Row(call("connect", 3, internet(80)), "inet connect:80"));
        rows.add(new Row(call("connect", 3, internet(53)), "inet or dns connect:53"));
        rows.add(new Row(call("bind", 3, internet(8080)), "inet or anet bind:8080"));
        rows.add(new Row(call("connect", 3, new Endpoint.Local("/run/s", false)), "unix w:/run/s"));
        rows.add(new Row(call("bind", 3, new Endpoint.Local("/run/s", false)), "unix c:/run"));
        rows.add(new Row(call("bind", 3, new Endpoint.Local("/run/s", true)), "unix"));
        Endpoint none = new Endpoint.Other("");
        rows.add(new Row(message("UNIX:[7]", none), "unix or sendfd"));
        rows.add(new Row(message("TCP:[7]", none), "inet or dns or sendfd"));
        rows.add(new Row(message("NETLINK:[7]", none), "dns or route or wroute or sendfd"));
        rows.add(new Row(message("socket:[7]", none), "inet or unix or dns or route or wroute or sendfd"));
        return rows;
    }

    private static Syscall message(String what, Endpoint to) {
        return call("sendmsg", new Argument.Descriptor("fd", 3, 3, what), to);
    }

    private static Endpoint internet(int port) {
        return new Endpoint.Internet("AF_INET", "127.0.0.1", port);
    }

    private static Syscall clone3(String flags) {
        return call(
                "clone3", List.of(new Argument.Field("flags", flags), new Argument.Field("exit_signal", "SIGCHLD")));
    }

    @ParameterizedTest
    @MethodSource("rows")
    void aCallNeedsWhatTheTablesSay(Row row) {
        assertThat(text(Needs.of(row.call()))).isEqualTo(row.need());
    }

    private static String text(Need need) {
        if (!need.isPossible()) {
            return "(never)";
        }
        List<String> ways = new ArrayList<>();
        for (Way way : need.ways()) {
            StringBuilder text = new StringBuilder(String.join(" ", way.words()));
            way.accesses()
                    .forEach(access -> text.append(' ')
                            .append(access.letters())
                            .append(':')
                            .append(access.file()));
            ways.add(text.isEmpty() ? "(nothing)" : text.toString());
        }
        StringBuilder text = new StringBuilder(String.join(" or ", ways));
        for (PortUse port : need.ports()) {
            text.append(port.connect() ? " connect:" : " bind:").append(port.port());
        }
        return text.toString();
    }
}
