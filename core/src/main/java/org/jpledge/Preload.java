package org.jpledge;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ProxySelector;
import java.net.URI;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Collections;
import java.util.Formatter;
import java.util.Locale;
import java.util.Objects;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import javax.crypto.Cipher;
import javax.net.ssl.SSLContext;

/**
 * Parts of the Java library that load native code or read files when they are first used, which a sandbox without
 * {@code rpath} or {@code prot_exec} does not let them do. See {@link Sandbox#preload}.
 */
public enum Preload {
    /**
     * Every jar of the class path: opened, so that classes in it can be loaded later, and resources read. A {@link
     * java.util.ServiceLoader} opens jars once more: what it finds on the class path has to be asked for before.
     */
    CLASS_PATH {
        @Override
        void load() throws IOException {
            ClassLoader.getSystemResource("org/jpledge/nothing-of-this-name");
            for (URL manifest : Collections.list(ClassLoader.getSystemResources("META-INF/MANIFEST.MF"))) {
                // Keeps the jar among those that are open for URLs, by which resources are read.
                manifest.openStream().close();
            }
        }
    },
    /** Channels and directories: libnio. */
    FILES {
        @Override
        void load() throws IOException {
            Path home = Path.of(System.getProperty("java.home"));
            try (FileChannel channel = FileChannel.open(home.resolve("release"))) {
                channel.read(ByteBuffer.allocate(1));
            }
            try (var entries = Files.newDirectoryStream(home)) {
                Objects.requireNonNull(entries.iterator().next());
            }
            Files.getFileStore(home).type();
        }
    },
    /** Sockets, selectors, addresses: libnet, libextnet. */
    NETWORK {
        @Override
        void load() throws IOException {
            InetAddress loopback = InetAddress.getLoopbackAddress();
            // Nothing where the loopback interface is down, as in a network namespace that nobody has set up.
            boolean up = NetworkInterface.getByInetAddress(loopback) != null;
            try (ServerSocketChannel server = ServerSocketChannel.open();
                    Selector selector = Selector.open()) {
                server.supportedOptions();
                if (up) {
                    connect(server, loopback);
                }
                selector.selectNow();
            }
        }

        private static void connect(ServerSocketChannel server, InetAddress loopback) throws IOException {
            server.bind(new InetSocketAddress(loopback, 0));
            try (SocketChannel client = SocketChannel.open(server.getLocalAddress());
                    SocketChannel peer = server.accept()) {
                peer.write(ByteBuffer.allocate(1));
                client.read(ByteBuffer.allocate(1));
            }
        }
    },
    /** Which proxy a {@link java.net.Socket} is to go through: conf/net.properties. */
    PROXIES {
        @Override
        void load() {
            ProxySelector.getDefault().select(URI.create("socket://localhost:1"));
        }
    },
    /** Compression: libzip. */
    ZIP {
        @Override
        void load() {
            new Deflater().end();
            new Inflater().end();
            new CRC32().update(0);
        }
    },
    /** Time zones: lib/tzdb.dat. */
    TIME {
        @Override
        void load() {
            DateTimeFormatter.ISO_ZONED_DATE_TIME.formatTo(
                    ZonedDateTime.now(ZoneId.systemDefault()), new StringBuilder());
        }
    },
    /** Character sets that files of the world come in, numbers and dates as text. */
    TEXT {
        @Override
        void load() {
            for (String name : new String[] {"UTF-16", "UTF-32", "windows-1252", "GB18030", "Shift_JIS", "IBM437"}) {
                if (Charset.isSupported(name)) {
                    Charset.forName(name).newDecoder();
                }
            }
            new Formatter(Locale.getDefault()).format("%,.1f %tF", 1.5, 0L).close();
        }
    },
    /** Providers of algorithms, random numbers, which ciphers may be used: conf/security. */
    SECURITY {
        @Override
        void load() throws GeneralSecurityException {
            MessageDigest.getInstance("SHA-256");
            new SecureRandom().nextInt();
            Cipher.getMaxAllowedKeyLength("AES");
        }
    },
    /**
     * Whom TLS trusts by default, as {@code java.net.http.HttpClient} does: lib/security/cacerts. Where that cannot be read,
     * the Java library trusts nobody, without a word.
     */
    TLS {
        @Override
        void load() throws IOException {
            if (!Trust.loaded && InProcess.isEntered()) {
                // The Java library asks whether there is a file, and reads it.
                Path trusted = Path.of(System.getProperty("java.home"), "lib", "security", "cacerts");
                Files.size(trusted);
                Files.newInputStream(trusted).close();
            }
            try {
                SSLContext.getDefault();
            } catch (NoSuchAlgorithmException _) {
                // This JVM is set up wrongly for TLS; who uses it is told so, in a sandbox too.
                return;
            }
            Trust.loaded = true;
        }
    },
    /** Loggers, one of which the end of the JVM asks for. */
    LOGGING {
        @Override
        void load() {
            System.getLogger("java.lang.Runtime").isLoggable(System.Logger.Level.DEBUG);
        }
    },
    /** MXBeans: libmanagement and libmanagement_ext. Not among the default ones. */
    MANAGEMENT {
        @Override
        void load() {
            ManagementFactory.getPlatformMBeanServer();
            ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
        }
    };

    /** Whether it is known whom TLS trusts. */
    private static final class Trust {
        private static volatile boolean loaded;

        private Trust() {}
    }

    abstract void load() throws IOException, GeneralSecurityException;

    /** Loads it, or says that it is too late. An interruption is left for later: channels would close because of it. */
    void run() {
        boolean interrupted = Thread.interrupted();
        try {
            load();
        } catch (IOException | GeneralSecurityException | LinkageError e) {
            throw new SandboxException(
                    "Preload." + name()
                            + (InProcess.isEntered()
                                    ? " is met too late: call Sandbox.preload(Preload." + name() + ") before entering"
                                    : " cannot be loaded")
                            + " (" + e.getMessage() + ')',
                    false,
                    e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
