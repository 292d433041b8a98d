package org.jpledge.tools.report;

import org.jpledge.promise.Enforcement;
import org.jpledge.promise.Policy;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Identity;
import org.jpledge.syscall.Arch;

/**
 * What a supervised program is held to, as values.
 *
 * @param policy the policy
 * @param enforcement how it is enforced
 * @param loader the filter before the entry point, as it is without a supervisor
 * @param exact the filter from there on, likewise
 * @param identity whom the filters' variables mean
 */
record Held(Policy policy, Enforcement enforcement, Filter loader, Filter exact, Identity identity) {
    static Held of(Policy policy, Enforcement enforcement, Identity identity) {
        Arch arch = Arch.host();
        return new Held(
                policy, enforcement, policy.loader(arch, enforcement), policy.exact(arch, enforcement), identity);
    }
}
