package org.jpledge.tools.serve;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.jpledge.linux.KernelException;
import org.jpledge.linux.UnixSocket;

/** Somebody who speaks with a server, a line at a time. */
public final class Client implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final UnixSocket socket;
    private final ByteArrayOutputStream rest = new ByteArrayOutputStream();

    public Client(Path path) throws KernelException {
        this(UnixSocket.connect(path.toString().getBytes(StandardCharsets.UTF_8), PATIENCE));
    }

    public Client(UnixSocket socket) {
        this.socket = socket;
    }

    public UnixSocket socket() {
        return socket;
    }

    public void send(byte[] bytes, int... descriptors) throws KernelException {
        socket.send(bytes, PATIENCE, descriptors);
    }

    public void say(String line) throws KernelException {
        send((line + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /** The next line without its end; what is left at the end of all; empty if that is nothing. */
    public String line() throws KernelException {
        while (true) {
            byte[] bytes = rest.toByteArray();
            for (int i = 0; i < bytes.length; i++) {
                if (bytes[i] == '\n') {
                    rest.reset();
                    rest.write(bytes, i + 1, bytes.length - i - 1);
                    return new String(bytes, 0, i, StandardCharsets.UTF_8);
                }
            }
            byte[] buffer = new byte[1 << 16];
            int length = socket.receive(buffer, PATIENCE).orElseThrow().length();
            if (length == 0) {
                rest.reset();
                return new String(bytes, StandardCharsets.UTF_8);
            }
            rest.write(buffer, 0, length);
        }
    }

    /** The next line that is not for people, who are greeted where this side was slow to speak; empty at the end of all. */
    public String said() throws KernelException {
        String line = line();
        while (!line.isEmpty() && line.charAt(0) != '{' && line.charAt(0) != '[') {
            line = line();
        }
        return line;
    }

    /** All that is said until the other end closes. */
    public String everything() throws KernelException {
        byte[] buffer = new byte[1 << 16];
        int length = socket.receive(buffer, PATIENCE).orElseThrow().length();
        while (length > 0) {
            rest.write(buffer, 0, length);
            length = socket.receive(buffer, PATIENCE).orElseThrow().length();
        }
        return rest.toString(StandardCharsets.UTF_8);
    }

    /** Sends a line, and takes one. */
    public JsonObject ask(String line) throws KernelException {
        say(line.replace('\'', '"'));
        return answer();
    }

    public JsonObject answer() throws KernelException {
        return json().getAsJsonObject();
    }

    public JsonElement json() throws KernelException {
        return new Gson().fromJson(said(), JsonElement.class);
    }

    @Override
    public void close() {
        socket.close();
    }
}
