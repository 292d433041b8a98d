package org.jpledge.unveil;

import java.util.Optional;
import org.jpledge.landlock.FilePath;
import org.jpledge.landlock.FileType;
import org.jpledge.landlock.FsRight;
import org.jpledge.landlock.Model;
import org.jpledge.landlock.Rights;
import org.jpledge.landlock.Verdict;

/** Which of Landlock's questions a system call asks. */
final class Linux {
    private Linux() {}

    /** What Landlock says to an operation whose paths are already resolved. */
    static Verdict verdict(Model model, Operation operation, OpenBsd.Found found, OpenBsd.Found second) {
        FilePath path = found.path();
        return switch (operation.call()) {
            case OPEN -> open(model, operation.flags(), found);
            case LIST -> model.use(path, Rights.of(FsRight.READ_DIR));
            case TRUNCATE -> model.use(path, Rights.of(FsRight.TRUNCATE));
            case EXECUTE -> model.execute(path);
            case CONNECT -> model.use(path, Rights.of(FsRight.RESOLVE_UNIX));
            case STAT, LSTAT, READLINK, CHDIR, ACCESS_READ, ACCESS_WRITE, CHMOD -> Verdict.ALLOWED;
            case UNLINK, RMDIR -> model.remove(path, found.type().orElseThrow());
            case MKDIR -> model.create(path, FileType.DIRECTORY);
            case MKFIFO -> model.create(path, FileType.FIFO);
            case MKNOD -> model.create(path, FileType.CHARACTER_DEVICE);
            case SYMLINK -> model.create(path, FileType.SYMLINK);
            case BIND -> model.create(path, FileType.SOCKET);
            case LINK -> model.link(path, found.type().orElseThrow(), second.path());
            case RENAME -> model.rename(path, found.type().orElseThrow(), second.path(), second.type());
        };
    }

    private static Verdict open(Model model, Operation.Flags flags, OpenBsd.Found found) {
        Optional<FileType> type = found.type();
        if (type.isEmpty() && model.create(found.path(), FileType.REGULAR) != Verdict.ALLOWED) {
            return Verdict.EACCES;
        }
        Rights<FsRight> wanted = Rights.none();
        if (flags.read()) {
            wanted = wanted.plus(FsRight.READ_FILE);
        }
        if (flags.write()) {
            wanted = wanted.plus(FsRight.WRITE_FILE);
        }
        if (flags.truncate() && type.isPresent()) {
            wanted = wanted.plus(FsRight.TRUNCATE);
        }
        return model.use(found.path(), wanted);
    }
}
