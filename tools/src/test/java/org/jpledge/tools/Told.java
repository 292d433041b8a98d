package org.jpledge.tools;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jpledge.linux.KernelException;
import org.jpledge.tools.serve.Client;

/**
 * What a server has told its client.
 *
 * @param notifications what came before the answer
 * @param answer the answer to a request
 */
record Told(List<JsonObject> notifications, JsonObject answer) {
    JsonObject result() {
        JsonElement result = answer.get("result");
        if (result == null) {
            throw new AssertionError("no result: " + answer);
        }
        return result.getAsJsonObject();
    }

    String error() {
        JsonElement error = answer.get("error");
        if (error == null) {
            throw new AssertionError("no error: " + answer);
        }
        return error.getAsJsonObject().get("code").getAsInt() + " "
                + error.getAsJsonObject().get("message").getAsString();
    }

    int status() {
        return result().get("status").getAsInt();
    }

    /** What came as text on a stream. */
    String text(String stream) {
        StringBuilder text = new StringBuilder();
        for (JsonObject notification : notifications) {
            JsonObject params = notification.getAsJsonObject("params");
            if (params.has("stream") && params.get("stream").getAsString().equals(stream) && params.has("data")) {
                text.append(params.get("data").getAsString());
            }
        }
        return text.toString();
    }

    /** Sends a request, with apostrophes for quotes, and waits for its answer. */
    static Told ask(Client client, String method, String params, int... descriptors) throws KernelException {
        request(client, method, params, descriptors);
        return told(client);
    }

    static void request(Client client, String method, String params, int... descriptors) throws KernelException {
        String line = "{'jsonrpc':'2.0','id':1,'method':'" + method + "','params':" + params + "}\n";
        client.send(line.replace('\'', '"').getBytes(StandardCharsets.UTF_8), descriptors);
    }

    static Told told(Client client) throws KernelException {
        List<JsonObject> notifications = new ArrayList<>();
        while (true) {
            JsonObject next = client.answer();
            if (next.has("id")) {
                return new Told(notifications, next);
            }
            notifications.add(next);
        }
    }

    /** Waits for a notification, and gives its parameters. */
    static JsonObject until(Client client, String notification) throws KernelException {
        while (true) {
            JsonObject next = client.answer();
            if (next.has("method") && next.get("method").getAsString().equals(notification)) {
                return next.getAsJsonObject("params");
            }
            if (next.has("id")) {
                throw new AssertionError(next.toString());
            }
        }
    }
}
