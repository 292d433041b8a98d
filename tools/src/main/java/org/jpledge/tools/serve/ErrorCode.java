package org.jpledge.tools.serve;

/** Why a request has no result: the codes of JSON-RPC 2.0, and those of ours. */
public enum ErrorCode {
    /** No JSON. */
    PARSE(-32700, "the line is no JSON, or no UTF-8"),
    /** JSON, but no request. */
    INVALID_REQUEST(-32600, "it is JSON, but no request of JSON-RPC 2.0; or too much of it"),
    /** No such method. */
    NO_METHOD(-32601, "there is no such method"),
    /** The method's parameters are wrong. */
    INVALID_PARAMS(-32602, "the parameters are not what the method takes; the message names the one that is wrong"),
    /** An error of ours. */
    INTERNAL(-32603, "an error in pledge itself; please report it"),
    /** Pledge could not, or would not. */
    REFUSED(-32000, "pledge does not do it: data has what the command would have printed, and its exit status"),
    /** Another user's server. */
    NOT_YOURS(-32001, "the server is another user's, or the client is confined more than it is"),
    /** A limit is reached. */
    BUSY(-32002, "a limit is reached; try again later"),
    /** The server is ending. */
    ENDING(-32003, "the server is about to end, and begins nothing new");

    private final int code;
    private final String meaning;

    ErrorCode(int code, String meaning) {
        this.code = code;
        this.meaning = meaning;
    }

    /**
     * Its number.
     *
     * @return the code
     */
    public int code() {
        return code;
    }

    /**
     * What it says.
     *
     * @return one sentence without its end
     */
    public String meaning() {
        return meaning;
    }
}
