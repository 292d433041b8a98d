package org.jpledge.tools.exchange;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jpledge.tools.policy.Limit;

/** The limits of a systemd unit that a policy has too. */
final class SystemdLimits {
    private static final Map<String, Long> SECONDS =
            Map.of("", 1L, "s", 1L, "sec", 1L, "min", 60L, "m", 60L, "h", 3600L, "hr", 3600L, "d", 86400L);

    private static final Map<String, Long> BYTES =
            Map.of("", 1L, "K", 1L << 10, "M", 1L << 20, "G", 1L << 30, "T", 1L << 40);

    private SystemdLimits() {}

    /** The setting for a limit. */
    static String key(Limit limit) {
        return switch (limit) {
            case CPU -> "LimitCPU";
            case MEMORY -> "LimitAS";
            case FILE_SIZE -> "LimitFSIZE";
            case OPEN_FILES -> "LimitNOFILE";
            case PROCESSES -> "LimitNPROC";
        };
    }

    /** The limit of a setting. */
    static Optional<Limit> limit(String key) {
        for (Limit limit : Limit.values()) {
            if (key(limit).equals(key)) {
                return Optional.of(limit);
            }
        }
        return Optional.empty();
    }

    /** What a setting limits to: the lower of two; empty for no limit. */
    static OptionalLong value(Limit limit, SystemdUnit.Setting setting) throws ImportException {
        String soft = setting.value().split(":", 2)[0];
        if (soft.equals("infinity")) {
            return OptionalLong.empty();
        }
        int digits = 0;
        while (digits < soft.length() && Character.digit(soft.charAt(digits), 10) >= 0) {
            digits++;
        }
        String suffix = soft.substring(digits).strip();
        Map<String, Long> units = switch (limit.unit()) {
            case SECONDS -> SECONDS;
            case BYTES -> BYTES;
            case NUMBER -> Map.of("", 1L);
        };
        Long unit = units.get(limit.unit() == Limit.Unit.SECONDS ? suffix.toLowerCase(Locale.ROOT) : suffix);
        OptionalLong number = Numbers.parse(soft.substring(0, digits).replaceFirst("^0+(?=.)", ""));
        if (unit == null || number.isEmpty() || number.getAsLong() < 0) {
            throw setting.place()
                    .wrong(setting.key() + "= takes a number or infinity, not \"" + setting.value() + "\"");
        }
        if (number.getAsLong() > limit.unit().most() / unit) {
            throw setting.place().wrong(setting.value() + " is more than " + setting.key() + "= can say");
        }
        return OptionalLong.of(number.getAsLong() * unit);
    }
}
