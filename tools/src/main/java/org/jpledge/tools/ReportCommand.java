package org.jpledge.tools;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jpledge.tools.audit.Refusal;
import org.jpledge.tools.audit.Since;
import org.jpledge.tools.audit.Trail;
import org.jpledge.tools.audit.Violators;
import org.jpledge.tools.text.Json;
import org.jpledge.tools.text.RawPath;
import org.jpledge.tools.text.Words;

/** {@code pledge report}: who was refused what, from the kernel's audit records. */
final class ReportCommand {
    private static final String AUDIT_LOG = "/var/log/audit/audit.log";

    /** As many old ones as auditd's num_logs allows. */
    private static final int MOST_OLD_LOGS = 999;

    /** A Landlock domain's first refusal says who it is, and may lie before what is asked for. */
    private static final int LOOK_BACK_SECONDS = 86_400;

    private static final int LINE = 1 << 16;

    /** What need not be said where other logs can be read. */
    private static final String MISSING = "not there";

    private final PrintStream out;
    private final PrintStream err;
    private final Trail trail = new Trail();
    private final List<String> unread = new ArrayList<>();
    private int read;

    private ReportCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    /** Reads the logs, and prints what they say. */
    static int perform(CommandLine line, List<String> operands, PrintStream out, PrintStream err)
            throws Failure, IOException {
        if (!operands.isEmpty()) {
            throw Failure.usage("report takes no \"" + operands.getFirst() + "\"; to read a file, write --from "
                    + operands.getFirst());
        }
        ZonedDateTime now = ZonedDateTime.now(ZoneId.systemDefault());
        long since = 0;
        Optional<String> word = line.last(Option.SINCE);
        if (word.isPresent()) {
            Optional<Long> time = Since.parse(word.get(), now);
            if (time.isEmpty()) {
                throw Failure.usage("--since \"" + word.get() + "\" is no time; write " + Since.FORMS);
            }
            since = time.get();
        }
        ReportCommand report = new ReportCommand(out, err);
        if (line.has(Option.RECORDS)) {
            for (String file : line.all(Option.RECORDS)) {
                report.file(file);
            }
        } else {
            report.everything(since);
        }
        report.print(report.trail.refusals(since), line.has(Option.AS_JSON), now, word);
        return 0;
    }

    private void file(String word) throws Failure {
        try (InputStream in = word.equals("-") ? System.in : Files.newInputStream(RawPath.of(word))) {
            trail.read(in);
        } catch (IOException e) {
            throw new Failure(Failure.OURS, "cannot read " + word + ": " + reason(e));
        }
    }

    private void everything(long since) throws Failure {
        auditLogs();
        List<String> journal = new ArrayList<>(List.of("journalctl", "--output=json", "--no-pager", "--all"));
        if (since > 0) {
            journal.add("--since=@" + Math.max(since / 1000 - LOOK_BACK_SECONDS, 0));
        }
        journal.addAll(List.of("_TRANSPORT=audit", "+", "_TRANSPORT=kernel"));
        child("the journal", journal);
        child("the kernel's ring buffer", List.of("dmesg", "--raw"));
        if (read == 0) {
            throw new Failure(
                    Failure.OURS,
                    "no audit records can be read: " + String.join("; ", unread)
                            + ". As root more can be, and --from FILE reads a file");
        }
        for (String one : unread) {
            if (!one.endsWith(MISSING)) {
                err.print(Failure.line("not read: " + one));
            }
        }
        err.flush();
    }

    private void auditLogs() {
        for (int i = 0; i <= MOST_OLD_LOGS; i++) {
            String name = i == 0 ? AUDIT_LOG : AUDIT_LOG + '.' + i;
            try (InputStream in = Files.newInputStream(Path.of(name))) {
                trail.read(in);
                read++;
            } catch (NoSuchFileException e) {
                if (i == 0) {
                    unread.add(name + ": " + MISSING);
                }
                return;
            } catch (IOException e) {
                unread.add(name + ": " + reason(e));
                return;
            }
        }
    }

    /** Reads what a program prints. What it says on standard error is why it could not, or not all. */
    private void child(String what, List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("LC_ALL", "C");
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            unread.add(command.getFirst() + ": " + MISSING);
            return;
        }
        ByteArrayOutputStream complaint = new ByteArrayOutputStream();
        Thread listener = Thread.ofVirtual().start(() -> complaint(process, complaint));
        try {
            process.getOutputStream().close();
            trail.read(process.getInputStream());
            listener.join();
            String first = complaint
                    .toString(StandardCharsets.ISO_8859_1)
                    .lines()
                    .findFirst()
                    .orElse("");
            if (process.waitFor() == 0) {
                read++;
            } else if (first.isEmpty()) {
                first = command.getFirst() + " failed with status " + process.exitValue();
            }
            if (!first.isEmpty()) {
                unread.add(what + ": " + first);
            }
        } catch (IOException e) {
            unread.add(what + ": " + reason(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            unread.add(what + ": interrupted");
        } finally {
            process.destroy();
        }
    }

    private static void complaint(Process process, ByteArrayOutputStream to) {
        try {
            to.write(process.getErrorStream().readNBytes(LINE));
            process.getErrorStream().transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            // The process is ended where its output cannot be read, and that is what is said then.
            to.reset();
        }
    }

    private void print(List<Refusal> refusals, boolean json, ZonedDateTime now, Optional<String> since) throws Failure {
        if (json) {
            for (Refusal refusal : refusals) {
                out.print(Json.text(Violators.json(refusal)));
            }
        } else if (refusals.isEmpty()) {
            out.print("Nothing was refused" + since.map(" since "::concat).orElse("") + ".\n");
        } else {
            out.print(Violators.text(refusals, now.getZone()));
        }
        out.flush();
        long malformed = trail.malformed();
        if (malformed > 0) {
            err.print(Failure.line(malformed + (malformed == 1 ? " line was" : " lines were")
                    + " passed over: records that cannot be read"));
            err.flush();
        }
        if (out.checkError()) {
            throw new Failure(Failure.OURS, "cannot write to standard output");
        }
    }

    private static String reason(IOException e) {
        return switch (e) {
            case AccessDeniedException _ -> "permission denied";
            case NoSuchFileException _ -> MISSING;
            case FileSystemException file when file.getReason() != null -> Words.ofText(file.getReason());
            default -> Words.ofText(String.valueOf(e.getMessage()));
        };
    }
}
