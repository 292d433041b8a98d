package org.jpledge.tools.exchange;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;

/**
 * What the JSON files of others say about a call, asked of the files themselves: a second reading that knows nothing of filters,
 * of conditions and of the reader under test.
 */
final class DirectReading {
    private static final int ENOSYS = 0x00050026;

    /** What a rule asks of one argument. */
    private record Asked(int index, String op, long value, long two, boolean low) {
        boolean holds(long argument) {
            long given = low ? argument & 0xffffffffL : argument;
            int order = Long.compareUnsigned(given, value);
            return switch (op) {
                case "eq" -> order == 0;
                case "ne" -> order != 0;
                case "lt" -> order < 0;
                case "le" -> order <= 0;
                case "gt" -> order > 0;
                case "ge" -> order >= 0;
                case "masked" -> (given & value) == (two & value);
                default -> throw new AssertionError(op);
            };
        }
    }

    private record Line(List<Asked> all, int action) {}

    private final Map<Integer, List<Line>> lines = new HashMap<>();
    private int otherwise;
    private int highest = Integer.MAX_VALUE;

    private DirectReading() {}

    /** Docker's profile for a machine and a program: includes and excludes are about the machine. */
    static DirectReading ofOci(String json, Arch arch, Set<String> goNames, Set<String> capabilities) {
        DirectReading reading = new DirectReading();
        JsonObject profile = JsonParser.parseString(json).getAsJsonObject();
        reading.otherwise = action(profile.get("defaultAction").getAsString(), profile.get("defaultErrnoRet"));
        reading.highest = -1;
        for (JsonElement element : profile.getAsJsonArray("syscalls")) {
            JsonObject entry = element.getAsJsonObject();
            if (!isMeant(entry, goNames, capabilities)) {
                continue;
            }
            int action = action(entry.get("action").getAsString(), entry.get("errnoRet"));
            List<Asked> asked = new ArrayList<>();
            Set<Integer> indices = new TreeSet<>();
            for (JsonElement arg : array(entry, "args")) {
                JsonObject one = arg.getAsJsonObject();
                asked.add(new Asked(
                        one.get("index").getAsInt(),
                        one.get("op")
                                .getAsString()
                                .replace("SCMP_CMP_", "")
                                .toLowerCase(Locale.ROOT)
                                .replace("masked_eq", "masked"),
                        one.get("value").getAsBigInteger().longValue(),
                        one.has("valueTwo")
                                ? one.get("valueTwo").getAsBigInteger().longValue()
                                : 0,
                        false));
                indices.add(asked.getLast().index());
            }
            for (JsonElement name : entry.getAsJsonArray("names")) {
                OptionalInt number = SyscallTable.of(arch).number(name.getAsString());
                if (number.isEmpty()) {
                    continue;
                }
                reading.highest = Math.max(reading.highest, number.getAsInt());
                if (indices.size() < asked.size()) {
                    asked.forEach(one -> reading.add(number.getAsInt(), List.of(one), action));
                } else {
                    reading.add(number.getAsInt(), asked, action);
                }
            }
        }
        return reading;
    }

    /** One thread's filter of Firecracker's. */
    static DirectReading ofSeccompiler(String json, String thread, Arch arch) {
        DirectReading reading = new DirectReading();
        JsonObject filter = JsonParser.parseString(json).getAsJsonObject().getAsJsonObject(thread);
        reading.otherwise = word(filter.get("default_action").getAsString());
        int action = word(filter.get("filter_action").getAsString());
        for (JsonElement element : filter.getAsJsonArray("filter")) {
            JsonObject rule = element.getAsJsonObject();
            List<Asked> asked = new ArrayList<>();
            for (JsonElement arg : array(rule, "args")) {
                JsonObject one = arg.getAsJsonObject();
                boolean low = one.get("type").getAsString().equals("dword");
                long value = one.get("val").getAsLong();
                JsonElement op = one.get("op");
                int index = one.get("index").getAsInt();
                asked.add(
                        op.isJsonObject()
                                ? new Asked(
                                        index,
                                        "masked",
                                        op.getAsJsonObject().get("masked_eq").getAsLong(),
                                        value,
                                        low)
                                : new Asked(index, op.getAsString(), value, 0, low));
            }
            reading.add(
                    SyscallTable.of(arch)
                            .number(rule.get("syscall").getAsString())
                            .orElseThrow(),
                    asked,
                    action);
        }
        return reading;
    }

    private void add(int number, List<Asked> asked, int action) {
        if (action != otherwise) {
            lines.computeIfAbsent(number, _ -> new ArrayList<>()).add(new Line(asked, action));
        }
    }

    private static int word(String action) {
        return switch (action) {
            case "trap" -> 0x00030000;
            case "allow" -> 0x7fff0000;
            default -> throw new AssertionError(action);
        };
    }

    private static int action(String word, JsonElement errno) {
        return switch (word) {
            case "SCMP_ACT_ALLOW" -> 0x7fff0000;
            case "SCMP_ACT_ERRNO" -> 0x00050000 | (errno == null ? 1 : errno.getAsInt());
            default -> throw new AssertionError(word);
        };
    }

    private static JsonArray array(JsonObject from, String name) {
        return from.has(name) && from.get(name).isJsonArray() ? from.getAsJsonArray(name) : new JsonArray();
    }

    private static boolean isMeant(JsonObject entry, Set<String> goNames, Set<String> capabilities) {
        boolean meant = true;
        if (entry.has("includes")) {
            JsonObject includes = entry.getAsJsonObject("includes");
            JsonArray arches = array(includes, "arches");
            boolean one = arches.isEmpty();
            for (JsonElement arch : arches) {
                one |= goNames.contains(arch.getAsString());
            }
            meant = one;
            for (JsonElement cap : array(includes, "caps")) {
                meant &= capabilities.contains(cap.getAsString());
            }
        }
        if (entry.has("excludes")) {
            JsonObject excludes = entry.getAsJsonObject("excludes");
            for (JsonElement arch : array(excludes, "arches")) {
                meant &= !goNames.contains(arch.getAsString());
            }
            for (JsonElement cap : array(excludes, "caps")) {
                meant &= !capabilities.contains(cap.getAsString());
            }
        }
        return meant;
    }

    /** What happens to a call, as a filter encodes it. */
    int decide(int number, long[] args) {
        if (number > highest) {
            return ENOSYS;
        }
        int answer = otherwise;
        for (Line line : lines.getOrDefault(number, List.of())) {
            boolean all = true;
            for (Asked asked : line.all()) {
                all &= asked.holds(args[asked.index()]);
            }
            if (line.all().isEmpty()) {
                return line.action();
            }
            if (all) {
                answer = line.action();
            }
        }
        return answer;
    }

    /** Values of an argument of a call at which what is said about it may change. */
    List<Long> boundary(int number, int argument) {
        SortedSet<Long> values = new TreeSet<>();
        for (Line line : lines.getOrDefault(number, List.of())) {
            for (Asked asked : line.all()) {
                if (asked.index() == argument) {
                    for (long near : new long[] {asked.value(), asked.two(), ~asked.value()}) {
                        for (long value = near - 1; value != near + 2; value++) {
                            values.add(value);
                            values.add((long) (int) value);
                            values.add(value & 0xffffffffL);
                            values.add(value | 1L << 32);
                            values.add(value ^ 1L << 63);
                        }
                    }
                    for (int bit = 0; bit < Long.SIZE && asked.op().equals("masked"); bit++) {
                        values.add(1L << bit);
                        values.add(asked.two() ^ 1L << bit);
                    }
                }
            }
        }
        if (values.isEmpty()) {
            return List.of(0x1122334455667788L);
        }
        values.add(0L);
        values.add(-1L);
        return List.copyOf(values);
    }
}
