package org.jpledge.agent;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;

/** An application that knows nothing of all this: does what its arguments say, and prints how it went. */
final class Application {
    /** Something to try. */
    private interface Attempt {
        void run() throws IOException;
    }

    private Application() {}

    public static void main(String[] arguments) throws IOException {
        System.out.println("started");
        for (int i = 0; i + 1 < arguments.length; i += 2) {
            String operand = arguments[i + 1];
            Attempt attempt = switch (arguments[i]) {
                case "read" -> () -> Files.readString(Path.of(operand));
                case "write" -> () -> Files.writeString(Path.of(operand), "text");
                case "connect" -> () -> new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(operand)).close();
                case "bind" -> () -> new ServerSocket(Integer.parseInt(operand)).close();
                case "run" -> () -> new ProcessBuilder(operand).start().destroy();
                case "pause" -> () -> LockSupport.parkNanos(Long.parseLong(operand) * 1_000_000);
                case "library" -> () -> System.out.println(Library.greeting(operand));
                default -> throw new IllegalArgumentException(arguments[i]);
            };
            System.out.println(arguments[i] + ": " + outcome(attempt));
        }
    }

    private static String outcome(Attempt attempt) {
        try {
            attempt.run();
            return "done";
        } catch (IOException e) {
            return e.getClass().getSimpleName();
        }
    }
}
