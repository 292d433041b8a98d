package org.jpledge.launch;

/**
 * What a {@link LauncherClient} and its server say to each other, by a stream socket of the unix family. All numbers are of 32 bits, in
 * the order of bytes of both processors that there are launchers for, which is little-endian.
 *
 * <p>The client begins: {@link #MAGIC}, the bytes of the command line's words, the bytes of the environment's entries, zero; then the
 * words and the entries, each ended by a zero byte. With the first byte come two descriptors: the working directory and the root.
 *
 * <p>The server answers: {@link #MAGIC}; an exit status or {@link #BECOME}; how many words are not for the launcher; the bytes for
 * standard output; those for standard error; then both. With the first byte of {@link #BECOME} comes the descriptor of a launcher.
 */
public final class ClientFrame {
    /** How either side begins: a zero byte, which begins no text; two letters; the version of this protocol. */
    public static final int MAGIC = 0x01_4c_50_00;

    /** Bytes of the client's numbers. */
    public static final int REQUEST = 16;

    /** Bytes of the server's numbers. */
    public static final int REPLY = 20;

    /** In the place of an exit status: the client becomes the launcher. */
    public static final int BECOME = 256;

    /** How many descriptors the client sends: its working directory, then its root. */
    public static final int DESCRIPTORS = 2;

    private ClientFrame() {}
}
