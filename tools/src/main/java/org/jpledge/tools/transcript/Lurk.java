package org.jpledge.tools.transcript;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jpledge.syscall.Arch;
import org.jpledge.tools.text.Words;
import org.jspecify.annotations.Nullable;

/** Reads the objects that lurk prints under --json, of both of its schemas: with numbers, and with strings for everything. */
final class Lurk {
    private static final double SECOND = 1e9;

    private final Interpretation interpretation;
    private long lines;

    Lurk(Interpretation interpretation) {
        this.interpretation = interpretation;
    }

    /** Whether an object is one of these. */
    static boolean isOne(JsonObject object) {
        return object.get("type") instanceof JsonPrimitive type
                && type.isString()
                && type.getAsString().equals("SYSCALL");
    }

    /**
     * Takes the next object.
     *
     * @return whether it is complete
     */
    boolean object(JsonObject object) {
        OptionalLong pid = number(object.get("pid"));
        String name = text(object.get("syscall"));
        JsonElement args = object.get("args");
        if (pid.isEmpty() || name.isEmpty() || args == null || !(args.isJsonArray() || args.isJsonPrimitive())) {
            return false;
        }
        List<String> arguments = new ArrayList<>();
        if (args.isJsonArray()) {
            args.getAsJsonArray().forEach(arg -> arguments.add(argument(arg)));
        } else {
            arguments.addAll(Pieces.split(text(args)));
        }
        OptionalLong num = number(object.get("num"));
        double duration =
                object.get("duration") instanceof JsonPrimitive time && time.isNumber() ? time.getAsDouble() : -1;
        lines++;
        return interpretation.called(new Written(
                (int) pid.getAsLong(),
                lines,
                Arch.host(),
                name,
                num.isPresent() ? OptionalInt.of((int) num.getAsLong()) : OptionalInt.empty(),
                arguments,
                result(object),
                duration < 0 ? -1 : (long) (duration * SECOND),
                0));
    }

    private static String result(JsonObject object) {
        for (String name : List.of("success", "error", "result")) {
            String value = text(object.get(name));
            if (!value.isEmpty()) {
                return name.equals("error") && !value.startsWith("-") ? "-" + value : value;
            }
        }
        return "?";
    }

    /** A value as strace would write it. */
    private static String argument(JsonElement value) {
        if (value.isJsonArray()) {
            return list(value);
        }
        if (value instanceof JsonObject object) {
            return text(object.get("address"));
        }
        String text = text(value);
        boolean number = value instanceof JsonPrimitive primitive && primitive.isNumber();
        boolean address = text.startsWith("0x") || text.startsWith("0X");
        return number
                        || address && Numbers.number(text).isPresent()
                        || isQuoted(text)
                        || Numbers.number(text).isPresent()
                ? text
                : Pieces.quote(text);
    }

    private static boolean isQuoted(String text) {
        return text.length() > 1 && text.startsWith("\"") && text.endsWith("\"");
    }

    /** Bytes, or strings. */
    private static String list(JsonElement value) {
        StringBuilder bytes = new StringBuilder();
        List<String> strings = new ArrayList<>();
        for (JsonElement one : value.getAsJsonArray()) {
            if (one instanceof JsonPrimitive primitive && primitive.isNumber()) {
                bytes.append((char) ((int) number(one).orElse(0) & 0xff));
            } else {
                strings.add(Pieces.quote(text(one)));
            }
        }
        return bytes.isEmpty() ? strings.toString() : Pieces.quote(bytes.toString());
    }

    private static OptionalLong number(@Nullable JsonElement value) {
        return Numbers.number(text(value));
    }

    private static String text(@Nullable JsonElement value) {
        return value instanceof JsonPrimitive primitive ? Words.ofText(primitive.getAsString()) : "";
    }
}
