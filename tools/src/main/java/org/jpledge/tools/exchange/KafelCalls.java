package org.jpledge.tools.exchange;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Parameter;
import org.jpledge.syscall.Signature;
import org.jpledge.syscall.SyscallTable;
import org.jpledge.tools.text.Rows;

/** What kafel calls system calls and their arguments. */
final class KafelCalls {
    /** Names that kafel has after the kernel's functions, where the kernel's table has others. */
    private static final Map<String, String> TABLE_NAMES = Map.of(
            "newfstat", "fstat",
            "newlstat", "lstat",
            "newstat", "stat",
            "newuname", "uname",
            "sendfile64", "sendfile",
            "sysctl", "_sysctl",
            "umount", "umount2");

    /** Calls whose name means another one to kafel: rows of {@link #TABLE_NAMES} from its side. */
    private static final Map<String, String> OWN_NAMES = new HashMap<>();

    private static final Map<String, List<String>> ARGUMENTS = new HashMap<>();

    static {
        TABLE_NAMES.forEach((own, table) -> OWN_NAMES.put(table, own));
        for (List<String> row : Rows.of(KafelCalls.class, "kafel.arguments")) {
            ARGUMENTS.put(row.getFirst(), List.copyOf(row.subList(1, row.size())));
        }
    }

    /**
     * An argument as kafel has it.
     *
     * @param name its name
     * @param wide whether 8 bytes are compared
     */
    record Argument(String name, boolean wide) {}

    private KafelCalls() {}

    /** The name in the kernel's table of a call that kafel names. */
    static String tableName(String name, Arch arch) {
        // Where the kernel's table has the name itself, as 32-bit architectures have sendfile64, that is meant.
        String other = TABLE_NAMES.get(name);
        return other == null || SyscallTable.of(arch).number(name).isPresent() ? name : other;
    }

    /** The name that kafel has for a call of the kernel's table. */
    static String kafelName(String name, Arch arch) {
        String own = OWN_NAMES.get(name);
        return own == null || SyscallTable.of(arch).number(own).isPresent() ? name : own;
    }

    /** The arguments of a call: as kafel names them, or as we do where it knows none. */
    static List<Argument> arguments(String name, Arch arch) {
        List<String> row = ARGUMENTS.get(name + "@" + arch.label());
        row = row == null ? ARGUMENTS.get(name) : row;
        if (row != null) {
            return row.stream()
                    .map(word -> new Argument(word.substring(0, word.indexOf(':')), word.endsWith(":8")))
                    .toList();
        }
        Optional<Signature> signature = Signature.of(arch, tableName(name, arch));
        return signature.map(Signature::parameters).orElse(List.of()).stream()
                .map((Parameter parameter) ->
                        new Argument(parameter.name(), parameter.width().isWord()))
                .toList();
    }
}
