package org.jpledge.tools.audit;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZonedDateTime;
import java.util.Optional;
import java.util.OptionalLong;

/** From when on a report is wanted, as people say it. */
public final class Since {
    /** What may be written, for a message. */
    public static final String FORMS = "today, yesterday, 30m, 2h, 3d, 1w, 2026-11-23 or 2026-11-23T12:00";

    private Since() {}

    /**
     * Reads a time.
     *
     * @param word one of the {@link #FORMS}; a date means its first moment, and a length a time before now
     * @param now the present, in the zone that days are counted in
     * @return milliseconds since 1970; empty if the word is none of them
     */
    public static Optional<Long> parse(String word, ZonedDateTime now) {
        LocalDate today = now.toLocalDate();
        return switch (word) {
            case "today" -> Optional.of(start(today, now));
            case "yesterday" -> Optional.of(start(today.minusDays(1), now));
            default ->
                length(word)
                        .map(length -> now.minus(length).toInstant().toEpochMilli())
                        .or(() -> date(word, now));
        };
    }

    private static long start(LocalDate day, ZonedDateTime now) {
        return day.atStartOfDay(now.getZone()).toInstant().toEpochMilli();
    }

    private static Optional<Duration> length(String word) {
        OptionalLong count = AuditRecord.number(word.substring(0, Math.max(word.length() - 1, 0)), 10);
        if (count.isEmpty() || count.getAsLong() > 100_000) {
            return Optional.empty();
        }
        long number = count.getAsLong();
        return Optional.ofNullable(
                switch (word.charAt(word.length() - 1)) {
                    case 's' -> Duration.ofSeconds(number);
                    case 'm' -> Duration.ofMinutes(number);
                    case 'h' -> Duration.ofHours(number);
                    case 'd' -> Duration.ofDays(number);
                    case 'w' -> Duration.ofDays(7 * number);
                    default -> null;
                });
    }

    private static Optional<Long> date(String word, ZonedDateTime now) {
        try {
            return Optional.of(
                    word.length() == "2026-11-23".length()
                            ? start(LocalDate.parse(word), now)
                            : LocalDateTime.parse(word.replace(' ', 'T'))
                                    .atZone(now.getZone())
                                    .toInstant()
                                    .toEpochMilli());
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }
}
