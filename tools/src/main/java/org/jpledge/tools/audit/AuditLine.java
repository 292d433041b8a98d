package org.jpledge.tools.audit;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jpledge.tools.text.Words;
import org.jspecify.annotations.Nullable;

/** A line of a log, as far as it concerns refusals. */
sealed interface AuditLine {
    /**
     * A record of a type that speaks of refusals, with all that such a record must say.
     *
     * @param record the record
     */
    record Read(AuditRecord record) implements AuditLine {}

    /** Something else, of which logs are full. */
    record Other() implements AuditLine {}

    /** What should be a record of ours, and cannot be read as one. */
    record Malformed() implements AuditLine {}

    /** More than the kernel writes in one record, 8 KiB, also where all of it is escaped. */
    int LONGEST = 1 << 17;

    /**
     * Reads a line of any of these kinds, which it tells apart by itself: the kernel's ring buffer as dmesg(1), /dev/kmsg or
     * syslog show it; auditd's audit.log; journald's export as JSON.
     *
     * @param line without its end; bytes as characters
     */
    static AuditLine of(String line) {
        if (line.length() > LONGEST) {
            return new Malformed();
        }
        return line.startsWith("{") ? journal(line) : text(line);
    }

    private static AuditLine text(String line) {
        int name = line.indexOf("type=");
        if (name < 0) {
            return new Other();
        }
        int space = line.indexOf(' ', name);
        Optional<Integer> type =
                AuditRecord.type(line.substring(name + "type=".length(), space < 0 ? line.length() : space));
        if (type.isEmpty()) {
            return new Other();
        }
        int head = line.indexOf("audit(", name) + "audit(".length();
        int point = line.indexOf('.', head);
        int colon = line.indexOf(':', head);
        int close = line.indexOf(')', head);
        if (head < name || point < 0 || colon < point || close < colon) {
            return new Malformed();
        }
        OptionalLong seconds = AuditRecord.number(line.substring(head, point), 10);
        OptionalLong millis = AuditRecord.number(line.substring(point + 1, colon), 10);
        OptionalLong serial = AuditRecord.number(line.substring(colon + 1, close), 10);
        if (seconds.isEmpty() || millis.isEmpty() || millis.getAsLong() > 999) {
            return new Malformed();
        }
        int rest = line.startsWith(":", close + 1) ? close + 2 : close + 1;
        return record(type.get(), seconds.getAsLong() * 1000 + millis.getAsLong(), serial, line.substring(rest));
    }

    private static AuditLine journal(String line) {
        JsonElement entry;
        try {
            entry = JsonParser.parseString(new String(Words.bytes(line), StandardCharsets.UTF_8));
        } catch (JsonParseException e) {
            return new Malformed();
        }
        if (!(entry instanceof JsonObject members)) {
            return new Malformed();
        }
        String message = bytes(members.get("MESSAGE"));
        return switch (bytes(members.get("_TRANSPORT"))) {
            case "audit" -> fromAudit(members, message);
            case "kernel" -> text(message);
            // Everybody may write to the journal what looks like a record of the kernel's.
            default -> new Other();
        };
    }

    private static AuditLine fromAudit(JsonObject entry, String message) {
        int space = Math.max(message.indexOf(' '), 0);
        String number = bytes(entry.get("_AUDIT_TYPE"));
        Optional<Integer> type = AuditRecord.type(number.isEmpty() ? message.substring(0, space) : number);
        if (type.isEmpty()) {
            return new Other();
        }
        String source = bytes(entry.get("_SOURCE_REALTIME_TIMESTAMP"));
        OptionalLong micros =
                AuditRecord.number(source.isEmpty() ? bytes(entry.get("__REALTIME_TIMESTAMP")) : source, 10);
        OptionalLong serial = AuditRecord.number(bytes(entry.get("_AUDIT_ID")), 10);
        return micros.isEmpty()
                ? new Malformed()
                : record(type.get(), micros.getAsLong() / 1000, serial, message.substring(space));
    }

    private static AuditLine record(int type, long at, OptionalLong serial, String rest) {
        if (serial.isEmpty()) {
            return new Malformed();
        }
        Map<String, String> fields = AuditRecord.fields(rest);
        AuditRecord record = new AuditRecord(type, at, serial.getAsLong(), fields);
        boolean complete = switch (type) {
            case AuditRecord.SECCOMP ->
                isSmall(record.number("pid"))
                        && isSmall(record.number("syscall"))
                        && isWord(record.word("arch"))
                        && isWord(record.word("code"));
            case AuditRecord.LANDLOCK_ACCESS -> fields.containsKey("domain") && fields.containsKey("blockers");
            case AuditRecord.LANDLOCK_DOMAIN -> fields.containsKey("domain") && fields.containsKey("status");
            default -> isSmall(record.number("pid")) && isSmall(record.number("syscall"));
        };
        return complete ? new Read(record) : new Malformed();
    }

    private static boolean isSmall(OptionalLong number) {
        return number.isPresent() && number.getAsLong() == (int) number.getAsLong();
    }

    private static boolean isWord(OptionalLong number) {
        return number.isPresent() && number.getAsLong() <= 0xffff_ffffL;
    }

    /** A value of journald's, as bytes: text, or an array of numbers where the bytes are no text. */
    private static String bytes(@Nullable JsonElement value) {
        if (value == null) {
            return "";
        }
        if (value.isJsonPrimitive()) {
            return Words.ofText(value.getAsString());
        }
        StringBuilder bytes = new StringBuilder();
        if (value.isJsonArray()) {
            for (JsonElement one : value.getAsJsonArray()) {
                if (!one.isJsonPrimitive() || !one.getAsJsonPrimitive().isNumber()) {
                    return "";
                }
                bytes.append(
                        (char) (one.getAsDouble() >= 0 && one.getAsDouble() < 256 ? (int) one.getAsDouble() : '?'));
            }
        }
        return bytes.toString();
    }
}
