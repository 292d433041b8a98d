package org.jpledge.tools;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.jpledge.linux.Kernel;
import org.jpledge.linux.KernelException;
import org.jpledge.linux.Pipe;
import org.jpledge.linux.RunningProcess;
import org.jpledge.tools.serve.Call;
import org.jpledge.tools.serve.CommandWords;
import org.jpledge.tools.serve.Connection;
import org.jpledge.tools.serve.ErrorCode;
import org.jpledge.tools.serve.Handler;
import org.jpledge.tools.serve.Limit;
import org.jpledge.tools.serve.RequestException;
import org.jpledge.tools.text.Json;
import org.jpledge.tools.text.JsonReading;
import org.jpledge.tools.text.Lines;
import org.jpledge.tools.text.Node;
import org.jpledge.tools.text.SyntaxException;
import org.jpledge.tools.text.Words;

/** The wizards that a server's clients have begun: each is a process of its own, {@code pledge wizard --json}. Thread safe. */
final class Interviews {
    private static final int PIECE = 1 << 15;
    /** A line of a wizard is no longer: a question lists all system calls, at most. */
    private static final int LONGEST = 1 << 22;

    private static final Duration LONG = Duration.ofDays(1);

    private final OwnJvm jvm;
    private final Semaphore room;
    private final Map<Integer, Interviewer> all = new ConcurrentHashMap<>();
    private final AtomicInteger last = new AtomicInteger();

    /**
     * None yet.
     *
     * @param jvm how to start one
     * @param room for as many as there may be
     */
    Interviews(OwnJvm jvm, Semaphore room) {
        this.jvm = jvm;
        this.room = room;
    }

    /** Begins one, or goes on with one. */
    Handler.Answer answer(Call call) throws RequestException, IOException {
        boolean goesOn = call.has("wizard");
        if (goesOn == call.has("command")) {
            throw Call.wrong(
                    "command", "either it, which begins a wizard, or \"wizard\", the number of one that goes on");
        }
        List<String> answers = call.words("answers");
        for (String answer : answers) {
            if (answer.indexOf('\n') >= 0) {
                throw Call.wrong("answers", "an answer is one line");
            }
        }
        try {
            Interviewer interviewer = goesOn ? known(call) : begun(call);
            return told(interviewer, answers, goesOn);
        } catch (Failure e) {
            throw ServeCommand.refused(e);
        } catch (KernelException e) {
            throw new RequestException(ErrorCode.REFUSED, String.valueOf(e.getMessage()));
        }
    }

    private Interviewer known(Call call) throws RequestException {
        int number = call.numbers("wizard").getFirst();
        Interviewer interviewer = all.get(number);
        if (interviewer == null || interviewer.connection != call.connection()) {
            throw Call.wrong("wizard", "there is no " + number + " on this connection that goes on");
        }
        return interviewer;
    }

    private Interviewer begun(Call call) throws RequestException, IOException, Failure, KernelException {
        List<String> command = call.words("command");
        if (command.isEmpty()) {
            throw Call.wrong("command", "a program is needed");
        }
        if (!room.tryAcquire()) {
            throw new RequestException(ErrorCode.BUSY, "the server has " + Limit.WIZARDS.most() + " wizards already");
        }
        boolean isBegun = false;
        try {
            Interviewer interviewer = begun(call, command);
            isBegun = true;
            all.put(interviewer.number, interviewer);
            call.connection().whenGone(interviewer.hangUp);
            return interviewer;
        } finally {
            if (!isBegun) {
                room.release();
            }
        }
    }

    private Interviewer begun(Call call, List<String> command)
            throws RequestException, IOException, Failure, KernelException {
        List<String> words =
                new ArrayList<>(List.of(Command.WIZARD.word(), "--" + Option.CONVERSATION_JSON.word(), "--"));
        words.addAll(command);
        int directory = call.openDirectory();
        try {
            List<String> environment =
                    CommandWords.environment(call, jvm.caller().environment());
            return new Interviewer(last.incrementAndGet(), call.connection(), words, environment, directory);
        } finally {
            Kernel.call("close", directory);
        }
    }

    private void end(Interviewer interviewer) {
        if (all.remove(interviewer.number) != null) {
            interviewer.connection.forget(interviewer.hangUp);
            try {
                interviewer.close();
            } finally {
                room.release();
            }
        }
    }

    /** Answers what is answered, and gives what comes of it: the next question, or the outcome. */
    private Handler.Answer told(Interviewer interviewer, List<String> answers, boolean goesOn)
            throws RequestException, IOException, KernelException {
        Json.Members told = new Json.Members().with("wizard", new Json.Whole(interviewer.number));
        List<Json.Value> said = new ArrayList<>();
        synchronized (interviewer) {
            int next = 0;
            boolean isAsked = goesOn;
            while (true) {
                if (isAsked) {
                    if (next == answers.size()) {
                        return Handler.Answer.of(told.with("said", new Json.Items(said)));
                    }
                    interviewer.answer(answers.get(next));
                    next++;
                }
                Optional<Node.Members> object = interviewer.object();
                if (object.isEmpty()) {
                    end(interviewer);
                    throw refused(interviewer);
                }
                Optional<Node> question = object.get().find("question");
                isAsked = question.isPresent();
                if (isAsked && next == answers.size()) {
                    told.with("question", value(question.get()));
                }
                for (Map.Entry<String, Node> member : object.get().members().entrySet()) {
                    if (member.getValue() instanceof Node.Items lines
                            && member.getKey().equals("said")) {
                        lines.items().forEach(each -> said.add(value(each)));
                    } else if (!member.getKey().equals("question")) {
                        told.with(member.getKey(), value(member.getValue()));
                    }
                }
                if (object.get().find("outcome").isPresent()) {
                    end(interviewer);
                    if (next < answers.size()) {
                        said.add(new Json.Text("there were more answers than questions"));
                    }
                    return new Handler.Answer(told.with("said", new Json.Items(said)), OptionalInt.of(0));
                }
            }
        }
    }

    private static RequestException refused(Interviewer interviewer) {
        String text = interviewer.errors();
        String[] lines = text.strip().split("\n", -1);
        String reason = Words.readable(lines[lines.length - 1]);
        return new RequestException(
                ErrorCode.REFUSED,
                reason.startsWith("pledge: ") ? reason.substring("pledge: ".length()) : reason,
                Optional.of(new Json.Members()
                        .with("status", new Json.Whole(interviewer.status()))
                        .with("stderr", Words.readable(text.strip()))));
    }

    private static Json.Value value(Node node) {
        return switch (node) {
            case Node.Members members -> {
                Json.Members all = new Json.Members();
                members.members().forEach((name, each) -> all.with(name, value(each)));
                yield all;
            }
            case Node.Items items ->
                new Json.Items(items.items().stream().map(Interviews::value).toList());
            case Node.Text text -> new Json.Text(text.text());
            case Node.Digits digits -> new Json.Digits(digits.digits());
            case Node.Truth truth -> new Json.Truth(truth.truth());
            case Node.Nothing _ -> new Json.Nothing();
        };
    }

    /** One of them. */
    private final class Interviewer {
        private final int number;
        private final Connection connection;
        private final Runnable hangUp;
        private final Pipe in;
        private final Pipe out;
        private final Pipe err;
        private final RunningProcess process;
        private final byte[] piece = new byte[PIECE];
        private final Lines said = new Lines();
        private final ByteArrayOutputStream errors = new ByteArrayOutputStream();
        private final Thread listener;

        Interviewer(int number, Connection connection, List<String> words, List<String> environment, int directory)
                throws IOException, Failure, KernelException {
            this.number = number;
            this.connection = connection;
            hangUp = () -> Thread.ofVirtual().start(() -> end(this));
            in = Pipe.to();
            out = Pipe.from();
            err = Pipe.from();
            boolean isRunning = false;
            try {
                List<Integer> streams = List.of(in.childs(), out.childs(), err.childs());
                process = jvm.run(words, environment, directory, streams);
                isRunning = true;
            } finally {
                in.leave();
                out.leave();
                err.leave();
                if (!isRunning) {
                    in.close();
                    out.close();
                    err.close();
                }
            }
            listener = Thread.ofVirtual().start(this::listen);
        }

        void answer(String line) throws KernelException {
            in.write(Words.bytes(line + "\n"));
        }

        /** The next object; empty at the end of all. */
        Optional<Node.Members> object() throws IOException, KernelException {
            while (true) {
                Optional<byte[]> line = said.next();
                if (line.isPresent()) {
                    return Optional.of(read(new String(line.get(), StandardCharsets.UTF_8)));
                }
                OptionalInt count = out.read(piece, LONG);
                if (count.orElse(0) < 0 || said.length() > LONGEST) {
                    return Optional.empty();
                }
                said.add(piece, count.orElse(0));
            }
        }

        private static Node.Members read(String line) throws IOException {
            try {
                return JsonReading.read(line).object();
            } catch (SyntaxException e) {
                throw new IOException(e);
            }
        }

        /** What it says besides is of interest if it fails; a program that is tried may say much. */
        private void listen() {
            byte[] buffer = new byte[PIECE];
            try {
                OptionalInt count = err.read(buffer, LONG);
                while (count.orElse(0) >= 0) {
                    synchronized (errors) {
                        errors.write(buffer, 0, count.orElse(0));
                        if (errors.size() > 2 * PIECE) {
                            byte[] all = errors.toByteArray();
                            errors.reset();
                            errors.writeBytes(Arrays.copyOfRange(all, all.length - PIECE, all.length));
                        }
                    }
                    count = err.read(buffer, LONG);
                }
            } catch (KernelException _) {
                // It is closed: nobody wants to know any more.
                return;
            }
        }

        String errors() {
            synchronized (errors) {
                return errors.toString(StandardCharsets.ISO_8859_1);
            }
        }

        int status() {
            try {
                return process.await(Duration.ZERO)
                        .map(RunningProcess.End::status)
                        .orElse(Failure.OURS);
            } catch (KernelException e) {
                throw new IllegalStateException("nobody waits", e);
            }
        }

        void close() {
            in.close();
            try {
                // One that was answered to the end, or aborted, is about to end by itself.
                if (process.await(Duration.ofSeconds(1)).isEmpty()) {
                    OwnJvm.hangUp(process);
                }
                listener.join(Duration.ofSeconds(1));
            } catch (KernelException e) {
                throw new IllegalStateException("nobody interrupts this thread", e);
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            } finally {
                out.close();
                err.close();
            }
        }
    }
}
