package org.jpledge.examples;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The examples use the library's public face, as any program does, and no room behind it. */
class RoomsTest {
    @Test
    void onlyThePublicFaceOfTheLibraryIsUsed() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java..",
                        "javax.imageio..",
                        "com.sun.net.httpserver",
                        "org.jpledge",
                        "org.jpledge.examples",
                        "org.jspecify.annotations")
                .check(new ClassFileImporter().importPath(Path.of("target", "classes")));
    }
}
