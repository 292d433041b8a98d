package org.jpledge.tools.event;

import org.jpledge.tools.text.ByteText;

/** The address of a socket. */
public sealed interface Endpoint {
    /**
     * Of the Internet.
     *
     * @param family {@code AF_INET} or {@code AF_INET6}
     * @param host the address in numbers
     * @param port the port
     */
    record Internet(String family, String host, int port) implements Endpoint {}

    /**
     * Of this machine.
     *
     * @param path a path; bytes as characters; empty if the socket has no name
     * @param isAbstract whether it is a name of the abstract space instead, which is no file
     * @param file the path from the root, without symbolic links, as {@link Argument.PathName#file()}; empty where that is
     *     not known or there is none
     */
    record Local(String path, boolean isAbstract, String file) implements Endpoint {
        /**
         * One whose file is not known.
         *
         * @param path a path; bytes as characters; empty if the socket has no name
         * @param isAbstract whether it is a name of the abstract space instead
         */
        public Local(String path, boolean isAbstract) {
            this(path, isAbstract, "");
        }
    }

    /**
     * To the kernel.
     *
     * @param port netlink's port, mostly a process
     * @param groups which groups of messages
     */
    record Netlink(int port, int groups) implements Endpoint {}

    /**
     * Of another kind.
     *
     * @param family its name, or its number
     */
    record Other(String family) implements Endpoint {}

    /**
     * The address as C would have it.
     *
     * @return such as {@code {sa_family=AF_INET, sin_port=htons(53), sin_addr="127.0.0.1"}}
     */
    default String text() {
        StringBuilder out = new StringBuilder("{sa_family=");
        switch (this) {
            case Internet(String family, String host, int port) -> {
                String digit = family.equals("AF_INET6") ? "6" : "";
                out.append(family).append(", sin").append(digit).append("_port=htons(");
                out.append(port).append("), sin").append(digit).append("_addr=\"");
                out.append(host).append('"');
            }
            case Local local -> {
                out.append("AF_UNIX");
                if (local.isAbstract() || !local.path().isEmpty()) {
                    out.append(", sun_path=").append(local.isAbstract() ? "@" : "");
                    ByteText.quote(out, local.path());
                }
            }
            case Netlink(int port, int groups) -> {
                out.append("AF_NETLINK, nl_pid=").append(port).append(", nl_groups=");
                out.append(groups == 0 ? "0" : "0x" + Integer.toHexString(groups));
            }
            case Other(String family) -> out.append(family);
        }
        return out.append('}').toString();
    }
}
