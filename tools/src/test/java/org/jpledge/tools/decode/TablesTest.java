package org.jpledge.tools.decode;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Parameter;
import org.jpledge.syscall.Signature;
import org.jpledge.syscall.SyscallTable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The three tables speak of what there is. */
class TablesTest {
    @ParameterizedTest
    @EnumSource(Arch.class)
    void everyRowCanBeReadOnEveryArchitecture(Arch arch) {
        for (String name : Symbols.rows()) {
            assertThat(Symbols.of(arch, name)).as(name).isNotNull();
        }
        for (String name : Layout.rows()) {
            Layout layout = Layout.of(arch, name);
            assertThat(layout != null || Set.of("stat64").contains(name))
                    .as(name)
                    .isTrue();
        }
        SyscallTable.of(arch).byNumber().forEach((number, name) -> {
            Form form = Forms.of(arch).form(number);
            assertThat(form.name()).isEqualTo(name);
            assertThat(form.slots())
                    .hasSize(Signature.of(arch, name).orElseThrow().parameters().size());
        });
    }

    @Test
    void rowsAreOfCallsAndParametersThatSomeArchitectureHas() {
        Set<String> unknown = new TreeSet<>();
        for (String call : Forms.calls()) {
            Set<String> parameters = new HashSet<>();
            boolean known = false;
            for (Arch arch : Arch.values()) {
                List<Parameter> these =
                        Signature.of(arch, call).map(Signature::parameters).orElse(List.of());
                these.forEach(parameter -> parameters.add(parameter.name()));
                known |= SyscallTable.of(arch).number(call).isPresent();
            }
            if (!known) {
                unknown.add(call);
            }
            for (String parameter : Forms.parameters(call)) {
                if (!parameters.contains(parameter)) {
                    unknown.add(call + " " + parameter);
                }
            }
        }
        assertThat(unknown).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Arch.class)
    void whatLooksLikeAPathASocketsAddressOrADescriptorIsReadAsOne(Arch arch) {
        Set<String> forgotten = new TreeSet<>();
        Set<String> texts = new TreeSet<>();
        SyscallTable.of(arch).byNumber().forEach((number, name) -> {
            Form form = Forms.of(arch).form(number);
            List<Parameter> parameters = Signature.of(arch, name).orElseThrow().parameters();
            for (int i = 0; i < parameters.size(); i++) {
                Parameter parameter = parameters.get(i);
                How how = form.slots()[i].how();
                if (parameter.type().equals("struct sockaddr *") && !(how instanceof How.Address)) {
                    forgotten.add(name + " " + parameter.name());
                }
                boolean descriptor = how instanceof How.Directory || how.equals(new How.Plain(Scalar.Plain.FD));
                // The end of a range may lie above all descriptors.
                boolean end = parameter.name().equals("max_fd");
                if (parameter.name().endsWith("fd") && !end && !parameter.isPointer() && !descriptor) {
                    forgotten.add(name + " " + parameter.name());
                }
                if (parameter.name().contains("path")
                        && parameter.type().contains("char")
                        && !(how instanceof How.Name)) {
                    texts.add(name + " " + parameter.name());
                }
                if (parameter.type().equals("struct msghdr *") && !(how instanceof How.Message)) {
                    forgotten.add(name + " " + parameter.name());
                }
            }
        });
        assertThat(forgotten).isEmpty();
        // What a new symbolic link holds is no path of the call's.
        List<String> expected = new ArrayList<>(List.of("symlinkat oldpath"));
        if (SyscallTable.of(arch).number("symlink").isPresent()) {
            expected.add("symlink oldpath");
        }
        assertThat(texts).containsExactlyInAnyOrderElementsOf(expected);
    }

    @ParameterizedTest
    @EnumSource(Arch.class)
    void structuresHaveTheSizesThatTheKernelHas(Arch arch) {
        boolean wide = arch.is64Bit();
        assertThat(size(arch, "timespec")).isEqualTo(wide ? 16 : 8);
        assertThat(size(arch, "timespec64")).isEqualTo(16);
        assertThat(size(arch, "rlimit64")).isEqualTo(16);
        assertThat(size(arch, "rusage")).isEqualTo(wide ? 144 : 72);
        assertThat(size(arch, "utsname")).isEqualTo(390);
        assertThat(size(arch, "pollfd")).isEqualTo(8);
        assertThat(size(arch, "epoll_event")).isEqualTo(arch == Arch.X86_64 || arch == Arch.I386 ? 12 : 16);
        assertThat(size(arch, "clone_args")).isEqualTo(64);
        assertThat(size(arch, "open_how")).isEqualTo(24);
        assertThat(size(arch, "winsize")).isEqualTo(8);
        assertThat(size(arch, "iovec")).isEqualTo(wide ? 16 : 8);
    }

    private static int size(Arch arch, String name) {
        return Objects.requireNonNull(Layout.of(arch, name)).size();
    }
}
