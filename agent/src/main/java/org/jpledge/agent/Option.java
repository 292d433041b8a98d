package org.jpledge.agent;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jpledge.OnViolation;
import org.jpledge.Preload;

/** What may stand between semicolons beside paths. */
enum Option {
    CONNECT {
        @Override
        Settings set(Settings settings, String value) {
            return settings.with(settings.sandbox().connect(port(value)));
        }
    },
    BIND {
        @Override
        Settings set(Settings settings, String value) {
            return settings.with(settings.sandbox().bind(port(value)));
        }
    },
    ONVIOLATION {
        @Override
        Settings set(Settings settings, String value) {
            return settings.with(settings.sandbox().onViolation(constant(OnViolation.values(), value)));
        }
    },
    PRELOAD {
        @Override
        Settings set(Settings settings, String value) {
            List<Preload> parts = new ArrayList<>(settings.preload());
            parts.add(constant(Preload.values(), value));
            return new Settings(settings.sandbox(), settings.reads(), settings.bestEffort(), parts);
        }
    },
    BESTEFFORT {
        @Override
        Settings set(Settings settings, String value) {
            return switch (value) {
                case "yes" -> new Settings(settings.sandbox().bestEffort(), settings.reads(), true, settings.preload());
                case "no" -> settings;
                default -> throw wrong(value, "yes or no");
            };
        }
    };

    /** The settings, changed. */
    abstract Settings set(Settings settings, String value);

    /** The option of that name. */
    static Optional<Option> of(String name) {
        for (Option option : values()) {
            if (option.word().equals(name)) {
                return Optional.of(option);
            }
        }
        return Optional.empty();
    }

    /** All names, for messages. */
    static String words() {
        StringBuilder words = new StringBuilder();
        for (Option option : values()) {
            words.append(words.isEmpty() ? "" : ", ").append(option.word()).append('=');
        }
        return words.toString();
    }

    final String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    final UsageException wrong(String value, String right) {
        return new UsageException(word() + '=' + value + ": \"" + value + "\" is not " + right);
    }

    final int port(String value) {
        try {
            return Integer.parseInt(value);
        } catch (NumberFormatException _) {
            throw new UsageException(word() + '=' + value + ": \"" + value + "\" is no port number");
        }
    }

    final <E extends Enum<E>> E constant(E[] constants, String value) {
        List<String> words = new ArrayList<>();
        for (E constant : constants) {
            words.add(constant.name().toLowerCase(Locale.ROOT));
            if (words.getLast().equals(value)) {
                return constant;
            }
        }
        throw wrong(value, "among " + String.join(", ", words));
    }
}
