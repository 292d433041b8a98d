package org.jpledge.tools.decode;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jpledge.linux.Ptrace;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;
import org.jpledge.tools.event.Argument;
import org.jpledge.tools.event.Event;
import org.jpledge.tools.event.Outcome;
import org.jpledge.tools.event.Syscall;
import org.jpledge.tools.event.Task;
import org.jpledge.tools.trace.Memory;
import org.jpledge.tools.trace.Stop;
import org.jspecify.annotations.Nullable;

/**
 * Makes events of what a tracer tells. A call becomes an event when it is over, one that never returns when its thread has
 * ended; events of one thread come in their order. What a call's paths and descriptors mean is found out when it begins.
 * For one thread, the tracer's; what the consumer throws goes to the tracer.
 */
public final class Decoder implements Consumer<Stop> {
    /** Signals of a fault, with the address where it was. */
    private static final Set<String> FAULTS = Set.of("SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGTRAP");

    /** {@code AT_FDCWD}: where a descriptor of a directory is asked for, the working directory. */
    static final int HERE = -100;

    private static final int MOST_ERRORS = 4095;
    private static final int SHARES_FILES = 0x400;
    private static final int MOST_SOCKETS = 10_000;

    private final Settings settings;
    private final Consumer<Event> events;
    private final Links links = new Links();
    private final Paths paths = new Paths(links);
    private final @Nullable String namespace = links.read("/proc/self/ns/mnt");
    private final Map<Integer, Pending> pending = new HashMap<>();
    private final Map<Integer, TracedProcess> processes = new HashMap<>();
    private final Map<String, String> sockets = new HashMap<>();

    /** How much of the arguments is looked at. */
    public enum Detail {
        /** What decides whether a call is allowed: paths, flags, descriptors, addresses of sockets. */
        NEEDS,
        /** Data and structures, too, but not all of them. */
        USUAL,
        /** All. */
        ALL
    }

    /**
     * What is wanted.
     *
     * @param detail how much of the arguments
     * @param strings how many bytes of data
     * @param everyCall whether the tracer tells every call; otherwise what descriptors are is looked up each time
     * @param everyName whether it tells every call that may change where a path leads, such as rename(2) and chdir(2);
     *     otherwise that is looked up each time
     */
    public record Settings(Detail detail, int strings, boolean everyCall, boolean everyName) {
        /**
         * Settings for all calls, or for some of them.
         *
         * @param detail how much of the arguments
         * @param strings how many bytes of data
         * @param everyCall whether the tracer tells every call
         */
        public Settings(Detail detail, int strings, boolean everyCall) {
            this(detail, strings, everyCall, everyCall);
        }

        boolean isAll() {
            return detail == Detail.ALL;
        }
    }

    /** A call that has begun. */
    private record Pending(
            Stop.Entered entered, Form form, Form.Slot[] slots, long[] registers, Argument[] arguments) {}

    /**
     * A decoder.
     *
     * @param settings what is wanted
     * @param events gets the events, in the thread that tells the stops
     */
    public Decoder(Settings settings, Consumer<Event> events) {
        this.settings = settings;
        this.events = events;
    }

    @Override
    public void accept(Stop stop) {
        switch (stop) {
            case Stop.Entered entered -> entered(entered);
            case Stop.Left left -> left(left);
            case Stop.Started started -> started(started);
            case Stop.Executed executed -> executed(executed);
            case Stop.Signalled signalled -> {
                String name = SignalName.of(signalled.signal());
                String detail = detail(signalled, name);
                events.accept(new Event.Signalled(signalled.task(), signalled.at(), name, detail));
            }
            case Stop.Ended ended -> ended(ended);
        }
    }

    /**
     * The calls after which a path may lead elsewhere. Who traces these, whatever else, need not have paths looked up each time.
     *
     * @return names of calls
     */
    public static Set<String> moving() {
        Set<String> calls = new TreeSet<>(Forms.MOVING);
        calls.addAll(Forms.NAMING);
        calls.add("unshare");
        return calls;
    }

    private TracedProcess process(Task task) {
        return processes.computeIfAbsent(
                task.process(), _ -> new TracedProcess(links, namespace, settings.everyCall(), sockets));
    }

    private void entered(Stop.Entered entered) {
        unfinished(entered.task().thread()); // The tracer lost its end.
        Forms forms = Forms.of(entered.arch());
        Form form = forms.form(entered.number());
        long[] registers = new long[entered.arguments().size()];
        for (int i = 0; i < registers.length; i++) {
            registers[i] = entered.arguments().get(i);
        }
        if (form.name().equals("socketcall")) {
            Optional<Form> inner = SocketCall.form(entered, forms, registers);
            form = inner.orElse(form);
        } else if (form.name().equals("ipc")) {
            form = IpcCall.form(entered, forms, registers).orElse(form);
        }
        TracedProcess process = process(entered.task());
        process.threads().add(entered.task().thread());
        paths.begin(entered.at(), !settings.everyName());
        Form.Slot[] slots = form.slots(registers);
        Argument[] arguments = new Argument[slots.length];
        Reading reading = reading(entered, process, registers, Optional.empty(), entered.memory());
        for (int i = 0; i < slots.length; i++) {
            boolean later = slots[i].when() == Form.When.AFTER;
            arguments[i] = later ? new Argument.Address(slots[i].name(), registers[i]) : reading.argument(slots[i], i);
        }
        close(form, process, registers);
        pending.put(entered.task().thread(), new Pending(entered, form, slots, registers, arguments));
    }

    private Reading reading(
            Stop.Entered entered, TracedProcess process, long[] registers, Optional<Long> result, Memory memory) {
        return new Reading(settings, paths, process, entered.task(), entered.arch(), registers, result, memory);
    }

    /** Before a call and after it, as another thread may look meanwhile. */
    private void close(Form form, TracedProcess process, long[] registers) {
        switch (form.effect()) {
            case NONE, OPENS -> {}
            case CLOSES_FIRST -> process.close((int) registers[0]);
            case CLOSES_SECOND -> process.close((int) registers[1]);
            case CLOSES_ANY -> {
                process.closeAll();
                process.move();
            }
            case MOVES -> process.move();
            case NAMES -> paths.forget();
        }
    }

    private void left(Stop.Left left) {
        Pending call = pending.remove(left.task().thread());
        if (call == null) {
            return; // It began before we were there.
        }
        long result = call.entered.arch().is64Bit() ? left.result() : (int) left.result();
        TracedProcess process = process(left.task());
        close(call.form, process, call.registers);
        if (result < 0 && result >= -MOST_ERRORS) {
            emit(call, left.task(), failure(call.entered.arch(), (int) -result), left.nanos());
            return;
        }
        long value = call.entered.arch().is64Bit() ? result : result & 0xffffffffL;
        Reading reading = reading(call.entered, process, call.registers, Optional.of(value), left.memory());
        for (int i = 0; i < call.slots.length; i++) {
            if (call.slots[i].when() != Form.When.BEFORE) {
                call.arguments[i] = reading.argument(call.slots[i], i);
            }
        }
        if (call.form.name().equals("socketpair")) {
            left.memory()
                    .bytes(call.registers[3], 2 * Integer.BYTES)
                    .ifPresent(pair -> pair(call, process, left.task(), pair));
        }
        emit(call, left.task(), new Outcome.Returned(value, meaning(call, process, left.task(), value)), left.nanos());
    }

    private void pair(Pending call, TracedProcess process, Task task, byte[] numbers) {
        boolean big = !SocketAddress.isLittle(call.entered.arch());
        for (int i = 0; i < 2; i++) {
            int number = (int) Numbers.of(numbers, i * Integer.BYTES, Integer.BYTES, true, big);
            process.close(number);
            opened(call, process, task, number);
        }
    }

    private static Outcome failure(Arch arch, int error) {
        return switch (error) {
            case 512 -> new Outcome.Restarted("ERESTARTSYS");
            case 513 -> new Outcome.Restarted("ERESTARTNOINTR");
            case 514 -> new Outcome.Restarted("ERESTARTNOHAND");
            case 516 -> new Outcome.Restarted("ERESTART_RESTARTBLOCK");
            default -> new Outcome.Failed(Forms.of(arch).error(error));
        };
    }

    private String meaning(Pending call, TracedProcess process, Task task, long value) {
        Form.Result result = call.form.result(call.registers);
        return switch (result.kind()) {
            case NUMBER -> "";
            case DESCRIPTOR -> {
                process.close((int) value);
                yield opened(call, process, task, (int) value);
            }
            case SHOWN -> {
                StringBuilder out = new StringBuilder();
                Scalar scalar = result.scalar();
                if (scalar != null) {
                    scalar.append(out, value, Long.SIZE, false);
                }
                yield out.toString();
            }
        };
    }

    /** What a descriptor is that a call has made. */
    private String opened(Pending call, TracedProcess process, Task task, int number) {
        if (call.form.effect() == Form.Effect.OPENS && settings.everyCall()) {
            String file = file(call);
            if (!file.isEmpty()) {
                process.open(number, file);
                return file;
            }
        }
        String what = process.descriptor(task.thread(), number);
        if (!what.startsWith("socket:")) {
            return what;
        }
        String from =
                call.form.name().startsWith("accept") ? process.descriptor(task.thread(), (int) call.registers[0]) : "";
        String socket = SocketCall.named(call.form, call.registers, what, from);
        if (!socket.equals(what)) {
            if (sockets.size() > MOST_SOCKETS) {
                sockets.clear();
            }
            sockets.put(what, socket);
            process.close(number);
        }
        return socket;
    }

    /** The file that was opened, where its path says that; a temporary one has no name. */
    private static String file(Pending call) {
        String file = "";
        for (Argument argument : call.arguments) {
            if (argument instanceof Argument.PathName path && !path.file().startsWith("/proc/")) {
                file = path.file();
            } else if (argument instanceof Argument.Symbols symbols
                    && symbols.text().contains("O_TMPFILE")) {
                return "";
            }
        }
        return file;
    }

    private void emit(Pending call, Task task, Outcome outcome, long nanos) {
        Stop.Entered entered = call.entered;
        events.accept(new Syscall(
                task,
                entered.at(),
                entered.arch(),
                entered.number(),
                call.form.name(),
                Arrays.asList(call.arguments),
                outcome,
                nanos,
                entered.early(),
                entered.address()));
    }

    private void unfinished(int thread) {
        Pending call = pending.remove(thread);
        if (call != null) {
            emit(call, call.entered.task(), new Outcome.Unfinished(), -1);
        }
    }

    private void started(Stop.Started started) {
        int number = started.task().process();
        TracedProcess known = processes.get(number);
        if (known == null) {
            Pending call = pending.get(started.parent());
            TracedProcess parent = call == null ? null : sharing(call);
            known = parent == null ? process(started.task()) : parent;
            processes.put(number, known);
        }
        known.threads().add(started.task().thread());
        events.accept(new Event.Started(started.task(), started.at(), started.parent()));
    }

    /** The process that shares its descriptors with what a call starts; null if it does not. */
    private @Nullable TracedProcess sharing(Pending call) {
        int flags = call.entered.arch() == Arch.S390X ? 1 : 0;
        boolean shares = call.form.name().equals("clone") && (call.registers[flags] & SHARES_FILES) != 0;
        return shares ? processes.get(call.entered.task().process()) : null;
    }

    private void executed(Stop.Executed executed) {
        Task task = executed.task();
        Pending call = pending.remove(executed.former());
        TracedProcess process = process(task);
        for (int thread : List.copyOf(process.threads())) {
            Pending other = pending.get(thread);
            if (other != null && other.entered.task().process() == task.process()) {
                unfinished(thread);
            }
        }
        // What it shared with another process it shares no more.
        TracedProcess fresh = new TracedProcess(links, namespace, settings.everyCall(), sockets);
        processes.put(task.process(), fresh);
        fresh.threads().add(task.thread());
        if (call != null) {
            pending.put(task.thread(), call);
        }
        String program = links.read("/proc/" + task.process() + "/exe");
        events.accept(new Event.Executed(task, executed.at(), program == null ? "" : program));
    }

    private void ended(Stop.Ended ended) {
        Task task = ended.task();
        unfinished(task.thread());
        TracedProcess process = processes.get(task.process());
        if (process != null) {
            process.threads().remove(task.thread());
            if (process.threads().isEmpty()) {
                processes.values().removeIf(each -> each == process);
            }
        }
        String name = ended.signal() == 0 ? "" : SignalName.of(ended.signal());
        events.accept(new Event.Ended(task, ended.at(), ended.status(), name));
    }

    private static String detail(Stop.Signalled signalled, String name) {
        List<String> parts = new ArrayList<>();
        Symbols own = Symbols.of(Arch.X86_64, name + "_code");
        Symbols general = Symbols.of(Arch.X86_64, "signal_code");
        Ptrace.Arrival why = signalled.why();
        String code = own == null ? null : own.name(why.code());
        if (code == null && general != null) {
            code = general.name(why.code());
        }
        parts.add("si_code=" + (code == null ? Integer.toString(why.code()) : code));
        boolean child = name.equals("SIGCHLD") && why.code() > 0;
        if (child || why.code() <= 0 && why.sender() != 0) {
            parts.add("si_pid=" + why.sender());
            parts.add("si_uid=" + Integer.toUnsignedString(why.user()));
        }
        if (child) {
            boolean exited = "CLD_EXITED".equals(code);
            parts.add("si_status=" + (exited ? Integer.toString(why.status()) : SignalName.of(why.status())));
        } else if ("SYS_SECCOMP".equals(code)) {
            parts.add("si_syscall="
                    + SyscallTable.of(Arch.host()).name(why.status()).orElse(Integer.toString(why.status())));
        } else if (FAULTS.contains(name) && own != null && own.name(why.code()) != null) {
            parts.add("si_addr=" + (why.address() == 0 ? "NULL" : "0x" + Long.toHexString(why.address())));
        }
        return String.join(", ", parts);
    }
}
