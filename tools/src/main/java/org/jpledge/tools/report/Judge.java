package org.jpledge.tools.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jpledge.bpf.SeccompData;
import org.jpledge.landlock.Ruleset;
import org.jpledge.linux.Ptrace;
import org.jpledge.promise.Enforcement;
import org.jpledge.promise.Missing;
import org.jpledge.promise.Ruling;
import org.jpledge.seccomp.Action;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Errno;
import org.jpledge.tools.decode.Decoder;
import org.jpledge.tools.event.Event;
import org.jpledge.tools.event.Syscall;
import org.jpledge.tools.event.Task;
import org.jpledge.tools.need.Need;
import org.jpledge.tools.need.Needs;
import org.jpledge.tools.trace.Stop;
import org.jpledge.tools.trace.ThreadMemory;
import org.jspecify.annotations.Nullable;

/**
 * Decides as the policy does, and explains what is refused. It makes nothing possible: what the filter refuses is refused, and
 * whatever it lets through is left to the kernel. For one thread.
 */
final class Judge implements AutoCloseable {
    private static final Arch ARCH = Arch.host();
    private static final int NANOS_PER_MILLI = 1_000_000;
    private static final int MOST_ERRNO = 4095;

    private final Held held;
    private final Family family;
    private final Unveiled unveiled;
    private final Needs needs;
    private final Consumer<Refused> refusals;
    private final Ptrace ptrace = new Ptrace();
    private final Decoder decoder;
    private final @Nullable LandlockVerdict before;
    private final @Nullable LandlockVerdict after;
    private @Nullable Syscall decoded;

    /**
     * For the calling thread.
     *
     * @param held what the program is held to
     * @param family the program's processes
     * @param here where unveils that are not absolute are taken from
     * @param refusals gets what is refused
     */
    Judge(Held held, Family family, String here, Consumer<Refused> refusals) {
        this.held = held;
        this.family = family;
        this.unveiled = Unveiled.of(held.policy().view().unveils(), here);
        this.needs = new Needs(held.identity());
        this.refusals = refusals;
        this.decoder = new Decoder(new Decoder.Settings(Decoder.Detail.NEEDS, 0, false), this::keep);
        Enforcement enforcement = held.enforcement();
        List<Ruleset> layers = new ArrayList<>();
        enforcement.loader().ifPresent(layers::add);
        this.before = layers.isEmpty() ? null : new LandlockVerdict(enforcement.abi(), layers, family);
        enforcement.exact().ifPresent(layers::add);
        this.after = layers.isEmpty() ? null : new LandlockVerdict(enforcement.abi(), layers, family);
    }

    @Override
    public void close() {
        ptrace.close();
    }

    private void keep(Event event) {
        if (event instanceof Syscall call) {
            decoded = call;
        }
    }

    /**
     * Looks at a call whose thread stands still.
     *
     * @param thread who makes it
     * @param data what it is
     * @param early whether the program's entry point has not been reached
     * @param still whether the thread still stands in that call: otherwise what was read is of no account
     * @return what the policy says; {@code Allow} for what is left to the kernel
     */
    Action judge(int thread, SeccompData data, boolean early, BooleanSupplier still) {
        Action action = (early ? held.loader() : held.exact()).decide(data, held.identity());
        LandlockVerdict verdict = early ? before : after;
        if (action instanceof Action.Allow && verdict == null) {
            return action;
        }
        Subject subject = Subject.of(thread);
        family.add(subject.process());
        String error = error(action);
        Syscall call = decode(new Task(subject.process(), thread), data, early, error);
        if (call == null) {
            return action;
        }
        if (!(action instanceof Action.Allow)) {
            Optional<String> rule = held.policy()
                    .refusal(data, held.identity(), ARCH, held.enforcement().circumstances())
                    .map(Ruling::option);
            Advice advice = rule.isPresent() ? Advice.NONE : advice(data, needs.need(call));
            if (still.getAsBoolean()) {
                tell(subject, call, error, Refused.By.SECCOMP, isKill(action), advice, rule);
            }
        } else if (verdict != null) {
            Optional<String> said = verdict.error(call);
            if (said.isPresent()) {
                Need need = needs.need(call);
                if (Discretion.allows(subject, need.accesses()) && still.getAsBoolean()) {
                    Advice advice = Advice.of(need, List.of(), held.policy(), unveiled);
                    tell(subject, call, said.get(), Refused.By.LANDLOCK, false, advice, Optional.empty());
                }
            }
        }
        return action;
    }

    /** What would allow a call that the promises' filter refuses. */
    private Advice advice(SeccompData data, Need need) {
        List<String> missing = Missing.words(
                data,
                held.identity(),
                ARCH,
                held.policy().promises(),
                held.enforcement().circumstances());
        return Advice.of(need, missing, held.policy(), unveiled);
    }

    private void tell(
            Subject subject,
            Syscall call,
            String error,
            Refused.By by,
            boolean killed,
            Advice advice,
            Optional<String> rule) {
        Optional<CodePlace> place = CodePlace.of(subject.process(), call.address());
        refusals.accept(new Refused(subject.name(), call, error, by, killed, advice, rule, place));
    }

    private static boolean isKill(Action action) {
        return action instanceof Action.KillProcess;
    }

    private static String error(Action action) {
        return switch (action) {
            case Action.Errno(int number) -> Errno.name(ARCH, number).orElse("errno " + number);
            default -> "";
        };
    }

    private @Nullable Syscall decode(Task task, SeccompData data, boolean early, String error) {
        decoded = null;
        List<Long> arguments = new ArrayList<>();
        for (int i = 0; i < SeccompData.ARGUMENTS; i++) {
            arguments.add(data.arg(i));
        }
        long now = System.currentTimeMillis() * NANOS_PER_MILLI;
        ThreadMemory memory = new ThreadMemory(ptrace, task.thread());
        decoder.accept(
                new Stop.Entered(task, now, ARCH, data.nr(), arguments, data.instructionPointer(), early, memory));
        int number = error.isEmpty() ? 1 : Errno.number(ARCH, error).orElse(MOST_ERRNO);
        decoder.accept(new Stop.Left(task, 0, -number, memory));
        Syscall call = decoded;
        // It keeps nothing of threads that have ended.
        decoder.accept(new Stop.Ended(task, now, 0, 0));
        return call;
    }
}
