package org.jpledge.junit;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The extension uses the library's public face, as any program does, and no room behind it. */
class RoomsTest {
    @Test
    void onlyThePublicFaceOfTheLibraryIsUsed() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java..",
                        "org.jpledge",
                        "org.jpledge.junit",
                        "org.junit..",
                        "org.opentest4j",
                        "org.jspecify.annotations")
                .check(new ClassFileImporter().importPath(Path.of("target", "classes")));
    }
}
