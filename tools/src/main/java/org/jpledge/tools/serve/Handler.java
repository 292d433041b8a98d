package org.jpledge.tools.serve;

import java.io.IOException;
import java.util.OptionalInt;
import org.jpledge.tools.text.Json;

/** Does what a method says. */
public interface Handler {
    /**
     * What became of a call.
     *
     * @param result what the client gets
     * @param status an exit status for the log, where there is one
     */
    record Answer(Json.Value result, OptionalInt status) {
        /**
         * A result without a status.
         *
         * @param result what the client gets
         * @return the answer
         */
        public static Answer of(Json.Value result) {
            return new Answer(result, OptionalInt.empty());
        }
    }

    /**
     * Does it, in the calling thread.
     *
     * @param call what is asked
     * @return the result
     * @throws RequestException if there is none
     * @throws IOException if the client is gone
     */
    Answer answer(Call call) throws RequestException, IOException;
}
