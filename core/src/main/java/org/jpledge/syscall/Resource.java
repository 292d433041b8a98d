package org.jpledge.syscall;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.security.CodeSource;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/** A table that lies beside the classes of this library. */
public final class Resource {
    private Resource() {}

    /**
     * Reads a table. From a jar on the class path it is read directly: the way by URL takes 15 ms when it is first gone.
     *
     * @param beside a class of the package in which it lies
     * @param name its name there
     * @return all of it
     * @throws IllegalStateException if it is not there
     */
    public static byte[] read(Class<?> beside, String name) {
        byte[] bytes = beside.getModule().isNamed() ? null : fromJar(beside, name);
        if (bytes != null) {
            return bytes;
        }
        try (InputStream in = beside.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("missing resource " + name);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The table as the class's own jar has it; null where the class is not from a jar, or that cannot be opened any more. */
    private static byte @Nullable [] fromJar(Class<?> beside, String name) {
        CodeSource source = beside.getProtectionDomain().getCodeSource();
        if (source == null || !source.getLocation().getProtocol().equals("file")) {
            return null;
        }
        try {
            File file = new File(source.getLocation().toURI());
            if (!file.isFile()) {
                return null;
            }
            try (ZipFile jar = new ZipFile(file)) {
                ZipEntry entry = jar.getEntry(beside.getPackageName().replace('.', '/') + '/' + name);
                if (entry == null) {
                    return null;
                }
                try (InputStream in = jar.getInputStream(entry)) {
                    return in.readAllBytes();
                }
            }
        } catch (IOException | URISyntaxException e) {
            return null;
        }
    }
}
