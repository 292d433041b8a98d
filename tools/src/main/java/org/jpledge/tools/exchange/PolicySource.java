package org.jpledge.tools.exchange;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.RuleParser;
import org.jpledge.seccomp.RuleSyntaxException;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Errno;
import org.jpledge.tools.policy.PolicyDocument;
import org.jpledge.tools.policy.PolicyException;
import org.jpledge.tools.policy.PolicyFilters;
import org.jpledge.tools.policy.Reading;
import org.jpledge.tools.policy.Variables;
import org.jpledge.tools.text.SyntaxException;
import org.jpledge.tools.text.Utf8;

/** Files that hold filters, in whichever form: a file is known by what is in it, never by its name. */
public final class PolicySource {
    /** A table, or a key with a value: no rule has a single equals sign. */
    private static final Pattern TOML = Pattern.compile("^(\\[|[A-Za-z0-9_.\"-]+\\s*=(?!=))");

    private PolicySource() {}

    /**
     * Reads a policy's file of ours or of others, or rules in the rule language.
     *
     * @param bytes the whole file
     * @param settings what its meaning depends on
     * @return its filters
     * @throws ImportException if it is in no known form, or not as that form has it; one line, with the place
     */
    public static Imported read(byte[] bytes, ImportSettings settings) throws ImportException {
        String text = text(bytes);
        Optional<Format.Reading> reading = Format.recognize(text).flatMap(Format::reading);
        if (reading.isPresent()) {
            return reading.get().read(text, settings);
        }
        return isOwn(text) ? own(text, settings) : rules(text, settings);
    }

    /**
     * Whether a text is a policy's file of ours: JSON with one of its keys, or TOML, whose first line is a key or a table.
     *
     * @param text the whole file
     * @return false for the forms of others, and for rules alone
     */
    public static boolean isOwn(String text) {
        if (Format.recognize(text).isPresent()) {
            return false;
        }
        if (text.stripLeading().startsWith("{")) {
            return PolicyDocument.keys().stream().anyMatch(key -> text.contains('"' + key + '"'));
        }
        return text.lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .findFirst()
                .filter(line -> TOML.matcher(line).find())
                .isPresent();
    }

    private static Imported own(String text, ImportSettings settings) throws ImportException {
        Arch first = settings.arches().getFirst();
        try {
            Reading reading = new Reading(first, new Variables("", ""), settings.includes());
            PolicyDocument policy = PolicyDocument.read(text, "", reading);
            PolicyDocument rest = policy.filtering(Map.of());
            PolicyDocument nothing =
                    rest.kernel().map(PolicyDocument.EMPTY::kernel).orElse(PolicyDocument.EMPTY);
            boolean filtersAlone = rest.equals(nothing);
            return new Imported(
                    PolicyFilters.of(policy, first), filtersAlone ? PolicyDocument.EMPTY : policy, List.of());
        } catch (PolicyException e) {
            String message = String.valueOf(e.getMessage());
            throw new ImportException(message.startsWith(":") ? message.substring(1) : message);
        }
    }

    /**
     * The text of a file.
     *
     * @param bytes all of it
     * @return its characters
     * @throws ImportException if it is not UTF-8, with the place
     */
    public static String text(byte[] bytes) throws ImportException {
        try {
            return Utf8.ofFile(bytes);
        } catch (SyntaxException e) {
            throw new ImportException(e);
        }
    }

    /** Rules alone: what they name is allowed, or what they say happens; all else is refused. */
    private static Imported rules(String text, ImportSettings settings) throws ImportException {
        if (text.stripLeading().startsWith("{")) {
            throw new ImportException(
                    "this JSON is no policy: neither a pledge policy (\"promises\", \"filter\") nor " + formats());
        }
        List<Filter.Section> sections = new ArrayList<>();
        try {
            for (Arch arch : settings.arches()) {
                List<Rule> rules = new RuleParser(arch).parse(text, Action.ALLOW);
                sections.add(new Filter.Section(arch, rules));
            }
        } catch (RuleSyntaxException e) {
            throw new ImportException(
                    e.line(), e.column(), e.getMessage() + "; the file is neither rules nor " + formats());
        }
        if (sections.getFirst().rules().isEmpty()) {
            throw new ImportException("there is nothing in the file");
        }
        Arch first = settings.arches().getFirst();
        Action refusal = new Action.Errno(Errno.number(first, "EPERM").orElseThrow());
        Action unknown = new Action.Errno(Errno.number(first, "ENOSYS").orElseThrow());
        return Imported.of(new Filter(sections, refusal, unknown, refusal), List.of());
    }

    private static String formats() {
        List<String> words = new ArrayList<>();
        for (Format format : Format.values()) {
            if (format.reading().isPresent()) {
                words.add(format.meaning());
            }
        }
        return String.join(", nor ", words);
    }
}
