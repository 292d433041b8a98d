package org.jpledge.tools.policy;

import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.jpledge.promise.Promises;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Filter;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.KernelVersion;
import org.jpledge.tools.text.Includes;
import org.jpledge.tools.text.RawPath;
import org.jpledge.unveil.Permissions;

/**
 * A policy as a file has it. Immutable; begin with {@link #EMPTY}.
 *
 * @param promises what the program may do; empty if the file says nothing about it, as one does that has only filters
 * @param unveil what is allowed at paths; no letters hide one. Paths are from the root, bytes as characters
 * @param ignoreMissing whether unveiled paths that are not there are passed over
 * @param ports the only ports that are allowed; empty: any that the promises allow
 * @param onViolation what happens to a call that is not allowed; empty: what the command says, or EPERM
 * @param limits how much the program may use, in each limit's unit
 * @param allow rules that stand before the promises and allow, in the rule language
 * @param deny rules that stand before these and refuse as {@code onViolation} says, in the rule language
 * @param kernel the Linux that the filters were written for, see {@link #effectiveFilters}
 * @param filters raw filters by name, as they are written; the one of a file that has a single one without a name is {@value #MAIN}
 * @param command the program and its arguments, bytes as characters; may be empty
 */
public record PolicyDocument(
        Optional<Promises> promises,
        SortedMap<String, Permissions> unveil,
        boolean ignoreMissing,
        Optional<PortList> ports,
        Optional<Action> onViolation,
        SortedMap<Limit, Long> limits,
        List<String> allow,
        List<String> deny,
        Optional<KernelVersion> kernel,
        SortedMap<String, Filter> filters,
        List<String> command) {
    /** The name of a filter that was given none. */
    public static final String MAIN = "main";

    /** A policy that says nothing. */
    public static final PolicyDocument EMPTY = new PolicyDocument(
            Optional.empty(),
            new TreeMap<>(),
            false,
            Optional.empty(),
            Optional.empty(),
            new TreeMap<>(),
            List.of(),
            List.of(),
            Optional.empty(),
            new TreeMap<>(),
            List.of());

    /** The promises with which a program opens files by name. */
    public static final Set<String> REACHING = Set.of("rpath", "wpath", "cpath", "dpath", "exec", "unix");

    private static final List<String> NETWORK = List.of("inet", "anet", "dns");

    /**
     * Copies the collections.
     *
     * @throws IllegalArgumentException if a filter has a name that it cannot have
     */
    public PolicyDocument {
        unveil = Collections.unmodifiableSortedMap(new TreeMap<>(unveil));
        limits = Collections.unmodifiableSortedMap(new TreeMap<>(limits));
        allow = List.copyOf(allow);
        deny = List.copyOf(deny);
        filters = Collections.unmodifiableSortedMap(new TreeMap<>(filters));
        command = List.copyOf(command);
        for (String name : filters.keySet()) {
            if (!isFilterName(name)) {
                throw new IllegalArgumentException("\"" + name + "\" cannot be a filter's name");
            }
        }
    }

    /**
     * Reads a policy's file: TOML, or JSON if it begins with a brace.
     *
     * @param text all of it
     * @param where its path, as messages name it, and where names of included files start
     * @param settings what its meaning depends on
     * @return the policy, with what the included files say
     * @throws PolicyException if it is none, in one line that begins with file, line and column
     */
    public static PolicyDocument read(String text, String where, Reading settings) throws PolicyException {
        return PolicyReader.read(text, where, settings);
    }

    /**
     * Reads a policy's file for this machine.
     *
     * @param text all of it
     * @param where its path
     * @param variables what names in paths stand for
     * @param includes where included files are found, see {@link Reading}
     * @return the policy
     * @throws PolicyException if it is none, in one line that begins with file, line and column
     */
    public static PolicyDocument read(String text, String where, Variables variables, Includes includes)
            throws PolicyException {
        return read(text, where, Reading.here(variables, includes));
    }

    /**
     * Whether a filter may be called so.
     *
     * @param name the name
     * @return true for letters, digits, {@code _} and {@code -} that are neither an architecture nor a key of a filter
     */
    public static boolean isFilterName(String name) {
        boolean good = !name.isEmpty();
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            good &= c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-';
        }
        return good && Arch.parse(name).isEmpty() && !Key.words(Key.ofFilter()).contains(name);
    }

    /**
     * The filters as they are to be in force: what is newer than the policy's kernel is answered as what is unknown.
     *
     * @return by name
     */
    public SortedMap<String, Filter> effectiveFilters() {
        SortedMap<String, Filter> effective = new TreeMap<>(filters);
        kernel.ifPresent(version -> effective.replaceAll((_, filter) -> filter.withKernel(version)));
        return effective;
    }

    /**
     * The promised words.
     *
     * @return in the promise table's order; none if there are no promises
     */
    public List<String> words() {
        return promises.map(Promises::words).orElse(List.of());
    }

    /**
     * What is allowed at paths, in the order of the names that they are written by: so a text is the same wherever the places lie
     * that have names.
     *
     * @param naming what a path is written as
     * @return letters by path
     */
    List<Map.Entry<String, Permissions>> unveilBy(UnaryOperator<String> naming) {
        return unveil.entrySet().stream()
                .sorted(Comparator.comparing(each -> naming.apply(each.getKey())))
                .toList();
    }

    /**
     * The keys of a policy's file.
     *
     * @return the words, in the order of the documentation
     */
    public static List<String> keys() {
        return Key.words(Key.ofPolicy());
    }

    /**
     * Changes the promises.
     *
     * @param others what the program may do
     * @return the changed policy
     */
    public PolicyDocument promising(Promises others) {
        return new PolicyDocument(
                Optional.of(others),
                unveil,
                ignoreMissing,
                ports,
                onViolation,
                limits,
                allow,
                deny,
                kernel,
                filters,
                command);
    }

    /**
     * Changes what is allowed at paths.
     *
     * @param paths letters by path; none: the file system is as visible as the promises say
     * @return the changed policy
     */
    public PolicyDocument unveiling(Map<String, Permissions> paths) {
        return new PolicyDocument(
                promises,
                new TreeMap<>(paths),
                ignoreMissing,
                ports,
                onViolation,
                limits,
                allow,
                deny,
                kernel,
                filters,
                command);
    }

    /**
     * Changes whether unveiled paths that are not there are passed over.
     *
     * @param ignored whether they are
     * @return the changed policy
     */
    public PolicyDocument ignoringMissing(boolean ignored) {
        return new PolicyDocument(
                promises, unveil, ignored, ports, onViolation, limits, allow, deny, kernel, filters, command);
    }

    /**
     * Changes the ports.
     *
     * @param others the only ones that are allowed; empty: any that the promises allow
     * @return the changed policy
     */
    public PolicyDocument using(Optional<PortList> others) {
        return new PolicyDocument(
                promises, unveil, ignoreMissing, others, onViolation, limits, allow, deny, kernel, filters, command);
    }

    /**
     * Changes what a violation means.
     *
     * @param action what happens to a call that is not allowed
     * @return the changed policy
     */
    public PolicyDocument onViolation(Action action) {
        return new PolicyDocument(
                promises,
                unveil,
                ignoreMissing,
                ports,
                Optional.of(action),
                limits,
                allow,
                deny,
                kernel,
                filters,
                command);
    }

    /**
     * Changes the limits.
     *
     * @param values in each limit's unit
     * @return the changed policy
     */
    public PolicyDocument limiting(Map<Limit, Long> values) {
        return new PolicyDocument(
                promises,
                unveil,
                ignoreMissing,
                ports,
                onViolation,
                new TreeMap<>(values),
                allow,
                deny,
                kernel,
                filters,
                command);
    }

    /**
     * Changes the single rules.
     *
     * @param allowed rules that allow, in the rule language
     * @param denied rules that refuse
     * @return the changed policy
     */
    public PolicyDocument ruling(List<String> allowed, List<String> denied) {
        return new PolicyDocument(
                promises, unveil, ignoreMissing, ports, onViolation, limits, allowed, denied, kernel, filters, command);
    }

    /**
     * Changes the kernel.
     *
     * @param version the Linux that the filters were written for
     * @return the changed policy
     */
    public PolicyDocument kernel(KernelVersion version) {
        return new PolicyDocument(
                promises,
                unveil,
                ignoreMissing,
                ports,
                onViolation,
                limits,
                allow,
                deny,
                Optional.of(version),
                filters,
                command);
    }

    /**
     * Changes the raw filters.
     *
     * @param named filters by name
     * @return the changed policy
     */
    public PolicyDocument filtering(Map<String, Filter> named) {
        return new PolicyDocument(
                promises,
                unveil,
                ignoreMissing,
                ports,
                onViolation,
                limits,
                allow,
                deny,
                kernel,
                new TreeMap<>(named),
                command);
    }

    /**
     * Changes the program.
     *
     * @param words the program and its arguments, bytes as characters
     * @return the changed policy
     */
    public PolicyDocument running(List<String> words) {
        return new PolicyDocument(
                promises, unveil, ignoreMissing, ports, onViolation, limits, allow, deny, kernel, filters, words);
    }

    /**
     * What either of two policies allows, as far as promises, paths and ports say it.
     *
     * @param other the other
     * @return the union; all else is this one's, and the command is the other's only where this one has none
     */
    public PolicyDocument plus(PolicyDocument other) {
        Set<String> words = new TreeSet<>(words());
        words.addAll(other.words());
        SortedMap<String, Permissions> both = new TreeMap<>();
        if (!unveil.isEmpty() && !other.unveil.isEmpty()) {
            for (String path : unveil.keySet()) {
                both.put(path, new Permissions(at(path).bits() | other.at(path).bits()));
            }
            for (String path : other.unveil.keySet()) {
                both.put(path, new Permissions(at(path).bits() | other.at(path).bits()));
            }
        } else if (!reaches() || !other.reaches()) {
            // Who reaches no file has no need to unveil any.
            both.putAll(unveil);
            both.putAll(other.unveil);
        }
        return promising(Promises.of(words.toArray(String[]::new)))
                .unveiling(both)
                .using(unionOfPorts(other))
                .ignoringMissing(ignoreMissing || other.ignoreMissing)
                .running(command.isEmpty() ? other.command : command);
    }

    /** Whether files are opened, and nothing is unveiled: all of them. */
    private boolean reaches() {
        return unveil.isEmpty() && words().stream().anyMatch(REACHING::contains);
    }

    /** What is allowed at a path: what the nearest unveil says. */
    private Permissions at(String path) {
        String place = path;
        while (!unveil.containsKey(place) && !place.equals("/")) {
            place = RawPath.parent(place);
        }
        return unveil.getOrDefault(place, Permissions.NONE);
    }

    private Optional<PortList> unionOfPorts(PolicyDocument other) {
        if (ports.isPresent() && other.ports.isPresent()) {
            return Optional.of(ports.get().plus(other.ports.get()));
        }
        // Without promises for the network, no list is needed to refuse it.
        if (ports.isEmpty() && words().stream().noneMatch(NETWORK::contains)) {
            return other.ports;
        }
        return other.words().stream().noneMatch(NETWORK::contains) ? ports : Optional.empty();
    }
}
