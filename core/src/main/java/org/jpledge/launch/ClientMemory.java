package org.jpledge.launch;

/**
 * The zeroed memory of a {@link LauncherClient}: offsets from its beginning, which register S5 holds. {@link Memory#LINE} is where it is
 * for launchers.
 */
final class ClientMemory {
    /** Two times {@code struct sigaction} in the kernel's form, 32 bytes each: what was, and what is meanwhile. */
    static final int OLD_ACTION = 0;

    static final int NEW_ACTION = 32;
    /** {@code struct timeval}. */
    static final int PATIENCE = 64;
    /** {@code struct sockaddr_un} up to the last byte of the longest path that ends in a zero byte. */
    static final int ADDRESS = 80;

    static final int PATH = ADDRESS + 2;
    static final int LONGEST_PATH = 107;
    static final int ADDRESS_LENGTH = 192;
    /** {@code struct ucred}, and its size. */
    static final int PEER = 196;

    static final int PEER_LENGTH = 208;
    static final int SOCKET = 212;
    static final int LAUNCHER = 216;
    static final int FILE = 220;
    /** Where the environment's entries begin, and where they end. */
    static final int ENTRIES = 224;

    static final int ENTRIES_END = 232;
    static final int REMAINING = 240;
    static final int CHUNK = 248;
    static final int REQUEST = 256;
    static final int REPLY = 272;
    /** Three times {@code struct iovec}. */
    static final int PIECES = 296;

    static final int PIECE = 16;
    /** {@code struct msghdr}. */
    static final int MESSAGE = 344;
    /** {@code struct cmsghdr} and two descriptors. */
    static final int CONTROL = 400;

    static final int CONTROL_SIZE = 24;
    /** The socket's path as a terminal can be shown it. */
    static final int SHOWN = 424;

    static final int BUFFER = Memory.LINE + Memory.LINE_SIZE;
    static final int BUFFER_SIZE = 1 << 16;
    static final int SIZE = BUFFER + BUFFER_SIZE;

    private ClientMemory() {}
}
