package org.jpledge.launch;

import org.jpledge.machine.Label;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Constants;

/**
 * Writes launchers: static ELF executables of a few KiB that carry out a {@link LaunchPlan}.
 *
 * <p>A launcher exits with 125 if it cannot confine, 126 if the program cannot be executed, 127 if it is not there, and
 * says why on standard error in one line that names the step and the error. Otherwise it becomes the program: same
 * process, same descriptors 0 to 2, signal mask and dispositions.
 */
public final class Launcher {
    private Launcher() {}

    /**
     * The launcher of a plan. The same plan gives the same bytes.
     *
     * @param plan what to do
     * @return an ELF executable
     */
    public static byte[] of(LaunchPlan plan) {
        Confinement confinement = plan.confinement();
        FilterPlaces filters = new FilterPlaces(confinement.loader(), confinement.exact());
        int memory = filters.size() + 15 & ~15;
        Emitter out = new Emitter(Target.of(plan.arch()), ElfImage.dataAddress(memory));
        Label helper = out.asm.label();
        RuleTable rules = new RuleTable(confinement, directoryFlag(plan.arch()));
        new LauncherCode(out, plan, filters, rules).emit(helper);
        new HelperCode(out, plan, filters, rules).emit(helper);
        out.finish();
        int zeros = memory - filters.data().length + Memory.SIZE + filters.columnsSize();
        return ElfImage.of(plan.arch(), filters.data(), zeros, out.asm.assemble());
    }

    private static int directoryFlag(Arch arch) {
        return Math.toIntExact(Constants.of(arch).value("O_DIRECTORY").orElseThrow());
    }
}
