package org.jpledge.promise;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import org.jpledge.bpf.SeccompData;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Identity;
import org.jpledge.seccomp.RuleParser;
import org.jpledge.seccomp.Value;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Promises allow and refuse what {@code calls.txt} says. */
class CallsTest {
    private static final Identity SELF = new Identity(4242, 1000, 1000);
    private static final Action EPERM = new Action.Errno(1);
    private static final Action ENOSYS = new Action.Errno(38);

    @ParameterizedTest
    @EnumSource(names = {"X86_64", "AARCH64"})
    void everyCallIsAllowedOrRefusedAsTheTableSays(Arch arch) throws IOException {
        List<String> wrong = new ArrayList<>();
        int rows = 0;
        Filter filter = Lowering.exact(Promises.NONE, arch, EPERM);
        Action refusal = EPERM;
        String head = "";
        for (String line : lines()) {
            String row = line.strip();
            if (row.startsWith("[")) {
                head = row;
                refusal = row.startsWith("[kill: ") ? Action.KILL_PROCESS : EPERM;
                filter = filter(row, arch, refusal);
            } else if (!row.isEmpty() && !row.startsWith("#")) {
                int space = row.indexOf(' ');
                SeccompData call = call(row.substring(space + 1), arch);
                if (call != null) {
                    Action expected = switch (row.substring(0, space)) {
                        case "allow" -> Action.ALLOW;
                        case "refuse" -> refusal;
                        case "eperm" -> EPERM;
                        case "enosys" -> ENOSYS;
                        default -> throw new AssertionError(row);
                    };
                    Action decided = filter.decide(call, SELF);
                    if (!decided.equals(expected)) {
                        wrong.add(head + " " + row + ": " + decided);
                    }
                    rows++;
                }
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(rows).isGreaterThan(500);
    }

    private static Filter filter(String head, Arch arch, Action refusal) {
        int colon = head.indexOf(": ");
        Promises promises = Promises.parse(head.substring(colon < 0 ? 1 : colon + 2, head.length() - 1));
        Set<Circumstance> circumstances = EnumSet.copyOf(Circumstance.UNRESTRICTED);
        String stage = head.substring(1, Math.max(1, colon));
        switch (stage) {
            case "", "kill", "loader" -> {}
            case "landlock" -> circumstances.add(Circumstance.LANDLOCK);
            case "nothing" -> circumstances.clear();
            default -> throw new AssertionError(head);
        }
        return stage.equals("loader")
                ? Lowering.loader(promises, arch, refusal, circumstances)
                : Lowering.exact(promises, arch, refusal, circumstances);
    }

    private static @Nullable SeccompData call(String text, Arch arch) {
        int open = text.indexOf('(');
        String name = text.substring(0, open);
        OptionalInt number = SyscallTable.of(arch).number(name);
        if (number.isEmpty()) {
            assertThat(SyscallTable.of(Arch.X86_64).number(name)).as(name).isPresent();
            return null;
        }
        String inside = text.substring(open + 1, text.length() - 1);
        String[] words = inside.isEmpty() ? new String[0] : inside.split(", ", -1);
        long[] args = new long[words.length];
        for (int i = 0; i < words.length; i++) {
            args[i] = words[i].startsWith("0x")
                    ? Long.parseUnsignedLong(words[i].substring(2).replace("_", ""), 16)
                    : number(words[i], arch);
        }
        return SeccompData.of(number.getAsInt(), arch.audit(), args);
    }

    /** A value as rules write it: the 64-bit argument of a rule that compares for equality. */
    private static long number(String expression, Arch arch) {
        Value value = new RuleParser(arch)
                .parse("mmap(addr == " + expression + ")", Action.ALLOW)
                .getFirst()
                .conditions()
                .getFirst()
                .values()
                .getFirst();
        return value.in(SELF);
    }

    private static List<String> lines() throws IOException {
        try (InputStream in = Objects.requireNonNull(CallsTest.class.getResourceAsStream("calls.txt"), "calls.txt")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        }
    }
}
