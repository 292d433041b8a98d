package org.jpledge.promise;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Rule;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Resource;
import org.jspecify.annotations.Nullable;

/**
 * What a JVM needs whatever it promises: a text, {@code jvm.rules} beside this class, in the format of the promise table.
 * Thread safe.
 */
public final class JvmTable {
    private static final String RESOURCE = "jvm.rules";

    private final List<Section> sections;

    /** The rules of each section on one architecture, once they have been asked for. */
    private @Nullable List<List<Rule>> rules;

    private @Nullable Arch lowered;

    private JvmTable(List<Section> sections) {
        this.sections = List.copyOf(sections);
    }

    /**
     * Its sections.
     *
     * @return in the order of the text
     */
    public List<Section> sections() {
        return sections;
    }

    /** The rules of each section in the numbers of an architecture. A process asks for the same ones each time. */
    synchronized List<List<Rule>> rules(Arch arch, Action enosys) {
        List<List<Rule>> known = rules;
        if (known == null || lowered != arch) {
            known = new ArrayList<>(sections.size());
            for (int i = 0; i < sections.size(); i++) {
                known.add(LoweredTable.lower(sections.get(i), arch, enosys));
            }
            rules = known;
            lowered = arch;
        }
        return known;
    }

    /**
     * The table for a JVM whose code cache is known.
     *
     * @param codeLow the first address at which memory may become executable
     * @param codeHigh the address after the last; the same as the first where there is none
     * @return the table
     */
    public static JvmTable of(long codeLow, long codeHigh) {
        String lets = let("CODE_LOW", codeLow) + let("CODE_HIGH", codeHigh) + let("CODE_SIZE", codeHigh - codeLow);
        return new JvmTable(PromiseTable.parse(lets + read()).sections());
    }

    private static String let(String name, long value) {
        return "let " + name + " = 0x" + Long.toHexString(value) + '\n';
    }

    private static String read() {
        return new String(Resource.read(JvmTable.class, RESOURCE), StandardCharsets.ISO_8859_1);
    }
}
