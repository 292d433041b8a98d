package org.jpledge.tools.decode;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Constants;
import org.jpledge.syscall.Errno;
import org.jpledge.syscall.Parameter;
import org.jpledge.syscall.Signature;
import org.jpledge.syscall.SyscallTable;
import org.jpledge.tools.text.Rows;
import org.jspecify.annotations.Nullable;

/** All system calls of an architecture, by number: calls.table over core's table. */
final class Forms {
    private static final int MOST_ERRORS = 4096;
    private static final int REGISTERS = 6;
    private static final How.Condition[] ALWAYS = {};

    /** After these the root or the working directory is another; unshare(2) does more. */
    static final Set<String> MOVING = Set.of("chroot", "pivot_root", "setns", "chdir", "fchdir");

    /** After these names may lead elsewhere. */
    static final Set<String> NAMING = Set.of(
            "mount",
            "umount",
            "umount2",
            "move_mount",
            "rename",
            "renameat",
            "renameat2",
            "symlink",
            "symlinkat",
            "unlink",
            "unlinkat",
            "rmdir");

    private static final Map<Arch, Forms> ALL = new EnumMap<>(Arch.class);

    /** Made when first needed, as a program makes few of all calls. */
    private final @Nullable Form[] low = new @Nullable Form[1024];

    /** Private calls of ARM, far above all others, and what has no name. */
    private final Map<Integer, Form> high = new HashMap<>();

    private final Map<String, List<Row>> rows = rows();

    private final @Nullable String[] errors = new @Nullable String[MOST_ERRORS];

    private final Arch arch;
    private final Constants constants;

    private Forms(Arch arch) {
        this.arch = arch;
        constants = Constants.of(arch);
    }

    /** Those of an architecture. */
    static Forms of(Arch arch) {
        synchronized (ALL) {
            return ALL.computeIfAbsent(arch, Forms::new);
        }
    }

    /** The call with a number; one without a name has six arguments. */
    Form form(int number) {
        boolean plain = number >= 0 && number < low.length;
        Form form = plain ? low[number] : high.get(number);
        if (form == null) {
            form = SyscallTable.of(arch)
                    .name(number)
                    .map(this::named)
                    .orElseGet(() -> unknown("syscall_" + Integer.toUnsignedString(number)));
            if (plain) {
                low[number] = form;
            } else if (high.size() < low.length) {
                high.put(number, form);
            }
        }
        return form;
    }

    /** The call with a name, which the architecture has. */
    Form named(String name) {
        Row general = Objects.requireNonNull(rows.get("*")).getFirst();
        return form(name, rows.getOrDefault(name, List.of()), general);
    }

    /** The name of an error. */
    String error(int number) {
        String name = errors[number];
        if (name == null) {
            name = Errno.name(arch, number).orElse("E" + number);
            errors[number] = name;
        }
        return name;
    }

    private Form unknown(String name) {
        Form.Slot[] slots = new Form.Slot[REGISTERS];
        for (int i = 0; i < REGISTERS; i++) {
            slots[i] = new Form.Slot(
                    "arg" + i,
                    arch.is64Bit() ? Long.SIZE : Integer.SIZE,
                    false,
                    new How.Plain(Scalar.Plain.HEX),
                    Form.When.BEFORE,
                    ALWAYS);
        }
        return new Form(name, slots, Form.Result.PLAIN, List.of(), Form.Effect.NONE);
    }

    /**
     * A row of the table for one call.
     *
     * @param condition what an argument has to be, or nothing
     * @param hows for each parameter the words after its name
     * @param result the word after the arrow, or nothing
     */
    private record Row(String condition, Map<String, String> hows, String result) {}

    private static Map<String, List<Row>> rows() {
        Map<String, List<Row>> rows = new HashMap<>();
        for (List<String> words : Rows.of(Forms.class, "calls.table")) {
            String calls = words.getFirst();
            int open = calls.indexOf('(');
            String condition = open < 0 ? "" : calls.substring(open + 1, calls.length() - 1);
            Map<String, String> hows = new HashMap<>();
            String result = "";
            for (int i = 1; i < words.size(); i++) {
                String word = words.get(i);
                if (word.equals("->")) {
                    result = words.get(++i);
                } else {
                    int colon = word.indexOf(':');
                    hows.put(word.substring(0, colon), word.substring(colon + 1));
                }
            }
            Row row = new Row(condition, hows, result);
            for (String call : (open < 0 ? calls : calls.substring(0, open)).split(",", -1)) {
                rows.computeIfAbsent(call, _ -> new ArrayList<>()).add(row);
            }
        }
        return rows;
    }

    /** The calls that have a row of their own. */
    static Set<String> calls() {
        Set<String> calls = new HashSet<>(rows().keySet());
        calls.remove("*");
        return calls;
    }

    /** The parameters that rows of a call speak of. */
    static Set<String> parameters(String call) {
        Set<String> parameters = new HashSet<>();
        rows().getOrDefault(call, List.of()).forEach(row -> parameters.addAll(row.hows.keySet()));
        return parameters;
    }

    private Form form(String name, List<Row> rows, Row general) {
        Signature signature = Signature.of(arch, name).orElseThrow();
        Map<String, String> hows = new HashMap<>(general.hows);
        String result = "";
        for (Row row : rows) {
            if (row.condition.isEmpty()) {
                hows.putAll(row.hows);
                result = row.result;
            }
        }
        List<Form.Variant> variants = new ArrayList<>();
        for (Row row : rows) {
            Condition condition = row.condition.isEmpty() ? null : condition(signature, row.condition);
            if (condition != null) {
                Map<String, String> changed = new HashMap<>(hows);
                changed.putAll(row.hows);
                variants.add(new Form.Variant(
                        condition.parameter,
                        condition.mask,
                        condition.value,
                        slots(signature, changed),
                        result(row.result.isEmpty() ? result : row.result)));
            }
        }
        return new Form(name, slots(signature, hows), result(result), List.copyOf(variants), effect(name));
    }

    private record Condition(int parameter, long mask, long value) {}

    /** PARAMETER=CONSTANT or PARAMETER&amp;MASK=CONSTANT; null where the architecture lacks one of them. */
    private @Nullable Condition condition(Signature signature, String text) {
        int equals = text.indexOf('=');
        int and = text.indexOf('&');
        int parameter =
                signature.position(text.substring(0, and < 0 ? equals : and)).orElse(-1);
        String constant = text.substring(equals + 1);
        if (parameter < 0 || constants.value(constant).isEmpty()) {
            return null;
        }
        long mask = and < 0
                ? 0xffffffffL
                : constants.value(text.substring(and + 1, equals)).orElseThrow() & 0xffffffffL;
        return new Condition(parameter, mask, constants.value(constant).getAsLong() & mask);
    }

    private static Form.Effect effect(String name) {
        return switch (name) {
            case "close" -> Form.Effect.CLOSES_FIRST;
            case "dup2", "dup3" -> Form.Effect.CLOSES_SECOND;
            case "close_range", "unshare", "io_uring_enter" -> Form.Effect.CLOSES_ANY;
            case "open", "openat", "creat" -> Form.Effect.OPENS;
            default ->
                MOVING.contains(name)
                        ? Form.Effect.MOVES
                        : NAMING.contains(name) ? Form.Effect.NAMES : Form.Effect.NONE;
        };
    }

    private Form.Result result(String word) {
        return switch (word) {
            case "", "bytes", "pid" -> Form.Result.PLAIN;
            case "fd" -> new Form.Result(Form.Result.Kind.DESCRIPTOR, null);
            case "address" -> new Form.Result(Form.Result.Kind.SHOWN, Scalar.Plain.HEX);
            default -> new Form.Result(Form.Result.Kind.SHOWN, scalar(arch, word));
        };
    }

    private Form.Slot[] slots(Signature signature, Map<String, String> hows) {
        List<Parameter> parameters = signature.parameters();
        Form.Slot[] slots = new Form.Slot[parameters.size()];
        for (int i = 0; i < slots.length; i++) {
            slots[i] = slot(signature, i, hows);
        }
        return slots;
    }

    private Form.Slot slot(Signature signature, int index, Map<String, String> hows) {
        Parameter parameter = signature.parameters().get(index);
        String word = hows.getOrDefault(parameter.name(), parameter.type().endsWith("*") ? "address" : "int");
        Form.When when = Form.When.BEFORE;
        if (word.startsWith("<>")) {
            when = Form.When.BOTH;
            word = word.substring(2);
        } else if (word.startsWith(">")) {
            when = Form.When.AFTER;
            word = word.substring(1);
        }
        String[] only = word.split("\\?", -1);
        How.Condition[] conditions = new How.Condition[only.length - 1];
        for (int i = 0; i < conditions.length; i++) {
            conditions[i] = flags(signature, only[i + 1]);
        }
        return new Form.Slot(
                parameter.name(),
                parameter.width().bits(),
                parameter.width().isSigned(),
                how(signature, index, only[0], hows),
                when,
                conditions.length == 0 ? ALWAYS : conditions);
    }

    private How.Condition flags(Signature signature, String text) {
        int and = text.indexOf('&');
        long flags = 0;
        for (String name : text.substring(and + 1).split("\\|", -1)) {
            flags |= constants.value(name).orElseThrow();
        }
        return new How.Condition(position(signature, text.substring(0, and)), flags);
    }

    private static int position(Signature signature, String parameter) {
        return signature
                .position(parameter)
                .orElseThrow(() ->
                        new IllegalStateException("calls.table: " + signature.syscall() + " has no " + parameter));
    }

    private How how(Signature signature, int index, String word, Map<String, String> hows) {
        String[] parts = word.split("!", -1);
        int open = parts[0].indexOf('[');
        String kind = open < 0 ? parts[0] : parts[0].substring(0, open);
        How.Length length = open < 0
                ? new How.Length(How.Length.Kind.FIXED, 0)
                : length(signature, parts[0].substring(open + 1, parts[0].length() - 1));
        return switch (kind) {
            case "dirfd" -> new How.Directory();
            case "path", "link" -> name(signature, index, kind.equals("link"), parts, hows);
            case "text" -> new How.Text();
            case "data" -> new How.Data(length);
            case "strings" -> new How.Strings(false);
            case "environment" -> new How.Strings(true);
            case "sockaddr" -> new How.Address(length);
            case "message", "messages" -> new How.Message(length);
            case "vector" -> new How.Vector(length);
            case "option" -> new How.Option(length);
            case "sigset" -> new How.Signals();
            case "int*" -> new How.Integers(1);
            case "status*" -> new How.Status();
            case "fds*" -> new How.Integers(2);
            case "fdset" -> new How.DescriptorSet(length);
            case "unused" -> new How.Unused();
            default -> {
                Layout layout = Layout.of(arch, kind);
                if (layout == null) {
                    yield new How.Plain(scalar(arch, kind));
                }
                yield open < 0 ? new How.Structure(layout) : new How.Array(layout, length);
            }
        };
    }

    private How.Name name(Signature signature, int index, boolean link, String[] parts, Map<String, String> hows) {
        How.Condition[] unless = new How.Condition[parts.length - 1];
        for (int i = 0; i < unless.length; i++) {
            unless[i] = flags(signature, parts[i + 1]);
        }
        boolean relative = index > 0
                && hows.getOrDefault(signature.parameters().get(index - 1).name(), "")
                        .equals("dirfd");
        int at = -1;
        for (String flags : List.of("flags", "at_flags")) {
            String set = hows.getOrDefault(flags, "");
            if (relative && signature.position(flags).isPresent() && !set.equals("open_flags")) {
                at = position(signature, flags);
            }
        }
        long empty = constants.value("AT_EMPTY_PATH").orElseThrow();
        return new How.Name(relative ? index - 1 : -1, link, unless, at, empty);
    }

    private static How.Length length(Signature signature, String word) {
        if (word.equals("result")) {
            return new How.Length(How.Length.Kind.RESULT, 0);
        }
        if (Character.isDigit(word.charAt(0))) {
            return new How.Length(How.Length.Kind.FIXED, Integer.parseInt(word));
        }
        return word.startsWith("*")
                ? new How.Length(How.Length.Kind.POINTED, position(signature, word.substring(1)))
                : new How.Length(How.Length.Kind.PARAMETER, position(signature, word));
    }

    /** How a number is shown, by the tables' word for it. */
    static Scalar scalar(Arch arch, String word) {
        return switch (word) {
            case "int", "pid", "bytes" -> Scalar.Plain.INT;
            case "hex" -> Scalar.Plain.HEX;
            case "address" -> Scalar.Plain.ADDRESS;
            case "fd" -> Scalar.Plain.FD;
            case "mode" -> Scalar.Plain.MODE;
            case "dev" -> Scalar.Plain.DEV;
            case "signal" -> Scalar.Plain.SIGNAL;
            case "sigset" -> Scalar.Plain.SIGSET;
            case "limit" -> Scalar.Plain.LIMIT;
            default -> {
                Symbols symbols = Symbols.of(arch, word);
                if (symbols == null) {
                    throw new IllegalStateException("no kind, structure or set of symbols is called " + word);
                }
                yield symbols;
            }
        };
    }
}
