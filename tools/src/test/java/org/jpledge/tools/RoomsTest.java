package org.jpledge.tools;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The command's rooms: a room may use rooms that lie deeper, never one at its own depth or above it. */
class RoomsTest {
    private static final String FACE = "org.jpledge.tools";

    private static final Map<String, Integer> DEPTH = Map.ofEntries(
            Map.entry(FACE, 0),
            Map.entry("org.jpledge.client", 4),
            Map.entry(FACE + ".audit", 1),
            Map.entry(FACE + ".exchange", 1),
            Map.entry(FACE + ".doctor", 1),
            Map.entry(FACE + ".html", 1),
            Map.entry(FACE + ".inspect", 1),
            Map.entry(FACE + ".learn", 1),
            Map.entry(FACE + ".report", 1),
            Map.entry(FACE + ".serve", 1),
            Map.entry(FACE + ".policy", 2),
            Map.entry(FACE + ".transcript", 2),
            Map.entry(FACE + ".view", 2),
            Map.entry(FACE + ".wizard", 1),
            Map.entry(FACE + ".decode", 2),
            Map.entry(FACE + ".need", 2),
            Map.entry(FACE + ".trace", 3),
            Map.entry(FACE + ".event", 4),
            Map.entry(FACE + ".text", 5));

    private static final JavaClasses HOUSE = new ClassFileImporter().importPath(Path.of("target", "classes"));

    @Test
    void everyClassLivesInARoom() {
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
}
