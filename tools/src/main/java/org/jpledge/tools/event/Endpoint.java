package org.jpledge.tools.event;

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
}
