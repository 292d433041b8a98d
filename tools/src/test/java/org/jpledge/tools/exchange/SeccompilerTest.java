package org.jpledge.tools.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jpledge.bpf.SeccompData;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Identity;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SeccompilerTest {
    private static Imported read(String text) throws ImportException {
        return PolicySource.read(
                text.replace('\'', '"').getBytes(StandardCharsets.UTF_8), ImportSettings.of(Arch.X86_64));
    }

    private static Filter one(String rules) throws ImportException {
        return read("{'main': {'mismatch_action': {'errno': 5}, 'match_action': 'allow', 'filter': [" + rules + "]}}")
                .filter("main");
    }

    private static boolean allows(Filter filter, String call, long... args) {
        int number = SyscallTable.of(Arch.X86_64).number(call).orElseThrow();
        return filter.decide(SeccompData.of(number, Arch.X86_64.audit(), args), new Identity(1, 0, 0))
                .equals(Action.ALLOW);
    }

    @ParameterizedTest
    @ValueSource(strings = {"vmm", "api", "vcpu"})
    void firecrackersFiltersDoWhatTheirRulesSay(String thread) throws IOException, ImportException {
        String json = SharedData.text("firecracker-x86_64.json");
        Imported imported = read(json.replace('\'', ' '));
        assertThat(imported.filters().keySet()).containsExactly("api", "vcpu", "vmm");
        assertThat(imported.remarks()).isEmpty();
        assertThatThrownBy(() -> imported.filter(""))
                .hasMessage("there are several filters in it: api, vcpu, vmm; one has to be named, as in FILE#api");
        assertThatThrownBy(() -> imported.filter("vm")).hasMessage("there is no filter vm in it, only: api, vcpu, vmm");
        DirectReading reading = DirectReading.ofSeccompiler(json, thread, Arch.X86_64);
        System.out.println(
                "Firecracker's " + thread + ", " + Agreement.check(imported.filter(thread), Arch.X86_64, reading));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "'eq'|7|5|no", "'eq'|5|5|yes", "'ne'|5|5|no", "'ne'|6|5|yes", "'lt'|4|5|yes", "'lt'|5|5|no",
                "'le'|5|5|yes", "'le'|6|5|no", "'gt'|6|5|yes", "'gt'|5|5|no", "'ge'|5|5|yes", "'ge'|4|5|no",
                "{'masked_eq': 12}|6|5|yes", "{'masked_eq': 12}|9|5|no"
            })
    void everyComparisonIsRead(String op, long given, long value, String allowed) throws ImportException {
        Filter filter = one("{'syscall': 'read', 'args': [{'index': 2, 'type': 'qword', 'op': " + op + ", 'val': "
                + value + ", 'comment': 'x'}]}");
        assertThat(allows(filter, "read", 0, 0, given)).isEqualTo(allowed.equals("yes"));
    }

    @Test
    void aDwordIsTheLowHalfAndAQwordAll() throws ImportException {
        String rule = "{'syscall': 'read', 'args': [{'index': 0, 'type': 'TYPE', 'op': 'eq', 'val': 1}]}";
        assertThat(allows(one(rule.replace("TYPE", "dword")), "read", 0x100000001L))
                .isTrue();
        assertThat(allows(one(rule.replace("TYPE", "qword")), "read", 0x100000001L))
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "'trap'|trap 0",
                "'log'|log",
                "'kill_thread'|kill-thread",
                "'kill_process'|kill",
                "{'errno': 9}|errno 9",
                "{'trace': 65535}|trace 65535",
                "'errno'|errno 1",
                "'Errno(7)'|errno 7",
                "'errno 7'|errno 7",
                "'trace'|trace 0",
                "'trace: 8'|trace 8",
                "'Kill'|kill"
            })
    void everyActionIsReadAndSoIsWhatOtherToolsHaveKept(String action, String meaning) throws ImportException {
        Filter filter = read("{'x': {'default_action': " + action
                        + ", 'filter_action': 'allow', 'filter': [{'syscall': 'read'}]}}")
                .filter("x");
        Action expected = switch (meaning.replaceAll(" .*", "")) {
            case "trap" -> new Action.Trap(0);
            case "log" -> Action.LOG;
            case "kill-thread" -> Action.KILL_THREAD;
            case "kill" -> Action.KILL_PROCESS;
            case "errno" -> new Action.Errno(Integer.parseInt(meaning.substring(6)));
            default -> new Action.Trace(Integer.parseInt(meaning.substring(6)));
        };
        assertThat(filter.otherwise()).isEqualTo(expected);
        assertThat(filter.unknown()).isEqualTo(expected);
    }

    @Test
    void aComparisonUnderAMaskThatWasKeptAsTextIsRead() throws ImportException {
        String rule =
                "{'syscall': 'open', 'args': [{'index': '1', 'type': 'dword', 'op': 'masked_eq', 'val': '3'MORE}]}";
        Filter own = one(rule.replace("MORE", ""));
        assertThat(allows(own, "open", 0, 0x43)).isTrue();
        assertThat(allows(own, "open", 0, 0x42)).isFalse();
        Filter masked = one(rule.replace("MORE", ", 'mask': 1"));
        assertThat(allows(masked, "open", 0, 0x41)).isTrue();
        assertThat(allows(masked, "open", 0, 0x42)).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{'syscall': 'raed'} | unknown system call \"raed\" (did you mean read?)",
                "{'syscal': 'read'} | unknown name \"syscal\" (did you mean syscall?)",
                "{'args': []} | \"syscall\" is missing here",
                "{'syscall': 'read', 'args': [{'index': 6, 'type': 'dword', 'op': 'eq', 'val': 1}]} | an argument's"
                        + " index is 0 to 5",
                "{'syscall': 'read', 'args': [{'index': 4294967296, 'type': 'dword', 'op': 'eq', 'val': 1}]} | an"
                        + " argument's index is 0 to 5",
                "{'syscall': 'read', 'args': [{'index': 0, 'arg_index': 0, 'type': 'dword', 'op': 'eq', 'val': 1}]} |"
                        + " \"arg_index\" is the older name of \"index\", which is there as well",
                "{'syscall': 'read', 'args': [{'index': 0, 'type': 'word', 'op': 'eq', 'val': 1}]} | a type is"
                        + " \"dword\" (32 bits) or \"qword\" (64 bits), not \"word\"",
                "{'syscall': 'read', 'args': [{'index': 0, 'type': 'dword', 'op': 'eg', 'val': 1}]} | unknown"
                        + " comparison \"eg\" (did you mean eq?)",
                "{'syscall': 'read', 'args': [{'index': 0, 'type': 'dword', 'op': {'masked': 1}, 'val': 1}]} | unknown"
                        + " name \"masked\" (did you mean masked_eq?)",
                "{'syscall': 'read', 'args': [{'index': 0, 'type': 'dword', 'op': 'eq', 'val': 4294967296}]} | a dword"
                        + " has 32 bits: 4294967296 is too great",
                "{'syscall': 'read', 'args': [{'index': 0, 'type': 'dword', 'op': 'eq', 'val': -1}]} | a whole number"
                        + " from 0 to 18446744073709551615 is expected here, not -1",
                "{'syscall': 'read', 'args': [{'index': 0, 'type': 'dword', 'op': 'eq'}]} | \"val\" is missing here",
            })
    void whatIsWrongIsSaid(String rule, String message) {
        assertThatThrownBy(() -> one(rule))
                .isInstanceOf(ImportException.class)
                .hasMessageEndingWith(": " + message)
                .hasMessageStartingWith("1:");
    }

    @Test
    void theOlderNameOfAnIndexIsRead() throws ImportException {
        Filter filter = one("{'syscall': 'read', 'args': [{'arg_index': 1, 'type': 'dword', 'op': 'eq', 'val': 7}]}");
        assertThat(allows(filter, "read", 0, 7)).isTrue();
        assertThat(allows(filter, "read", 7, 0)).isFalse();
    }

    /** Firecracker takes a call without arguments as allowed, whatever else is said of it; the crate drops that rule. */
    @Test
    void aRuleForAllCallsBesideOneWithConditionsHoldsAndIsRemarked() throws ImportException {
        String text = "{'main': {'mismatch_action': 'trap', 'match_action': 'allow', 'filter': [{'syscall': 'read'},"
                + " {'syscall': 'CALL', 'args': [{'index': 0, 'type': 'dword', 'op': 'eq', 'val': 1}]}]}}";
        Imported both = read(text.replace("CALL", "read"));
        assertThat(allows(both.filter("main"), "read", 2)).isTrue();
        assertThat(both.remarks())
                .containsExactly("the crate seccompiler passes over the rule for all calls of read, as there are rules"
                        + " with \"args\" about it; here it holds, as Firecracker has it");
        assertThat(read(text.replace("CALL", "write")).remarks()).isEmpty();
    }

    /** They stand after FILE#, and in other forms; policies of ours have the same names. */
    @ParameterizedTest
    @ValueSource(strings = {"", "x */ y", "a\\nread: 1", "aarch64", "rules"})
    void aThreadWhoseNameNoFilterCanHaveIsRefused(String name) {
        String text = "{'NAME': {'mismatch_action': 'trap', 'match_action': 'allow', 'filter': [{'syscall': 'read'}]}}";
        assertThatThrownBy(() -> read(text.replace("NAME", name)))
                .isInstanceOf(ImportException.class)
                .hasMessageMatching(
                        "(?s)1:\\d+: \".*\" cannot be a filter's name: letters, digits, _ and -, and none of an"
                                + " architecture or a key of filters");
    }

    @Test
    void aFilterWhoseActionsAreTheSameIsNone() {
        assertThatThrownBy(() -> read("{'x': {'default_action': 'trap', 'filter_action': 'trap', 'filter': []}}"))
                .hasMessage("1:7: calls that match and calls that do not have the same action, which is no filter");
        assertThatThrownBy(
                        () -> read("{'x': {'default_action': {'errno': 4096}, 'filter_action': 'trap', 'filter': []}}"))
                .hasMessageContaining("a whole number from 0 to 4095");
        assertThatThrownBy(() -> read(
                        "{'x': {'default_action': {'errno': 1, 'trace': 1}, 'filter_action': 'trap', 'filter': []}}"))
                .hasMessageContaining("an action in braces is");
        assertThatThrownBy(() -> read("{'x': {'default_action': 'alow', 'filter_action': 'trap', 'filter': []}}"))
                .hasMessageContaining("unknown action \"alow\" (did you mean allow?)");
    }
}
