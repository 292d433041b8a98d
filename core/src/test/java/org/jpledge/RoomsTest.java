package org.jpledge;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * A package is a room, and imports run one way: a room may use rooms that lie deeper, never one at its own depth or
 * above it. docs/design.md draws the house.
 */
class RoomsTest {
    private static final String FACE = "org.jpledge";

    private static final Map<String, Integer> DEPTH = Map.of(
            FACE,
            0,
            FACE + ".promise",
            1,
            FACE + ".launch",
            2,
            FACE + ".seccomp",
            2,
            FACE + ".unveil",
            2,
            FACE + ".linux",
            2,
            FACE + ".bpf",
            3,
            FACE + ".landlock",
            3,
            FACE + ".machine",
            3,
            FACE + ".syscall",
            3);

    private static final JavaClasses HOUSE = new ClassFileImporter().importPath(Path.of("target", "classes"));

    @Test
    void everyClassLivesInARoomOfTheHouse() {
        var rooms = new TreeSet<String>();
        for (JavaClass type : HOUSE) {
            rooms.add(type.getPackageName());
        }
        rooms.remove(""); // module-info
        assertThat(DEPTH.keySet()).containsAll(rooms);
    }

    @Test
    void aRoomUsesOnlyDeeperRooms() {
        DEPTH.forEach((room, depth) -> {
            var closed = DEPTH.entrySet().stream()
                    .filter(other ->
                            other.getValue() <= depth && !other.getKey().equals(room))
                    .map(Map.Entry::getKey)
                    .toArray(String[]::new);
            noClasses()
                    .that()
                    .resideInAPackage(room)
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(closed)
                    .allowEmptyShould(true)
                    .check(HOUSE);
        });
    }

    @Test
    void nothingIsNeededButTheJdk() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java..",
                        "javax.crypto..",
                        "javax.net.ssl..",
                        "jdk.jfr..",
                        "org.jpledge..",
                        "org.jspecify.annotations")
                .check(HOUSE);
    }

    @Test
    void onlyTheLinuxRoomCallsTheKernel() {
        noClasses()
                .that()
                .resideOutsideOfPackage(FACE + ".linux")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("java.lang.foreign")
                .check(HOUSE);
    }
}
