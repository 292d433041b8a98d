package org.jpledge.landlock;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What Landlock would say, without asking it: the kernel's rules, followed over layers of rulesets. Paths are absolute, free
 * of symbolic links, and mean what they meant when the rules were made. Files lie on one file system.
 */
public final class Model {
    private final Abi abi;
    private final List<Layer> layers;

    /** A ruleset with its rules by path. */
    private record Layer(Ruleset ruleset, Map<FilePath, Rights<FsRight>> rules) {
        static Layer of(Ruleset ruleset) {
            Map<FilePath, Rights<FsRight>> rules = new HashMap<>();
            for (PathRule rule : ruleset.paths()) {
                rules.merge(rule.path(), rule.allowed(), Rights::plus);
            }
            return new Layer(ruleset, rules);
        }

        Rights<FsRight> own(FilePath path) {
            return rules.getOrDefault(path, Rights.none());
        }

        Rights<FsRight> granted(FilePath path) {
            Rights<FsRight> granted = Rights.none();
            for (Optional<FilePath> at = Optional.of(path);
                    at.isPresent();
                    at = at.get().parent()) {
                granted = granted.plus(own(at.get()));
            }
            return granted;
        }

        /** What this layer refuses unless it is granted. */
        Rights<FsRight> handled() {
            Rights<FsRight> handled = ruleset.handledFs();
            return handled.isEmpty() ? handled : handled.plus(FsRight.REFER);
        }

        Rights<FsRight> refused(FilePath path) {
            return handled().minus(granted(path));
        }
    }

    /**
     * A process under several rulesets.
     *
     * @param abi the version of Landlock
     * @param rulesets its layers; what they have that the version does not know is not enforced
     */
    public Model(Abi abi, List<Ruleset> rulesets) {
        this.abi = abi;
        this.layers = new ArrayList<>();
        for (Ruleset ruleset : rulesets) {
            layers.add(Layer.of(ruleset.degrade(abi).ruleset()));
        }
    }

    /**
     * The rights that every layer leaves on a path.
     *
     * @param path a file or directory, there or not
     * @return what is granted, and what is not handled
     */
    public Rights<FsRight> rights(FilePath path) {
        Rights<FsRight> rights = Ruleset.ALL_FS;
        for (Layer layer : layers) {
            rights = rights.minus(layer.refused(path));
        }
        return rights;
    }

    /**
     * Asks for rights on one path, as all operations do that are about one file or directory: opening wants READ_FILE,
     * WRITE_FILE or both, and with O_TRUNC also TRUNCATE; listing READ_DIR; {@code truncate} TRUNCATE alone.
     *
     * @param path the file or directory
     * @param wanted the rights
     * @return allowed or EACCES
     */
    public Verdict use(FilePath path, Rights<FsRight> wanted) {
        return verdict(rights(path).hasAll(wanted));
    }

    /**
     * Asks for executing a file.
     *
     * @param path the program, or an interpreter that it needs
     * @return allowed or EACCES
     */
    public Verdict execute(FilePath path) {
        return use(path, Rights.of(FsRight.EXECUTE, FsRight.READ_FILE));
    }

    /**
     * Asks for making a name: {@code open} with O_CREAT where there is none, {@code mkdir}, {@code mknod}, {@code symlink},
     * {@code bind} of a Unix socket.
     *
     * @param path the new name
     * @param type what it is to be
     * @return allowed or EACCES
     */
    public Verdict create(FilePath path, FileType type) {
        return use(directoryOf(path), Rights.of(type.make()));
    }

    /**
     * Asks for removing a name: {@code unlink}, {@code rmdir}.
     *
     * @param path the name
     * @param type what it is
     * @return allowed or EACCES
     */
    public Verdict remove(FilePath path, FileType type) {
        return use(directoryOf(path), Rights.of(type.remove()));
    }

    /**
     * Asks for a second name: {@code link}.
     *
     * @param old the name that there is
     * @param type what it is
     * @param path the new name
     * @return allowed, EACCES or EXDEV
     */
    public Verdict link(FilePath old, FileType type, FilePath path) {
        return refer(old, type, Rights.none(), path, Optional.empty(), Rights.of(type.make()));
    }

    /**
     * Asks for another name: {@code rename}.
     *
     * @param old the name that there is
     * @param type what it is
     * @param path the new name
     * @param replaced what has the new name now, if anything has
     * @return allowed, EACCES or EXDEV
     */
    public Verdict rename(FilePath old, FileType type, FilePath path, Optional<FileType> replaced) {
        Rights<FsRight> there = Rights.of(type.make());
        if (replaced.isPresent()) {
            there = there.plus(replaced.get().remove());
        }
        return refer(old, type, Rights.of(type.remove()), path, Optional.empty(), there);
    }

    /**
     * Asks for two names to change places: {@code renameat2} with RENAME_EXCHANGE.
     *
     * @param one a name
     * @param oneType what it is
     * @param other another name
     * @param otherType what it is
     * @return allowed, EACCES or EXDEV
     */
    public Verdict exchange(FilePath one, FileType oneType, FilePath other, FileType otherType) {
        return refer(
                one,
                oneType,
                Rights.of(oneType.remove(), otherType.make()),
                other,
                Optional.of(otherType),
                Rights.of(otherType.remove(), oneType.make()));
    }

    /**
     * Asks for a port.
     *
     * @param port from 0 to 65535
     * @param wanted what is to be done with it
     * @return allowed or EACCES
     */
    public Verdict port(int port, NetRight wanted) {
        for (Layer layer : layers) {
            if (layer.ruleset().handledNet().has(wanted) && !grants(layer.ruleset(), port, wanted)) {
                return Verdict.EACCES;
            }
        }
        return Verdict.ALLOWED;
    }

    private static boolean grants(Ruleset ruleset, int port, NetRight wanted) {
        for (PortRule rule : ruleset.ports()) {
            if (rule.port() == port && rule.allowed().has(wanted)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Says whether something ends at the sandbox.
     *
     * @param scope what
     * @return whether a layer keeps it from reaching outside
     */
    public boolean ends(Scope scope) {
        for (Layer layer : layers) {
            if (layer.ruleset().scoped().has(scope)) {
                return true;
            }
        }
        return false;
    }

    /** What link and rename have in common. The type of what moves back is there for an exchange alone. */
    private Verdict refer(
            FilePath old,
            FileType type,
            Rights<FsRight> wantedHere,
            FilePath path,
            Optional<FileType> movesBack,
            Rights<FsRight> wantedThere) {
        FilePath here = directoryOf(old);
        FilePath there = directoryOf(path);
        if (here.equals(there)) {
            return use(here, wantedHere.plus(wantedThere));
        }
        if (!restrictsFiles()) {
            return Verdict.ALLOWED;
        }
        if (!abi.has(FsRight.REFER.since())) {
            return Verdict.EXDEV;
        }
        if (!rights(here).hasAll(wantedHere) || !rights(there).hasAll(wantedThere)) {
            return Verdict.EACCES;
        }
        boolean granted = rights(here).has(FsRight.REFER) && rights(there).has(FsRight.REFER);
        boolean gains = gains(old, type, there) || (movesBack.isPresent() && gains(path, movesBack.get(), here));
        return granted && !gains ? Verdict.ALLOWED : Verdict.EXDEV;
    }

    private boolean restrictsFiles() {
        for (Layer layer : layers) {
            if (!layer.ruleset().handledFs().isEmpty()) {
                return true;
            }
        }
        return false;
    }

    /** Whether some layer grants more on a file in its new directory than it does now. A right that is free now cannot be gained. */
    private boolean gains(FilePath file, FileType type, FilePath directory) {
        for (Layer layer : layers) {
            Rights<FsRight> gained = layer.refused(file).minus(layer.refused(directory));
            if (type != FileType.DIRECTORY) {
                gained = gained.and(FsRight.ON_FILES);
            }
            if (!gained.isEmpty()) {
                return true;
            }
        }
        return false;
    }

    private static FilePath directoryOf(FilePath path) {
        return path.parent().orElse(FilePath.ROOT);
    }

    private static Verdict verdict(boolean allowed) {
        return allowed ? Verdict.ALLOWED : Verdict.EACCES;
    }
}
