package org.jpledge.tools.decode;

import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jpledge.syscall.Arch;
import org.jpledge.tools.event.Endpoint;
import org.jspecify.annotations.Nullable;

/** Addresses of sockets: struct sockaddr_in, sockaddr_in6, sockaddr_un, sockaddr_nl. */
final class SocketAddress {
    /** As long as any: {@code struct sockaddr_storage}. */
    static final int LONGEST = 128;

    private static final int LOCAL = 1;
    private static final int INTERNET = 2;
    private static final int INTERNET6 = 10;
    private static final int NETLINK = 16;
    private static final int PATH = 2;

    private SocketAddress() {}

    /** The address in some bytes; null if they are too few. */
    static @Nullable Endpoint of(Arch arch, byte[] memory) {
        if (memory.length < PATH) {
            return null;
        }
        boolean big = !isLittle(arch);
        int family = (int) Numbers.of(memory, 0, 2, false, big);
        if (family == LOCAL) {
            return local(memory);
        }
        if (family == INTERNET && memory.length >= 8) {
            return new Endpoint.Internet("AF_INET", four(memory, 4), port(memory));
        }
        if (family == INTERNET6 && memory.length >= 24) {
            long scope = memory.length < 28 ? 0 : Numbers.of(memory, 24, 4, false, big);
            String host = sixteen(memory, 8);
            return new Endpoint.Internet("AF_INET6", scope == 0 ? host : host + "%" + scope, port(memory));
        }
        if (family == NETLINK && memory.length >= 12) {
            return new Endpoint.Netlink(
                    (int) Numbers.of(memory, 4, 4, true, big), (int) Numbers.of(memory, 8, 4, true, big));
        }
        Symbols families = Symbols.of(arch, "family");
        String name = families == null ? null : families.name(family);
        return new Endpoint.Other(name == null ? Integer.toString(family) : name);
    }

    static boolean isLittle(Arch arch) {
        return arch.order() == ByteOrder.LITTLE_ENDIAN;
    }

    private static Endpoint local(byte[] memory) {
        if (memory.length == PATH) {
            return new Endpoint.Local("", false);
        }
        String path = new String(memory, PATH, memory.length - PATH, StandardCharsets.ISO_8859_1);
        if (path.charAt(0) == '\0') {
            return new Endpoint.Local(path.substring(1), true);
        }
        int end = path.indexOf('\0');
        return new Endpoint.Local(end < 0 ? path : path.substring(0, end), false);
    }

    private static int port(byte[] memory) {
        return (int) Numbers.of(memory, 2, 2, false, true);
    }

    private static String four(byte[] memory, int at) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < 4; i++) {
            out.append(i == 0 ? "" : ".").append(memory[at + i] & 0xff);
        }
        return out.toString();
    }

    /** As RFC 5952 wants it: the longest run of zeros left out, the last four bytes in decimal where they are an IPv4 address. */
    private static String sixteen(byte[] memory, int at) {
        int[] groups = new int[8];
        for (int i = 0; i < groups.length; i++) {
            groups[i] = (int) Numbers.of(memory, at + 2 * i, 2, false, true);
        }
        boolean mapped = groups[5] == 0xffff;
        for (int i = 0; i < 5; i++) {
            mapped &= groups[i] == 0;
        }
        if (mapped) {
            return "::ffff:" + four(memory, at + 12);
        }
        int from = -1;
        int longest = 1;
        for (int i = 0; i < groups.length; i++) {
            int run = 0;
            while (i + run < groups.length && groups[i + run] == 0) {
                run++;
            }
            if (run > longest) {
                from = i;
                longest = run;
            }
        }
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < groups.length; i++) {
            if (i == from) {
                out.append("::");
                i += longest - 1;
            } else {
                out.append(i == 0 || out.charAt(out.length() - 1) == ':' ? "" : ":")
                        .append(Integer.toHexString(groups[i]));
            }
        }
        return out.toString();
    }
}
