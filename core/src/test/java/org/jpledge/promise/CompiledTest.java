package org.jpledge.promise;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.jpledge.bpf.Interpreter;
import org.jpledge.bpf.Program;
import org.jpledge.bpf.SeccompData;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Compiler;
import org.jpledge.seccomp.Filter;
import org.jpledge.syscall.Arch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Promises as programs: as small as a launcher needs them, and deciding what the rules say. */
class CompiledTest {
    private static final Action EPERM = new Action.Errno(1);

    @ParameterizedTest
    @ValueSource(
            strings = {"stdio rpath", "stdio rpath wpath cpath", "stdio rpath tty", "stdio rpath proc exec prot_exec"})
    void commonPromisesTakeAtMost250InstructionsInEitherStage(String promises) {
        for (Arch arch : List.of(Arch.X86_64, Arch.AARCH64)) {
            for (Action violation : List.of(EPERM, Action.KILL_PROCESS)) {
                assertThat(program(Lowering.exact(Promises.parse(promises), arch, violation))
                                .length())
                        .isLessThanOrEqualTo(250);
                assertThat(program(Lowering.loader(Promises.parse(promises), arch, violation))
                                .length())
                        .isLessThanOrEqualTo(250);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aProgramDecidesEveryBoundaryCallAsTheRulesDo(Arch arch) {
        BoundaryCalls calls = new BoundaryCalls(arch);
        List<Filter> filters = new ArrayList<>();
        for (String word : PromiseTable.standard().words()) {
            filters.add(Lowering.exact(Promises.of(word), arch, EPERM));
        }
        Promises all = Promises.of(PromiseTable.standard().words().toArray(new String[0]));
        filters.add(Lowering.exact(all, arch, Action.LOG));
        filters.add(Lowering.loader(all, arch, new Action.Trap(1)));
        filters.add(Lowering.loader(Promises.parse("stdio rpath fattr"), arch, Action.KILL_PROCESS));
        filters.add(Lowering.exact(Promises.parse("stdio tmppath"), arch, EPERM, EnumSet.allOf(Circumstance.class)));
        for (Filter filter : filters) {
            Interpreter interpreter = new Interpreter(program(filter));
            for (SeccompData call : calls.all()) {
                int returned = interpreter.run(call, arch.order()).value();
                if (returned != BoundaryCalls.decide(filter, call).encoded()) {
                    assertThat(Integer.toHexString(returned))
                            .as("%s", call)
                            .isEqualTo(Integer.toHexString(
                                    BoundaryCalls.decide(filter, call).encoded()));
                }
            }
        }
    }

    private static Program program(Filter filter) {
        return Compiler.compile(filter).bind(BoundaryCalls.SELF);
    }
}
