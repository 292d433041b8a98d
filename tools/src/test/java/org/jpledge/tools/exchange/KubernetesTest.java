package org.jpledge.tools.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jpledge.bpf.SeccompData;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Identity;
import org.jpledge.seccomp.RuleParser;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;
import org.jpledge.tools.text.Node;
import org.jpledge.tools.text.SyntaxException;
import org.jpledge.tools.text.YamlReading;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KubernetesTest {
    private static final Action EPERM = new Action.Errno(1);
    private static final Action ENOSYS = new Action.Errno(38);
    private static final String HEAD = """
        apiVersion: security-profiles-operator.x-k8s.io/v1beta1
        kind: SeccompProfile
        metadata:
          name: profile1
          annotations: {description: "Blocks: all", "seen": yes} # a comment
        """;

    private static Imported read(String text) throws ImportException {
        return PolicySource.read(text.getBytes(StandardCharsets.UTF_8), ImportSettings.of(Arch.X86_64));
    }

    private static Action decide(Filter filter, String call, long... args) {
        int number = SyscallTable.of(Arch.X86_64).number(call).orElseThrow();
        return filter.decide(SeccompData.of(number, Arch.X86_64.audit(), args), new Identity(1, 0, 0));
    }

    private static Filter filter(String rules) {
        return Filter.of(
                Arch.X86_64, new RuleParser(Arch.X86_64).parse(rules, Action.ALLOW), EPERM, ENOSYS, Oci.FOREIGN);
    }

    @Test
    void aResourceIsReadInEveryWayOfWritingIt() throws ImportException {
        for (String spec : List.of("""
            spec:
              defaultAction: "SCMP_ACT_ERRNO"
              architectures:
              - SCMP_ARCH_X86_64
              syscalls:
              - action: SCMP_ACT_ALLOW
                names:
                  - read
                  # between
                  - write
              - names: ['socket']
                action: SCMP_ACT_ALLOW
                args:
                  - index: 0
                    op: SCMP_CMP_EQ
                    value: 2
            """, """
            spec:
                defaultAction: SCMP_ACT_ERRNO # refuse
                syscalls:

                -   names: [read, write]
                    action: SCMP_ACT_ALLOW
                -
                    names: [ "socket" ]
                    action: SCMP_ACT_ALLOW
                    args: [{index: 0, op: SCMP_CMP_EQ, value: 2}]
            ---
            another: document
            """)) {
            Filter filter = read(HEAD + spec).filter("");
            assertThat(decide(filter, "write")).isEqualTo(Action.ALLOW);
            assertThat(decide(filter, "socket", 2)).isEqualTo(Action.ALLOW);
            assertThat(decide(filter, "socket", 3)).isEqualTo(EPERM);
            assertThat(decide(filter, "open")).isEqualTo(EPERM);
        }
    }

    @Test
    void aResourceInJsonIsReadToo() throws ImportException {
        Imported imported = read("""
            {"apiVersion": "security-profiles-operator.x-k8s.io/v1", "kind": "SeccompProfile", "metadata": {"name": "x"},
             "spec": {"defaultAction": "SCMP_ACT_ALLOW", "baseProfileName": "runc-v1.1", "syscalls": []}}\
            """);
        assertThat(imported.filter("").otherwise()).isEqualTo(Action.ALLOW);
        assertThat(imported.remarks())
                .containsExactly(
                        "what \"baseProfileName\" names (runc-v1.1) is allowed as well, and is not known here");
    }

    @Test
    void whatIsWrittenIsAsTheResourcesDefinitionHasIt() throws IOException, SyntaxException, ImportException {
        Node.Members version = YamlReading.read(SharedData.text("spo-seccompprofile-crd.yaml"))
                .object()
                .get("spec")
                .object()
                .get("versions")
                .list()
                .getFirst()
                .object();
        Node schema = version.get("schema").object().get("openAPIV3Schema");
        Filter filter = filter("""
                read
                write(fd == 1)
                ioctl(request == 0x80000001)
                kill -> errno EACCES
                clone(flags & 0x7e020000 == 0)""");
        Exported exported = Kubernetes.write(RandomPolicies.of(filter));
        assertThat(exported.losses()).isEmpty();
        List<String> wrong = new ArrayList<>();
        check("", YamlReading.read(exported.text()), schema, wrong);
        assertThat(wrong).isEmpty();
        assertThat(version.get("name").string()).isEqualTo("v1");
        assertThat(exported.text())
                .startsWith("""
                        apiVersion: security-profiles-operator.x-k8s.io/v1
                        kind: SeccompProfile
                        metadata:
                          name: test
                        """)
                .endsWith("#       type: Localhost\n#       localhostProfile: operator/test.json\n");
        // The check itself finds what is wrong.
        check(
                "",
                YamlReading.read(
                        exported.text().replace("SCMP_ACT_ERRNO", "SCMP_ACT_NO").replace("spec:", "spec:\n  x: 1")),
                schema,
                wrong);
        assertThat(wrong).contains(".spec.x is not known", ".spec.defaultAction is none of the values");
        Filter back = read(exported.text()).filter("");
        assertThat(decide(back, "write", 1)).isEqualTo(Action.ALLOW);
        assertThat(decide(back, "write", 2)).isEqualTo(EPERM);
        assertThat(decide(back, "kill")).isEqualTo(new Action.Errno(13));
        assertThat(decide(back, "clone", 0x10000000)).isEqualTo(EPERM);
    }

    /** What of a value is not as a schema has it. */
    private static void check(String path, Node value, Node schemaNode, List<String> wrong) throws SyntaxException {
        Node.Members schema = schemaNode.object();
        String type = schema.find("type").isPresent() ? schema.get("type").string() : "object";
        switch (type) {
            case "object" -> {
                if (schema.find("properties").isEmpty()) {
                    return;
                }
                Node.Members known = schema.get("properties").object();
                for (Map.Entry<String, Node> member : value.object().members().entrySet()) {
                    if (known.find(member.getKey()).isPresent()) {
                        check(path + "." + member.getKey(), member.getValue(), known.get(member.getKey()), wrong);
                    } else {
                        wrong.add(path + "." + member.getKey() + " is not known");
                    }
                }
                if (schema.find("required").isPresent()) {
                    for (String name : schema.get("required").texts()) {
                        if (value.object().find(name).isEmpty()) {
                            wrong.add(path + "." + name + " is missing");
                        }
                    }
                }
            }
            case "array" -> {
                for (Node item : value.list()) {
                    check(path + "[]", item, schema.get("items"), wrong);
                }
            }
            case "string" -> {
                if (schema.find("enum").isPresent()
                        && !schema.get("enum").texts().contains(value.string())) {
                    wrong.add(path + " is none of the values");
                }
            }
            case "integer" -> {
                if (value.bits() < 0) {
                    wrong.add(path + " is too great");
                }
            }
            default -> wrong.add(path + ": " + type);
        }
    }

    @Test
    void whatAResourceCannotSayIsNamed() {
        Filter filter = Filter.of(
                Arch.X86_64,
                new RuleParser(Arch.X86_64).parse("read\nmmap(addr == 0x8000000000000000)", Action.ALLOW),
                new Action.Errno(13),
                ENOSYS,
                Oci.FOREIGN);
        Exported exported = Kubernetes.write(RandomPolicies.of(filter));
        assertThat(exported.losses())
                .hasSize(2)
                .contains("all other calls get errno EPERM, not errno EACCES: SeccompProfile has no number for it")
                .anyMatch(
                        loss -> loss.contains("mmap") && loss.endsWith("numbers up to 2^63 - 1; the rule is left out"));
        assertThat(exported.text()).doesNotContain("9223372036854775808");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "kind: SeccompProfile!apiVersion: v1 | 1:1: \"spec\" is missing here",
                "kind: SeccompProfiles!apiVersion: v1 | 1:7: a resource of the kind SeccompProfile is expected, not"
                        + " \"SeccompProfiles\"",
                "kind: SeccompProfile!apiVersion: v1!spec: &a {} | 3:7: anchors, aliases and tags of YAML are not"
                        + " read: write the value itself",
                "kind: SeccompProfile!apiVersion: v1!spec:!\tdefaultAction: x | 4:1: YAML is indented by spaces, not"
                        + " by tabs",
                "kind: SeccompProfile!apiVersion: v1!spec:!  defaultAction: SCMP_ACT_NO | 4:18: unknown action"
                        + " \"SCMP_ACT_NO\" (did you mean SCMP_ACT_LOG?)",
                "kind: SeccompProfile!apiVersion: v1!spec: [a | 3:7: this is not closed on its line, or not as YAML"
                        + " has it: a comma or ] is expected here, not the end of the file",
                "kind: SeccompProfile!kind: x!apiVersion: v1 | 2:1: \"kind\" is named twice here",
                "kind: SeccompProfile!apiVersion: v1!spec:!    a: 1!  b: 2 | 5:3: this line is indented like none"
                        + " before it",
            })
    void whatIsWrongIsSaidWithItsPlace(String text, String message) {
        assertThatThrownBy(() -> read(text.replace('!', '\n')))
                .isInstanceOf(ImportException.class)
                .hasMessage(message);
    }

    @Test
    void deepTextIsRefused() {
        StringBuilder text = new StringBuilder("kind: SeccompProfile\napiVersion: v1\nspec:\n");
        for (int i = 1; i < 2000; i++) {
            text.append(" ".repeat(i)).append("a:\n");
        }
        assertThatThrownBy(() -> read(text.toString())).hasMessageContaining("more than 64 mappings and lists");
    }
}
