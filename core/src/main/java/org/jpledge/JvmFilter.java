package org.jpledge;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.jpledge.bpf.Program;
import org.jpledge.bpf.SeccompData;
import org.jpledge.linux.CodeCache;
import org.jpledge.linux.KernelException;
import org.jpledge.linux.Listener;
import org.jpledge.linux.Seccomp;
import org.jpledge.linux.ThreadException;
import org.jpledge.promise.Circumstance;
import org.jpledge.promise.JvmTable;
import org.jpledge.promise.Lowering;
import org.jpledge.promise.Promises;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Compiled;
import org.jpledge.seccomp.Compiler;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Identity;
import org.jpledge.seccomp.Rule;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Constants;
import org.jpledge.syscall.SyscallTable;

/**
 * A filter of the user's own for all threads of this JVM.
 *
 * @param filter the whole
 * @param flags what the kernel gets with it
 */
record JvmFilter(Filter filter, Set<FilterFlag> flags) {
    private static final Identity NOBODY = new Identity(0, 0, 0);
    private static final Action EPERM = new Action.Errno(1);
    private static final Set<FilterFlag> PASSED_ON =
            Set.of(FilterFlag.LOG, FilterFlag.SPEC_ALLOW, FilterFlag.TSYNC_ESRCH, FilterFlag.WAIT_KILLABLE_RECV);

    /**
     * A filter, with what a JVM needs.
     *
     * @param added whether that is added
     */
    static JvmFilter of(Filter wanted, Set<FilterFlag> flags, boolean added) {
        Architectures.require(wanted);
        try {
            Machine.abi();
        } catch (KernelException e) {
            throw failed(e);
        }
        return new JvmFilter(added ? withNeeds(wanted) : wanted, flags);
    }

    /** Where calls are refused that no rule is about, those of the JVM are not: after all other rules. */
    private static Filter withNeeds(Filter wanted) {
        if (wanted.otherwise() instanceof Action.Allow || wanted.otherwise() instanceof Action.Log) {
            return wanted;
        }
        Arch host = Arch.host();
        boolean refuses = Action.isRefusal(wanted.otherwise());
        JvmTable table = InProcess.jvm(Promises.NONE, CodeCache.find());
        Filter needs = Lowering.jvm(
                Promises.NONE, host, refuses ? wanted.otherwise() : EPERM, Circumstance.UNRESTRICTED, table);
        List<Filter.Section> sections = new ArrayList<>();
        for (Filter.Section section : wanted.sections()) {
            if (section.arch() == host) {
                List<Rule> rules = new ArrayList<>(section.rules());
                for (Rule rule : needs.sections().getFirst().rules()) {
                    if (refuses || rule.action() instanceof Action.Allow) {
                        rules.add(rule);
                    }
                }
                sections.add(new Filter.Section(host, rules, section.frequencies()));
            } else {
                sections.add(section);
            }
        }
        return new Filter(sections, wanted.otherwise(), wanted.unknown(), wanted.foreign());
    }

    /** Filters this process, if nobody has to listen. */
    Program load() {
        if (flags.contains(FilterFlag.NEW_LISTENER) || FilterLaunch.asks(filter)) {
            throw new IllegalStateException("the filter asks by notify, and nobody would listen: use loadListening()");
        }
        Program program = prepared();
        install(() -> {
            Seccomp.install(program, bits());
            return program;
        });
        return program;
    }

    /** Filters this process, whose calls the listener is asked about. */
    Listener listen() {
        Program program = prepared();
        return install(() -> Seccomp.listen(program, bits()));
    }

    /** Compiles it, and loads what cannot be loaded afterwards. */
    private Program prepared() {
        Compiled compiled = Compiler.compile(filter);
        try {
            // A filter that this process has already may refuse to say who it is.
            Identity self = compiled.patches().isEmpty() ? NOBODY : InProcess.identity();
            OwnClasses.load();
            if (!mayRead(self)) {
                Sandbox.preload(
                        Preload.FILES,
                        Preload.ZIP,
                        Preload.LOGGING,
                        Preload.CLASS_PATH,
                        Preload.TIME,
                        Preload.TEXT,
                        Preload.SECURITY);
            }
            return compiled.bind(self);
        } catch (KernelException e) {
            throw failed(e);
        }
    }

    private boolean mayRead(Identity self) {
        Arch arch = Arch.host();
        long here = Constants.of(arch).value("AT_FDCWD").orElseThrow();
        int number = SyscallTable.of(arch).number("openat").orElseThrow();
        return !Action.isRefusal(filter.decide(SeccompData.of(number, arch.audit(), here), self));
    }

    private int bits() {
        int bits = 0;
        for (FilterFlag flag : flags) {
            bits |= PASSED_ON.contains(flag) ? flag.bit() : 0;
        }
        return bits;
    }

    /** For a virtual thread, which may be another thread of the kernel's after each call, in a thread of its own. */
    private static <T> T install(Callable<T> work) {
        try {
            return Thread.currentThread().isVirtual() ? new Aside<>(work).get() : work.call();
        } catch (ExecutionException e) {
            throw failed(Objects.requireNonNullElse(e.getCause(), e));
        } catch (Exception e) {
            throw failed(e);
        }
    }

    private static SandboxException failed(Throwable cause) {
        if (cause instanceof SandboxException known) {
            return known;
        }
        boolean expected = cause instanceof KernelException || cause instanceof ThreadException;
        if (!expected && cause instanceof RuntimeException bug) {
            throw bug;
        }
        return new SandboxException("this process cannot be filtered: " + cause.getMessage(), false, cause);
    }
}
