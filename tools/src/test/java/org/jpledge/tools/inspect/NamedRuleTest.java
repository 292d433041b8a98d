package org.jpledge.tools.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.jpledge.promise.Lowering;
import org.jpledge.promise.Promises;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.FilterText;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.RuleParser;
import org.jpledge.syscall.Arch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Rules are written with the names of constants, and mean what they meant. */
class NamedRuleTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            "ioctl(request == 0x5412)"               | "ioctl(request == TIOCSTI)"
            "ioctl(request:64 != 0x5412)"            | "ioctl(request:64 != TIOCSTI)"
            "socket(family in {2, 0xa})"             | "socket(family in {AF_INET, AF_INET6})"
            "socket(type & 0xfff7f7ff == 1)"         | "socket(type & ~(SOCK_CLOEXEC|SOCK_NONBLOCK) == SOCK_STREAM)"
            "socket(type & 0xf == 1)"                | "socket(type & 0xf == SOCK_STREAM)"
            "mmap(prot & 4 == 0)"                    | "mmap(prot & PROT_EXEC == 0)"
            "openat(flags & 0x243 == 0x41)"          | "openat(flags & (O_ACCMODE|O_CREAT|O_TRUNC) == O_WRONLY|O_CREAT)"
            "openat(flags & 0x400003 == 0)"          | "openat(flags & (O_ACCMODE|0x400000) == 0)"
            "clone(flags & 0x10000000 != 0) -> kill" | "clone(flags & CLONE_NEWUSER != 0) -> kill"
            "ioctl(request == 0x12345678)"           | "ioctl(request == 0x12345678)"
            "personality(persona in {0, 0xffffffff})" | "personality(persona in {PER_LINUX, -1})"
            "read(fd == 1, count <= 0x1000)"         | "read(fd == 1, count <= 0x1000)"
            "kill(pid == $pid)"                      | "kill(pid == $pid)"
            """)
    void numbersHaveTheNamesThatTheCallTakes(String numbers, String names) {
        RuleParser parser = new RuleParser(Arch.X86_64);
        Rule rule = parser.parse(numbers, Action.ALLOW).getFirst();
        assertThat(NamedRule.of(rule, Arch.X86_64)).isEqualTo(names);
        assertThat(parser.parse(names, Action.ALLOW)).containsExactly(rule);
    }

    @ParameterizedTest
    @EnumSource
    void whatPromisesSayIsReadBack(Arch arch) {
        Filter filter = Lowering.exact(
                Promises.parse("stdio rpath wpath cpath fattr proc exec prot_exec tty inet unix dns"),
                arch,
                Action.KILL_PROCESS);
        List<Rule> rules = filter.sections().getFirst().rules();
        List<Rule> read = new RuleParser(arch).parse(NamedRule.of(filter).replaceAll("(?m)^#.*", ""), Action.ALLOW);
        assertThat(read).isEqualTo(rules);
        List<String> named = new ArrayList<>();
        for (Rule rule : rules) {
            if (!NamedRule.of(rule, arch).equals(FilterText.of(rule, arch))) {
                named.add(NamedRule.of(rule, arch));
            }
        }
        assertThat(named).as(named.toString()).hasSizeGreaterThan(10);
    }
}
