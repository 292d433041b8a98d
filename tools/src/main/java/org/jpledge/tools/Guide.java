package org.jpledge.tools;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Semaphore;
import org.jpledge.linux.Kernel;
import org.jpledge.linux.KernelException;
import org.jpledge.linux.OwnDirectory;
import org.jpledge.linux.Pipe;
import org.jpledge.linux.RunningProcess;
import org.jpledge.tools.serve.Connection;
import org.jpledge.tools.serve.ErrorCode;
import org.jpledge.tools.serve.Language;
import org.jpledge.tools.serve.Limit;
import org.jpledge.tools.serve.Method;
import org.jpledge.tools.serve.RequestLog;
import org.jpledge.tools.text.Json;
import org.jpledge.tools.text.Words;
import org.jpledge.tools.wizard.AnswerException;
import org.jpledge.tools.wizard.Dialogue;
import org.jpledge.tools.wizard.LineConversation;

/**
 * What people who connect to a server are asked: the wizard's questions, one line each, beginning with the command; then they have what
 * the program says. The wizard is a JVM of its own, and so may become the program.
 *
 * @param version of pledge
 * @param jvm how to start one
 * @param room for as many wizards as there may be
 * @param log what was asked is written there
 */
record Guide(String version, OwnJvm jvm, Semaphore room, RequestLog log) implements Language {
    private static final int PIECE = 1 << 15;
    private static final Duration LONG = Duration.ofDays(1);

    @Override
    public void greet(Connection connection) throws IOException {
        connection.send("pledge " + version
                + ": asks what a program is to be allowed, tries it and runs it. Programs speak JSON-RPC"
                + " 2.0 here, a line each.\n" + Dialogue.COMMAND.line());
    }

    @Override
    public void speak(Connection connection) throws IOException {
        long begun = System.nanoTime();
        String place = "/proc/" + connection.peer().pid() + "/cwd";
        int directory;
        try {
            directory = OwnDirectory.open(Words.bytes(place));
        } catch (KernelException e) {
            refuse(
                    connection,
                    begun,
                    ErrorCode.REFUSED,
                    "where you are cannot be seen: " + place + ": " + e.getMessage());
            return;
        }
        try {
            // The question was put when they connected.
            LineConversation conversation = LineConversation.asked(connection.input(), connection.output());
            Optional<List<String>> command = Dialogue.command(conversation, words -> find(words, directory));
            if (command.isEmpty()) {
                refuse(connection, begun, ErrorCode.REFUSED, "aborted: nothing was run, nor written");
            } else if (room.tryAcquire()) {
                try {
                    hold(connection, command.get(), directory, begun);
                } finally {
                    room.release();
                }
            } else {
                refuse(
                        connection,
                        begun,
                        ErrorCode.BUSY,
                        "the server has " + Limit.WIZARDS.most() + " wizards already");
            }
        } finally {
            Kernel.call("close", directory);
        }
    }

    private void refuse(Connection connection, long begun, ErrorCode code, String reason) throws IOException {
        log(connection, begun, Integer.toString(code.code()), Failure.OURS);
        connection.send(Failure.line(reason));
    }

    private void log(Connection connection, long begun, String outcome, int status) {
        log.request(
                connection.peer(),
                Method.WIZARD.word(),
                new Json.Nothing(),
                System.nanoTime() - begun,
                outcome,
                OptionalInt.of(status));
    }

    /** Looks for a program where the other end is, as paths are typed as they are there. */
    private void find(List<String> command, int directory) throws AnswerException {
        String here = "/proc/self/fd/" + directory;
        try {
            CommandSearch.find(command.getFirst(), Words.value(jvm.caller().environment(), "PATH"), here);
        } catch (Failure e) {
            throw new AnswerException(
                    Words.readable(String.valueOf(e.getMessage()).replace(here + "/", "")));
        }
    }

    private void hold(Connection connection, List<String> command, int directory, long begun) throws IOException {
        List<String> words = new ArrayList<>(List.of(Command.WIZARD.word(), "--"));
        words.addAll(command);
        // Who is about to end waits for it.
        connection.begin();
        try (Pipe in = Pipe.to();
                Pipe out = Pipe.from()) {
            RunningProcess wizard = started(words, directory, in, out);
            Runnable hangUp = () -> Thread.ofVirtual().start(() -> OwnJvm.hangUp(wizard));
            connection.whenGone(hangUp);
            Thread answering = Thread.ofVirtual().start(() -> answers(connection, in));
            Thread.ofVirtual().start(() -> watch(connection));
            try {
                said(connection, out);
                log(connection, begun, "ok", wizard.await().status());
            } finally {
                connection.forget(hangUp);
                OwnJvm.hangUp(wizard);
                // One thread reads, and this one will be the next.
                connection.close();
                answering.join();
            }
        } catch (Failure e) {
            refuse(connection, begun, ErrorCode.REFUSED, String.valueOf(e.getMessage()));
        } catch (KernelException e) {
            throw new IOException(e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        } finally {
            connection.finish();
        }
    }

    private RunningProcess started(List<String> words, int directory, Pipe in, Pipe out)
            throws IOException, Failure, KernelException {
        try {
            List<Integer> streams = List.of(in.childs(), out.childs(), out.childs());
            return jvm.run(words, jvm.caller().environment(), directory, streams);
        } finally {
            in.leave();
            out.leave();
        }
    }

    /** What the wizard asks and says, and later the program, until its end. */
    private static void said(Connection connection, Pipe out) throws IOException, KernelException {
        byte[] buffer = new byte[PIECE];
        OptionalInt count = out.read(buffer, LONG);
        while (count.orElse(0) >= 0) {
            connection.send(Arrays.copyOf(buffer, count.orElse(0)));
            count = out.read(buffer, LONG);
        }
    }

    /** What is answered, and later read by the program. Nobody is sent away who thinks for long: somebody waits for him anyway. */
    private static void answers(Connection connection, Pipe in) {
        byte[] buffer = new byte[PIECE];
        try (in) {
            InputStream answers = connection.input();
            while (connection.peek(LONG).orElse(0) != Connection.END) {
                int count = answers.read(buffer);
                in.write(Arrays.copyOf(buffer, count));
            }
        } catch (IOException | KernelException _) {
            // Whoever sends is gone, or the wizard: all ends with the connection.
            return;
        }
    }

    /** Closes the connection when the other end is gone, even if nothing is read or sent. */
    private static void watch(Connection connection) {
        try {
            connection.awaitGone();
        } catch (IOException _) {
            // Whatever is wrong with it, nobody can be heard on it any more.
            connection.close();
            return;
        }
        connection.close();
    }
}
