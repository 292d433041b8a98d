package org.jpledge.tools.transcript;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonPrimitive;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jpledge.syscall.Arch;
import org.jpledge.tools.event.Argument;
import org.jpledge.tools.event.Endpoint;
import org.jpledge.tools.event.Event;
import org.jpledge.tools.event.Outcome;
import org.jpledge.tools.event.Syscall;
import org.jpledge.tools.event.Task;
import org.jpledge.tools.text.Words;

/** Reads what our own tracer wrote: docs/trace-json.md says what that is. */
final class TraceJson {
    private static final BigDecimal SECOND = BigDecimal.valueOf(1_000_000_000);

    private TraceJson() {}

    /** Whether an object is one of these. */
    static boolean isOne(JsonObject object) {
        return object.get("event") instanceof JsonPrimitive kind && kind.isString();
    }

    /** Whether it is no event, but counts what others were. */
    static boolean isSummary(JsonObject object) {
        return object.get("event").getAsString().equals("summary");
    }

    /**
     * The event that an object says.
     *
     * @param line the object
     * @throws JsonParseException if something is missing or is something else than it should be
     */
    static Event event(JsonObject line) {
        Task task = new Task(number(line, "process"), number(line, "thread"));
        long at = nanos(line, "at");
        return switch (string(line, "event")) {
            case "syscall" -> call(line, task, at);
            case "signalled" ->
                new Event.Signalled(task, at, string(line, "signal"), Words.ofText(string(line, "detail")));
            case "executed" -> new Event.Executed(task, at, bytes(line, "program"));
            case "started" -> new Event.Started(task, at, number(line, "parent"));
            case "ended" -> new Event.Ended(task, at, number(line, "status"), string(line, "signal"));
            default -> throw new JsonParseException("event " + line.get("event"));
        };
    }

    private static Syscall call(JsonObject line, Task task, long at) {
        List<Argument> arguments = new ArrayList<>();
        for (JsonObject argument : objects(line, "arguments")) {
            arguments.add(argument(argument));
        }
        Arch arch = Arch.parse(string(line, "arch")).orElseThrow(() -> new JsonParseException("arch"));
        boolean timed = line.has("seconds") && line.get("seconds").isJsonPrimitive();
        return new Syscall(
                task,
                at,
                arch,
                number(line, "number"),
                string(line, "call"),
                arguments,
                outcome(object(line, "result")),
                timed ? nanos(line, "seconds") : -1,
                truth(line, "early"),
                hexadecimal(line, "address"));
    }

    private static Argument argument(JsonObject one) {
        String name = string(one, "name");
        long raw = hexadecimal(one, "raw");
        return switch (string(one, "kind")) {
            case "number" -> new Argument.Whole(name, raw, whole(one, "value"));
            case "symbols" -> new Argument.Symbols(name, raw, string(one, "text"));
            case "address" -> new Argument.Address(name, raw);
            case "descriptor" -> new Argument.Descriptor(name, raw, number(one, "number"), bytes(one, "what"));
            case "path" ->
                new Argument.PathName(name, raw, bytes(one, "written"), bytes(one, "absolute"), bytes(one, "file"));
            case "data" -> new Argument.Data(name, raw, bytes(one, "bytes"), whole(one, "length"));
            case "socket" -> new Argument.Socket(name, raw, endpoint(object(one, "endpoint")));
            case "structure" -> structure(one, name, raw);
            case "strings" -> strings(one, name, raw);
            default -> throw new JsonParseException("kind " + one.get("kind"));
        };
    }

    private static Argument structure(JsonObject one, String name, long raw) {
        List<Argument.Field> fields = new ArrayList<>();
        for (JsonObject field : objects(one, "fields")) {
            fields.add(new Argument.Field(string(field, "name"), bytes(field, "text")));
        }
        if (truth(one, "more")) {
            fields.add(new Argument.Field("", ""));
        }
        List<Endpoint> peers = new ArrayList<>();
        for (JsonObject peer : objects(one, "peers")) {
            peers.add(endpoint(peer));
        }
        return new Argument.Structure(name, raw, fields, peers);
    }

    private static Argument strings(JsonObject one, String name, long raw) {
        boolean exact = !one.has("items_hex");
        List<String> items = new ArrayList<>();
        for (JsonElement item : elements(one, exact ? "items" : "items_hex")) {
            if (!item.isJsonPrimitive()) {
                throw new JsonParseException("items has something else");
            }
            String text = item.getAsString();
            items.add(exact ? Words.ofText(text) : unhexed(text));
        }
        return new Argument.Strings(name, raw, items, number(one, "count"));
    }

    private static Endpoint endpoint(JsonObject one) {
        String family = string(one, "family");
        return switch (family) {
            case "AF_INET", "AF_INET6" -> new Endpoint.Internet(family, string(one, "host"), number(one, "port"));
            case "AF_UNIX" -> new Endpoint.Local(bytes(one, "path"), truth(one, "abstract"), bytes(one, "file"));
            case "AF_NETLINK" -> new Endpoint.Netlink(number(one, "port"), number(one, "groups"));
            default -> new Endpoint.Other(family);
        };
    }

    private static Outcome outcome(JsonObject one) {
        return switch (string(one, "outcome")) {
            case "returned" -> new Outcome.Returned(whole(one, "value"), bytes(one, "meaning"));
            case "failed" -> new Outcome.Failed(string(one, "errno"));
            case "restarted" -> new Outcome.Restarted(string(one, "reason"));
            case "unfinished" -> new Outcome.Unfinished();
            default -> throw new JsonParseException("outcome " + one.get("outcome"));
        };
    }

    private static String bytes(JsonObject one, String name) {
        return one.has(name + "_hex") ? unhexed(string(one, name + "_hex")) : Words.ofText(string(one, name));
    }

    private static String unhexed(String digits) {
        try {
            return new String(HexFormat.of().parseHex(digits), StandardCharsets.ISO_8859_1);
        } catch (IllegalArgumentException e) {
            throw new JsonParseException("no hexadecimal digits", e);
        }
    }

    private static JsonPrimitive primitive(JsonObject one, String name) {
        if (one.get(name) instanceof JsonPrimitive primitive) {
            return primitive;
        }
        throw new JsonParseException("no " + name);
    }

    private static String string(JsonObject one, String name) {
        return primitive(one, name).getAsString();
    }

    private static boolean truth(JsonObject one, String name) {
        return primitive(one, name).getAsBoolean();
    }

    private static long whole(JsonObject one, String name) {
        try {
            return primitive(one, name).getAsBigDecimal().longValueExact();
        } catch (ArithmeticException | NumberFormatException e) {
            throw new JsonParseException(name + " is no whole number", e);
        }
    }

    private static int number(JsonObject one, String name) {
        return (int) whole(one, name);
    }

    private static long hexadecimal(JsonObject one, String name) {
        return Numbers.number(string(one, name)).orElseThrow(() -> new JsonParseException(name + " is no number"));
    }

    private static long nanos(JsonObject one, String name) {
        try {
            BigDecimal seconds = primitive(one, name).getAsBigDecimal();
            if (seconds.abs().compareTo(SECOND.multiply(BigDecimal.TEN)) > 0) {
                throw new JsonParseException(name + " is too far away");
            }
            return seconds.multiply(SECOND).longValue();
        } catch (NumberFormatException e) {
            throw new JsonParseException(name + " is no number", e);
        }
    }

    private static JsonObject object(JsonObject one, String name) {
        if (one.get(name) instanceof JsonObject object) {
            return object;
        }
        throw new JsonParseException("no " + name);
    }

    private static List<JsonElement> elements(JsonObject one, String name) {
        if (one.has(name) && one.get(name).isJsonArray()) {
            return one.getAsJsonArray(name).asList();
        }
        throw new JsonParseException("no " + name);
    }

    private static List<JsonObject> objects(JsonObject one, String name) {
        List<JsonObject> objects = new ArrayList<>();
        for (JsonElement element : elements(one, name)) {
            if (!(element instanceof JsonObject object)) {
                throw new JsonParseException(name + " has something else");
            }
            objects.add(object);
        }
        return objects;
    }
}
