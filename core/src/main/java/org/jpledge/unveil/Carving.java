package org.jpledge.unveil;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jpledge.landlock.FilePath;
import org.jpledge.landlock.FsRight;
import org.jpledge.landlock.PathRule;
import org.jpledge.landlock.Rights;
import org.jspecify.annotations.Nullable;

/**
 * Turns unveils into rules that only add up.
 *
 * <p>A rule on a directory grants to all below it. So a directory can be granted as a whole only the permissions that every
 * unveil below it has too; what it has beyond them, it loses, and everything that lies in it is granted that by a rule of its
 * own, but for those on the way to an unveil that has less, which are treated in the same way. What all this grants never
 * exceeds what the nearest unveil allows, and reaches it for everything that exists, but for the directories on the way
 * themselves. One layer is enough: a second one could only take away, and nothing is granted that would have to be taken away.
 */
final class Carving {
    private static final int READ = Permission.READ.bit();
    private static final int CREATE = Permission.CREATE.bit();
    /** Listing, beside the permissions: r without it is possible, on the way to a hidden directory. */
    private static final int LIST = 16;

    private static final int EVERYTHING = 31;
    private static final Permissions WRITE = new Permissions(Permission.WRITE.bit());
    private static final Rights<FsRight> LISTS = Rights.of(FsRight.READ_DIR);

    private final Veil.Reading reading;
    private final FileTree tree;
    private final List<PathRule> rules = new ArrayList<>();
    private final List<Difference> differences = new ArrayList<>();
    private final List<FilePath> listed = new ArrayList<>();
    private final Map<Unveil, Bill> bills = new LinkedHashMap<>();
    private final List<@Nullable Rights<FsRight>> worth = new ArrayList<>(Collections.nCopies(EVERYTHING + 1, null));

    /** The permissions that are worth anything. */
    private final int effective;

    private int count;

    Carving(Veil.Reading reading, FileTree tree) {
        this.reading = reading;
        this.tree = tree;
        this.effective = reading.meaning().effective(Permissions.ALL).bits();
    }

    /** What an unveil costs. */
    private static final class Bill {
        int rules;
        int most;
        FilePath largest;

        Bill(FilePath directory) {
            this.largest = directory;
        }
    }

    Veil veil(List<Unveil> unveils) {
        if (unveils.size() > Unveil.MOST) {
            throw new UnveilException(
                    new Problem.TooManyUnveils(unveils.get(Unveil.MOST).word(), unveils.size()));
        }
        Resolver resolver = new Resolver(tree, reading.workingDirectory());
        Set<Name> unveiled = new LinkedHashSet<>();
        for (Unveil unveil : unveils) {
            Name name = resolver.resolve(unveil);
            name.unveil(unveil);
            unveiled.add(name);
        }
        for (int i = 0; i < reading.guarded().size(); i++) {
            guard(reading.guarded().get(i), resolver.root(), unveiled);
        }
        for (Name name : unveiled) {
            name.permissions = mask(permissions(name));
        }
        Name root = resolver.root();
        measure(root);
        grant(root, 0, Rights.none());
        if (count > Veil.MOST_RULES) {
            throw tooManyRules();
        }
        return new Veil(rules, differences, listed);
    }

    /** Takes w from a directory that has it only from above. */
    private void guard(FilePath directory, Name root, Set<Name> unveiled) {
        Name name = root;
        for (int from = 1; from < directory.length(); ) {
            int slash = directory.indexOf('/', from);
            int to = slash < 0 ? directory.length() : slash;
            name = name.child(directory.part(from, to));
            from = to + 1;
        }
        if (name.unveil != null) {
            return;
        }
        @Nullable Unveil cover = name.unveilAbove();
        if (cover == null || !cover.permissions().has(Permission.WRITE)) {
            return;
        }
        String letters = cover.permissions().minus(WRITE).toString();
        Unveil implied = new Unveil(directory, cover.permissions().minus(WRITE), letters + ':' + directory);
        if (name.kind == null) {
            name.kind = kind(directory, implied);
        }
        if (name.kind == FileKind.DIRECTORY) {
            name.unveil(implied);
            unveiled.add(name);
        }
    }

    /** The permissions of what is unveiled, or if it is missing those that it can have. */
    private Permissions permissions(Name name) {
        Unveil unveil = Objects.requireNonNull(name.unveil);
        Permissions asked = unveil.permissions();
        if (name.kind != FileKind.MISSING) {
            return asked;
        }
        @Nullable Unveil cover = name.unveilAbove();
        Permissions above = cover == null ? Permissions.NONE : cover.permissions();
        if (above.has(Permission.CREATE) && above.hasAll(asked)) {
            return asked;
        }
        if (!reading.ignoreMissing()) {
            throw new UnveilException(missing(name, unveil, above));
        }
        differences.add(new Difference.Ignored(unveil, name.path));
        // Where it is to have less than its directory, it must not get more when somebody creates it.
        return asked.and(above);
    }

    private static Problem missing(Name name, Unveil unveil, Permissions above) {
        if (name.link != null) {
            return new Problem.DanglingLink(unveil.word(), name.link, name.path);
        }
        Permissions wanted = new Permissions(unveil.permissions().bits() | CREATE);
        return new Problem.Missing(unveil.word(), name.path, name.above.path, wanted.minus(above));
    }

    /** What permissions count for here. */
    private int mask(Permissions permissions) {
        int bits = permissions.bits() & effective;
        return (bits & READ) == 0 ? bits : bits | LIST;
    }

    /** Works out, from the leaves up, what the unveils below each directory leave to it; gives what is left to the one above. */
    private int measure(Name name) {
        name.left = EVERYTHING;
        for (Name below : name.below.values()) {
            if (below.leadsToUnveil) {
                name.left &= measure(below);
            }
        }
        return name.unveil == null ? name.left : name.left & left(name);
    }

    /** What an unveil leaves to the directories above it. */
    private int left(Name name) {
        boolean mayBeListed = name.kind == FileKind.OTHER || reading.listing() == Listing.KEPT;
        return mayBeListed ? name.permissions | LIST : name.permissions;
    }

    /**
     * Makes the rules for a name and what lies below it.
     *
     * @param inherited the permissions of the nearest unveil above
     * @param granted what rules above grant here
     */
    private void grant(Name name, int inherited, Rights<FsRight> granted) {
        if (!name.leadsToUnveil) {
            return;
        }
        FileKind kind = Objects.requireNonNull(name.kind);
        if (kind == FileKind.MISSING) {
            return;
        }
        int has = name.unveil == null ? inherited : name.permissions;
        if (name.unveil != null) {
            report(name, name.unveil, granted);
        }
        int whole = has & name.left;
        Rights<FsRight> rights = rights(whole, kind);
        Rights<FsRight> all = granted.plus(rights);
        if (!granted.hasAll(rights)) {
            add(name.path, kind, rights, PathRule.Presence.REQUIRED);
        }
        if (whole != has) {
            carve(name, has, whole, all);
        } else {
            for (Name below : name.below.values()) {
                grant(below, has, all);
            }
        }
    }

    /** Grants to what lies in a directory what the directory itself cannot have. */
    private void carve(Name directory, int has, int whole, Rights<FsRight> granted) {
        List<Unveil> because = new ArrayList<>();
        lesser(directory, has, because);
        int lost = has & ~whole;
        differences.add(
                new Difference.Carved(directory.path, new Permissions(lost & ~LIST), (lost & LIST) != 0, because));
        int added = 0;
        listed.add(directory.path);
        List<FilePath> names = names(directory, because.getFirst());
        names.sort(null);
        for (FilePath name : names) {
            @Nullable Name below = directory.below.get(name);
            if (below != null && below.leadsToUnveil) {
                grant(below, has, granted);
                continue;
            }
            FilePath path = directory.path.child(name);
            FileKind kind = kindIfSeen(path);
            // A link has no rights; what it points to has its own.
            if (kind == FileKind.DIRECTORY || kind == FileKind.OTHER) {
                Rights<FsRight> rights = rights(has, kind);
                if (!granted.hasAll(rights)) {
                    add(path, kind, rights, PathRule.Presence.OPTIONAL);
                    added++;
                }
            }
        }
        for (Unveil unveil : because) {
            charge(unveil, directory.path, added);
        }
    }

    /** Collects the unveils below a directory that leave it less than it has. */
    private void lesser(Name directory, int has, List<Unveil> found) {
        for (Name below : directory.below.values()) {
            if (below.unveil != null && (has & ~left(below)) != 0) {
                found.add(below.unveil);
            }
            lesser(below, has, found);
        }
    }

    /** What a mask grants on a file or directory. There are few masks and many rules, so each is worked out once. */
    private Rights<FsRight> rights(int mask, FileKind kind) {
        @Nullable Rights<FsRight> rights = worth.get(mask);
        if (rights == null) {
            rights = worth(mask);
            worth.set(mask, rights);
        }
        return kind == FileKind.DIRECTORY ? rights : rights.and(FsRight.ON_FILES);
    }

    private Rights<FsRight> worth(int mask) {
        Meaning meaning = reading.meaning();
        Rights<FsRight> rights = meaning.of(new Permissions(mask & ~(LIST | READ)));
        if ((mask & READ) != 0) {
            rights = rights.plus(meaning.read().minus(LISTS));
        }
        if ((mask & LIST) != 0) {
            rights = rights.plus(meaning.read().and(LISTS));
        }
        return rights;
    }

    private void add(FilePath path, FileKind kind, Rights<FsRight> rights, PathRule.Presence presence) {
        count++;
        if (count <= Veil.MOST_RULES) {
            rules.add(new PathRule(path, kind == FileKind.DIRECTORY, rights, presence));
        }
    }

    private void report(Name name, Unveil unveil, Rights<FsRight> granted) {
        Permissions permissions = new Permissions(name.permissions & ~LIST);
        if (permissions.has(Permission.EXECUTE) && !permissions.has(Permission.READ)) {
            differences.add(new Difference.ReadableToo(unveil, name.path));
        }
        if (name.kind == FileKind.DIRECTORY && !permissions.has(Permission.READ) && granted.hasAll(LISTS)) {
            differences.add(new Difference.Listable(unveil, name.path));
        }
        if (name.kind == FileKind.OTHER
                && permissions.has(Permission.CREATE)
                && !granted.hasAll(reading.meaning().create())) {
            differences.add(new Difference.NameNotOwn(unveil, name.path));
        }
    }

    private List<FilePath> names(Name directory, Unveil because) {
        try {
            return new ArrayList<>(tree.names(directory.path));
        } catch (IOException e) {
            throw new UnveilException(new Problem.Unlistable(because.word(), directory.path, Resolver.reason(e)));
        }
    }

    /** What lies beside a carve-out; what cannot be looked at, as a mount of another user's, is as good as missing. */
    private FileKind kindIfSeen(FilePath path) {
        try {
            return tree.kind(path);
        } catch (IOException e) {
            differences.add(new Difference.Unseen(path, Resolver.reason(e)));
            return FileKind.MISSING;
        }
    }

    private FileKind kind(FilePath path, Unveil because) {
        try {
            return tree.kind(path);
        } catch (IOException e) {
            throw new UnveilException(new Problem.Unreadable(because.word(), path, Resolver.reason(e)));
        }
    }

    private void charge(Unveil unveil, FilePath directory, int added) {
        @Nullable Bill bill = bills.get(unveil);
        if (bill == null) {
            bill = new Bill(directory);
            bills.put(unveil, bill);
        }
        bill.rules += added;
        if (added > bill.most) {
            bill.most = added;
            bill.largest = directory;
        }
    }

    private UnveilException tooManyRules() {
        List<Cost> all = new ArrayList<>();
        bills.forEach((unveil, bill) -> all.add(new Cost(unveil, bill.rules, bill.largest)));
        all.sort((one, other) -> Integer.compare(other.rules(), one.rules()));
        return new UnveilException(new Problem.TooManyRules(count, all));
    }
}
