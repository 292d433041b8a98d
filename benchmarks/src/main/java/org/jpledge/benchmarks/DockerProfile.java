package org.jpledge.benchmarks;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Condition;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Operator;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.Value;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;

/** Docker's default profile on x86-64 without capabilities, just so far as that one file needs it. */
final class DockerProfile {
    private static final Arch ARCH = Arch.X86_64;
    private static final Action EPERM = new Action.Errno(1);

    private DockerProfile() {}

    static Filter read(Path file) throws IOException {
        List<Rule> rules = new ArrayList<>();
        JsonObject profile = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        for (JsonElement element : profile.getAsJsonArray("syscalls")) {
            JsonObject entry = element.getAsJsonObject();
            if (isMeant(entry)) {
                for (JsonElement name : entry.getAsJsonArray("names")) {
                    OptionalInt number = SyscallTable.of(ARCH).number(name.getAsString());
                    if (number.isPresent()) {
                        rules.add(new Rule(number.getAsInt(), conditions(entry), action(entry)));
                    }
                }
            }
        }
        return Filter.of(ARCH, rules, EPERM, EPERM, Action.KILL_PROCESS);
    }

    private static boolean isMeant(JsonObject entry) {
        JsonObject included = object(entry, "includes");
        JsonObject excluded = object(entry, "excludes");
        return included.get("caps") == null
                && (included.get("arches") == null || names(included, "arches").contains("amd64"))
                && !names(excluded, "arches").contains("amd64");
    }

    private static JsonObject object(JsonObject of, String name) {
        return of.get(name) instanceof JsonObject object ? object : new JsonObject();
    }

    private static List<String> names(JsonObject of, String name) {
        return of.get(name) instanceof JsonArray names
                ? names.asList().stream().map(JsonElement::getAsString).toList()
                : List.of();
    }

    private static Action action(JsonObject entry) {
        String action = entry.get("action").getAsString();
        return switch (action) {
            case "SCMP_ACT_ALLOW" -> Action.ALLOW;
            case "SCMP_ACT_ERRNO" -> new Action.Errno(entry.get("errnoRet").getAsInt());
            default -> throw new IllegalArgumentException(action);
        };
    }

    private static List<Condition> conditions(JsonObject entry) {
        List<Condition> conditions = new ArrayList<>();
        if (entry.get("args") instanceof JsonArray arguments) {
            for (JsonElement argument : arguments) {
                JsonObject test = argument.getAsJsonObject();
                long value = test.get("value").getAsLong();
                String op = test.get("op").getAsString().substring("SCMP_CMP_".length());
                boolean masked = op.equals("MASKED_EQ");
                long compared = !masked
                        ? value
                        : test.get("valueTwo") == null
                                ? 0
                                : test.get("valueTwo").getAsLong();
                conditions.add(new Condition(
                        test.get("index").getAsInt(),
                        true,
                        masked ? value : -1,
                        masked ? Operator.EQ : Operator.valueOf(op),
                        List.of(new Value.Constant(compared))));
            }
        }
        return conditions;
    }
}
