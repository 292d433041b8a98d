package org.jpledge.tools.learn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jpledge.tools.need.Calls.call;

import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jpledge.bpf.Interpreter;
import org.jpledge.bpf.Program;
import org.jpledge.bpf.SeccompData;
import org.jpledge.landlock.Abi;
import org.jpledge.landlock.FilePath;
import org.jpledge.landlock.FileType;
import org.jpledge.landlock.FsRight;
import org.jpledge.landlock.Model;
import org.jpledge.landlock.NetRight;
import org.jpledge.landlock.Rights;
import org.jpledge.landlock.Verdict;
import org.jpledge.promise.Enforcement;
import org.jpledge.promise.Policy;
import org.jpledge.promise.Promises;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Compiler;
import org.jpledge.seccomp.Identity;
import org.jpledge.syscall.Arch;
import org.jpledge.tools.event.Endpoint;
import org.jpledge.tools.event.Syscall;
import org.jpledge.tools.need.Access;
import org.jpledge.tools.need.Needs;
import org.jpledge.tools.need.PortUse;
import org.jpledge.tools.policy.CommandText;
import org.jpledge.tools.policy.PolicyDocument;
import org.jpledge.tools.text.RawPath;
import org.jpledge.unveil.FileKind;
import org.jpledge.unveil.FileTree;
import org.jpledge.unveil.Permission;
import org.jpledge.unveil.Unveil;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever was seen, what is learnt of it allows it: the compiled filter does, and Landlock's rules do. */
class LessonPropertyTest {
    private static final int CWD = -100;
    private static final int ROUNDS = 60;
    private static final Arch ARCH = Arch.X86_64;
    private static final Identity SELF = new Identity(42, 1000, 1000);
    private static final String HERE = "/srv/p";
    private static final List<String> FLAGS = List.of(
            "O_RDONLY", "O_WRONLY", "O_RDWR", "O_RDONLY|O_TRUNC", "O_PATH", "O_WRONLY|O_CREAT", "O_RDWR|O_CREAT");

    /** What a policy lets through. */
    private record Jail(Program program, Enforcement enforcement, Model model) {
        static Jail of(PolicyDocument file) {
            Policy policy = Policy.of(Promises.parse(String.join(" ", file.words())));
            for (var each : file.unveil().entrySet()) {
                policy = policy.unveiling(
                        Unveil.of(each.getKey(), each.getValue().toString()));
            }
            if (file.ports().isPresent()) {
                for (int port : file.ports().get().connect()) {
                    policy = policy.connecting(port);
                }
                for (int port : file.ports().get().bind()) {
                    policy = policy.binding(port);
                }
            }
            Enforcement enforcement = policy.enforce(ARCH, Abi.V7, FilePath.of(HERE), new Tree());
            return new Jail(
                    Compiler.compile(policy.exact(ARCH, enforcement)).bind(SELF),
                    enforcement,
                    new Model(Abi.V7, enforcement.exact().stream().toList()));
        }

        boolean allows(Syscall call) {
            long[] registers = call.arguments().stream()
                    .mapToLong(argument -> argument.raw())
                    .toArray();
            SeccompData data = SeccompData.of(call.number(), ARCH.audit(), registers);
            boolean filtered =
                    new Interpreter(program).run(data, ByteOrder.LITTLE_ENDIAN).value() == Action.ALLOW.encoded();
            return filtered && landlock(call);
        }

        private boolean landlock(Syscall call) {
            if (call.name().startsWith("rename")) {
                List<Access> accesses =
                        new Needs(SELF).need(call).ways().getFirst().accesses();
                return model.rename(
                                FilePath.of(accesses.get(0).name()),
                                FileType.REGULAR,
                                FilePath.of(accesses.get(1).name()),
                                Optional.empty())
                        == Verdict.ALLOWED;
            }
            boolean allowed = true;
            for (Access access : plain(call)) {
                if (access.makes() && Tree.exists(access.name())) {
                    continue; // O_CREAT makes nothing of a file that is there.
                }
                for (Permission letter : Permission.values()) {
                    if (access.letters().has(letter)) {
                        allowed &= model.use(FilePath.of(access.file()), rights(letter, access)) == Verdict.ALLOWED;
                    }
                }
            }
            for (PortUse port : new Needs(SELF).need(call).ports()) {
                allowed &= model.port(port.port(), port.connect() ? NetRight.CONNECT_TCP : NetRight.BIND_TCP)
                        == Verdict.ALLOWED;
            }
            return allowed;
        }

        /** What Landlock is asked, whichever promise opens it. */
        private static List<Access> plain(Syscall call) {
            List<Access> most = List.of();
            for (var way : new Needs(SELF).need(call).ways()) {
                most = way.accesses().size() > most.size() ? way.accesses() : most;
            }
            return most;
        }

        private static Rights<FsRight> rights(Permission letter, Access access) {
            return switch (letter) {
                case READ -> Rights.of(Tree.isDirectory(access.file()) ? FsRight.READ_DIR : FsRight.READ_FILE);
                case WRITE -> Rights.of(FsRight.WRITE_FILE, FsRight.TRUNCATE);
                case EXECUTE -> Rights.of(FsRight.EXECUTE, FsRight.READ_FILE);
                case CREATE -> Rights.of(access.makes() ? FsRight.MAKE_REG : FsRight.REMOVE_FILE);
            };
        }
    }

    /** Files f0 to f7 in directories a, b and c of two places, and what a system has at least. */
    private static final class Tree implements FileTree {
        private static final List<String> DIRECTORIES = List.of(
                "/",
                "/srv",
                "/srv/p",
                "/srv/p/a",
                "/srv/p/b",
                "/srv/q",
                "/srv/q/c",
                "/tmp",
                "/home",
                "/home/u",
                "/home/u/.ssh");

        static boolean isDirectory(String path) {
            return DIRECTORIES.contains(path);
        }

        static boolean exists(String path) {
            return isDirectory(path) || path.matches("(/srv/p/a|/srv/p/b|/srv/q/c|/home/u|/home/u/.ssh)/f[0-7]");
        }

        @Override
        public FileKind kind(FilePath path) {
            String text = path.toString();
            return isDirectory(text) ? FileKind.DIRECTORY : exists(text) ? FileKind.OTHER : FileKind.MISSING;
        }

        @Override
        public FilePath target(FilePath link) {
            throw new IllegalStateException("no links here");
        }

        @Override
        public List<FilePath> names(FilePath directory) {
            List<FilePath> names = new ArrayList<>();
            String place = directory.toString().equals("/") ? "" : directory.toString();
            for (String each : DIRECTORIES) {
                if (each.length() > 1 && RawPath.parent(each).equals(directory.toString())) {
                    names.add(FilePath.of(each).name());
                }
            }
            for (int i = 0; i < 8; i++) {
                if (exists(place + "/f" + i)) {
                    names.add(FilePath.of("f" + i));
                }
            }
            return names;
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void whatWasLearntAllowsWhatWasSeenAndSeeingMoreTakesNothingAway(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        for (int round = 0; round < ROUNDS; round++) {
            List<Syscall> seen = calls(random);
            List<Syscall> more = new ArrayList<>(seen);
            more.addAll(calls(random));
            allows(learnt(seen), seen);
            allows(learnt(more), more);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {6, 7, 8})
    void mergedPoliciesAllowWhatEitherAllows(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        for (int round = 0; round < ROUNDS; round++) {
            List<Syscall> some = calls(random);
            List<Syscall> others = calls(random);
            PolicyDocument merged = learnt(some).plus(learnt(others));
            // A merged policy does not know what was renamed, and a file must not gain rights by it.
            allows(
                    merged,
                    some.stream().filter(call -> !call.name().equals("rename")).toList());
            allows(
                    merged,
                    others.stream()
                            .filter(call -> !call.name().equals("rename"))
                            .toList());
            assertThat(merged.plus(merged)).isEqualTo(merged);
            assertThat(learnt(others).plus(learnt(some)).unveil()).isEqualTo(merged.unveil());
            assertThat(learnt(others).plus(learnt(some)).promises()).isEqualTo(merged.promises());
        }
    }

    private static void allows(PolicyDocument policy, List<Syscall> calls) {
        Jail jail = Jail.of(policy);
        for (Syscall call : calls) {
            assertThat(jail.allows(call))
                    .as("%s under %s", Example.of(call), CommandText.words(policy, ""))
                    .isTrue();
        }
    }

    /** Nothing private is among the calls, so nothing is held back. */
    private static PolicyDocument learnt(List<Syscall> calls) {
        Learner learner = new Learner(SELF.uid(), SELF.gid(), Tree::exists, UnaryOperator.identity());
        learner.accept(call("getpid"));
        calls.forEach(learner);
        Places places = new Places("/home/u", HERE, Tree::exists, List.of());
        Learnt learnt = Lesson.of(learner.evidence(), places, 3, Abi.V7);
        assertThat(learnt.held()).isEmpty();
        return learnt.policy(places, List.of());
    }

    private static List<Syscall> calls(RandomGenerator random) {
        List<Syscall> calls = new ArrayList<>();
        for (int i = random.nextInt(1, 12); i > 0; i--) {
            calls.add(one(random));
        }
        return calls;
    }

    private static Syscall one(RandomGenerator random) {
        return switch (random.nextInt(14)) {
            case 0, 1, 2, 3 -> {
                String flags = FLAGS.get(random.nextInt(FLAGS.size()));
                yield call("openat", CWD, flags.contains("O_CREAT") ? either(random) : old(random), flags, 0600);
            }
            case 4 -> call("rename", old(random), fresh(random));
            case 5 -> call("unlink", old(random));
            case 6 -> call("mkdir", fresh(random), 0700);
            case 7 -> call("newfstatat", CWD, old(random));
            case 8 -> call("execve", old(random));
            case 9 -> call("openat", CWD, "/srv/p/" + (random.nextBoolean() ? "a" : "b"), "O_RDONLY|O_DIRECTORY");
            case 10 -> call("connect", 3, new Endpoint.Internet("AF_INET", "127.0.0.1", random.nextInt(1, 100)));
            case 11 -> call("setrlimit");
            case 12 -> call("mmap", 0, 4096, "PROT_READ|PROT_EXEC");
            default -> call("kill", random.nextInt(41, 44), 15);
        };
    }

    private static String directory(RandomGenerator random) {
        return List.of("/srv/p/a/", "/srv/p/b/", "/srv/q/c/").get(random.nextInt(3));
    }

    private static String old(RandomGenerator random) {
        return directory(random) + "f" + random.nextInt(8);
    }

    private static String fresh(RandomGenerator random) {
        return directory(random) + "n" + random.nextInt(8);
    }

    private static String either(RandomGenerator random) {
        return random.nextBoolean() ? old(random) : fresh(random);
    }
}
