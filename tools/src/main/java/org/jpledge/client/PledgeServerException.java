package org.jpledge.client;

import java.io.IOException;
import java.util.OptionalInt;

/** What the server answers in place of a result: nothing was run. The message is the server's, in one line. */
public final class PledgeServerException extends IOException {
    private static final long serialVersionUID = 1L;

    /** Pledge does not do it; {@link #status} is what the command would exit with. */
    public static final int REFUSED = -32000;

    /** A limit of the server is reached; later it may be done. */
    public static final int BUSY = -32002;

    /** The server is about to end. */
    public static final int ENDING = -32003;

    /** A parameter is wrong; the message names it. */
    public static final int INVALID_PARAMS = -32602;

    /** The code of the error. */
    private final int code;

    /** The status, or -1. */
    private final int status;

    PledgeServerException(int code, String message, OptionalInt status) {
        super(message);
        this.code = code;
        this.status = status.orElse(-1);
    }

    /**
     * The kind of error.
     *
     * @return a code of JSON-RPC 2.0, or one of the server's own: {@link #REFUSED}, {@link #BUSY}, {@link #ENDING}
     */
    public int code() {
        return code;
    }

    /**
     * What the command would exit with in place of this error.
     *
     * @return such as 64 for a wrong word, 127 for a program that is not there; empty if the error is about the request
     */
    public OptionalInt status() {
        return status < 0 ? OptionalInt.empty() : OptionalInt.of(status);
    }
}
