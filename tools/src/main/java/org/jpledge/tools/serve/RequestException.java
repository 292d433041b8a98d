package org.jpledge.tools.serve;

import java.util.HexFormat;
import java.util.Optional;
import org.jpledge.tools.text.Json;

/** A request that has no result. The message is one line that says what is wrong, and what would be right. */
public final class RequestException extends Exception {
    private static final long serialVersionUID = 1L;

    /** The kind of error, by which clients tell what to do. */
    private final ErrorCode code;

    private final transient Optional<Json.Value> data;

    /**
     * Says why.
     *
     * @param code the kind of error
     * @param message one line
     */
    public RequestException(ErrorCode code, String message) {
        this(code, message, Optional.empty());
    }

    /**
     * Says why, and more.
     *
     * @param code the kind of error
     * @param message one line; what would make it more than one is escaped
     * @param data what else the client may want to know
     */
    public RequestException(ErrorCode code, String message, Optional<Json.Value> data) {
        super(line(message), null, false, false);
        this.code = code;
        this.data = data;
    }

    private static String line(String message) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < message.length(); i++) {
            char c = message.charAt(i);
            if (c == '\n') {
                line.append("\\n");
            } else if (Character.isISOControl(c)) {
                line.append("\\u00").append(HexFormat.of().toHexDigits((byte) c));
            } else {
                line.append(c);
            }
        }
        return line.toString();
    }

    /**
     * The kind of error.
     *
     * @return its code
     */
    public ErrorCode code() {
        return code;
    }

    /** The error as JSON-RPC has it. */
    Json.Members toJson() {
        Json.Members error = new Json.Members()
                .with("code", new Json.Whole(code.code()))
                .with("message", String.valueOf(getMessage()));
        return data.isPresent() ? error.with("data", data.get()) : error;
    }
}
