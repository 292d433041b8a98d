package org.jpledge.tools.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jpledge.promise.Promises;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Filter;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.KernelVersion;
import org.jpledge.unveil.Permissions;
import org.jspecify.annotations.Nullable;

/** A policy as far as the files say it that were read. Filled by its reader. */
final class Draft {
    @Nullable
    Promises promises;

    @Nullable
    PortList ports;

    @Nullable
    Boolean ignoreMissing;

    @Nullable
    Action onViolation;

    @Nullable
    KernelVersion kernel;

    @Nullable
    List<String> command;

    final TreeMap<String, Permissions> unveil = new TreeMap<>();
    final TreeMap<Limit, Long> limits = new TreeMap<>();
    final List<String> allow = new ArrayList<>();
    final List<String> deny = new ArrayList<>();
    final TreeMap<String, FilterDraft> filters = new TreeMap<>();

    /** Adds what an included file says, where this does not say it otherwise. */
    void include(Draft other) {
        promises =
                promises == null ? other.promises : other.promises == null ? promises : union(promises, other.promises);
        ports = ports == null ? other.ports : other.ports == null ? ports : ports.plus(other.ports);
        ignoreMissing = ignoreMissing == null ? other.ignoreMissing : ignoreMissing;
        onViolation = onViolation == null ? other.onViolation : onViolation;
        kernel = kernel == null ? other.kernel : kernel;
        command = command == null ? other.command : command;
        other.unveil.forEach(unveil::putIfAbsent);
        other.limits.forEach(limits::putIfAbsent);
        allow.addAll(other.allow);
        deny.addAll(other.deny);
        other.filters.forEach((name, filter) -> filters.merge(name, filter, FilterDraft::over));
    }

    private static Promises union(Promises some, Promises others) {
        List<String> words = new ArrayList<>(some.words());
        words.addAll(others.words());
        return Promises.of(words.toArray(String[]::new));
    }

    PolicyDocument document(Arch arch) throws PolicyException {
        SortedMap<String, Filter> all = new TreeMap<>();
        for (Map.Entry<String, FilterDraft> each : filters.entrySet()) {
            all.put(each.getKey(), each.getValue().filter(each.getKey(), arch));
        }
        return new PolicyDocument(
                Optional.ofNullable(promises),
                unveil,
                ignoreMissing != null && ignoreMissing,
                Optional.ofNullable(ports),
                Optional.ofNullable(onViolation),
                limits,
                allow,
                deny,
                Optional.ofNullable(kernel),
                all,
                command == null ? List.of() : command);
    }
}
