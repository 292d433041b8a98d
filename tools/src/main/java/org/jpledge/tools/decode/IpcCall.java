package org.jpledge.tools.decode;

import java.util.Map;
import java.util.Optional;
import org.jpledge.syscall.SyscallTable;
import org.jpledge.tools.trace.Stop;

/** ipc(2): on some architectures all calls of System V's messages, semaphores and shared memory in one. */
final class IpcCall {
    private static final int NUMBER = 0xffff;
    private static final int VERSION_SHIFT = 16;
    private static final int MSGRCV = 12;

    // Where ipc(2) has its own parameters.
    private static final int FIRST = 1;
    private static final int SECOND = 2;
    private static final int THIRD = 3;
    private static final int POINTER = 4;
    private static final int FIFTH = 5;

    /** What a call takes, in its order. Left out: semctl(2) and shmat(2), of which a part lies in memory. */
    private record Kind(String name, int... registers) {}

    private static final Map<Integer, Kind> KINDS = Map.of(
            2,
            new Kind("semget", FIRST, SECOND, THIRD),
            11,
            new Kind("msgsnd", FIRST, POINTER, SECOND, THIRD),
            MSGRCV,
            new Kind("msgrcv", FIRST, POINTER, SECOND, FIFTH, THIRD),
            13,
            new Kind("msgget", FIRST, SECOND),
            14,
            new Kind("msgctl", FIRST, SECOND, POINTER),
            22,
            new Kind("shmdt", POINTER),
            23,
            new Kind("shmget", FIRST, SECOND, THIRD),
            24,
            new Kind("shmctl", FIRST, SECOND, POINTER));

    private IpcCall() {}

    /**
     * The call that is meant.
     *
     * @param registers the arguments; they become those of that call
     * @return nothing where it is none of these, or the architecture has no such call of its own
     */
    static Optional<Form> form(Stop.Entered entered, Forms forms, long[] registers) {
        int number = (int) registers[0] & NUMBER;
        Kind kind = KINDS.get(number);
        // The first version of msgrcv has its arguments in memory, too.
        boolean inMemory = number == MSGRCV && (int) registers[0] >>> VERSION_SHIFT == 0;
        if (kind == null
                || inMemory
                || SyscallTable.of(entered.arch()).number(kind.name()).isEmpty()) {
            return Optional.empty();
        }
        long[] written = registers.clone();
        for (int i = 0; i < registers.length; i++) {
            registers[i] = i < kind.registers().length ? written[kind.registers()[i]] : 0;
        }
        return Optional.of(forms.named(kind.name()));
    }
}
