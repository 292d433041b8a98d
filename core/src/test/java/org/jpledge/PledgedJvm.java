package org.jpledge;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jpledge.linux.Kernel;

/**
 * The program that {@link PledgeRegressTest} starts: a JVM that pledges itself, and then makes system calls. Prints the last
 * result, or the error's number, negative.
 */
final class PledgedJvm {
    private static final int BUFFER = 4096;

    private PledgedJvm() {}

    /** Arguments: {@code KILL} or {@code REFUSE}; a directory; promises, or {@code -} for none; calls, with semicolons between. */
    public static void main(String[] arguments) {
        // Whatever is needed later is loaded now.
        List<Call> calls = new ArrayList<>();
        if (!arguments[3].isEmpty()) {
            for (String call : arguments[3].split("; ", -1)) {
                calls.add(Call.of(call, Path.of(arguments[1])));
            }
        }
        Kernel.call("getpid");
        System.out.println("pledging");
        long last = 0;
        try {
            if (!arguments[2].equals("-")) {
                Sandbox.pledge(arguments[2])
                        .onViolation(OnViolation.valueOf(arguments[0]))
                        .enter();
            }
            for (Call call : calls) {
                last = call.make(last);
                if (last < 0) {
                    break;
                }
            }
            System.out.println(Math.min(last, 0));
        } catch (PledgeException e) {
            System.out.println(e.errno());
        }
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }

    /** A call whose arguments are ready; or pledge(2), with its promises. */
    private record Call(String name, String promises, long[] arguments, int last) {
        private static final String PLEDGE = "pledge(\"";

        static Call of(String text, Path directory) {
            if (text.startsWith(PLEDGE)) {
                return new Call("pledge", text.substring(PLEDGE.length(), text.length() - 2), new long[0], -1);
            }
            String[] words = CallText.words(text, directory).split(" ", -1);
            long[] arguments = new long[words.length - 1];
            int last = -1;
            for (int i = 0; i < arguments.length; i++) {
                String word = words[i + 1];
                switch (word.charAt(0)) {
                    case 'R' -> last = i;
                    case 'b' -> arguments[i] = Arena.global().allocate(BUFFER).address();
                    case 's' ->
                        arguments[i] =
                                Arena.global().allocateFrom(word.substring(1)).address();
                    case 'i' ->
                        arguments[i] = Arena.global()
                                .allocateFrom(ValueLayout.JAVA_INT, Integer.parseInt(word.substring(1)))
                                .address();
                    default -> arguments[i] = Long.parseUnsignedLong(word);
                }
            }
            return new Call(text.substring(0, text.indexOf('(')), "", arguments, last);
        }

        long make(long before) {
            if (name.equals("pledge")) {
                Pledge.pledge(promises);
                return 0;
            }
            if (last >= 0) {
                arguments[last] = before;
            }
            return Kernel.call(name, arguments);
        }
    }
}
