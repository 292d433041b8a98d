package org.jpledge.tools.exchange;

import java.util.Optional;

/** The forms in which others keep policies, a row each, with how it is told from others, read and written below. */
public enum Format {
    /** Profiles of container runtimes. */
    OCI("oci", "a profile of Docker, Podman and OCI runtimes, in JSON"),

    /** Resources of Kubernetes. */
    KUBERNETES("k8s", "a SeccompProfile of Kubernetes' security-profiles-operator, in YAML or JSON"),

    /** Filters of Firecracker. */
    SECCOMPILER("seccompiler", "filters of seccompiler and Firecracker, in JSON"),

    /** Units of systemd, or drop-ins for them. */
    SYSTEMD("systemd", "a drop-in for a unit of systemd"),

    /** Policies of Chromium OS and Android. */
    MINIJAIL("minijail", "a policy of minijail"),

    /** Policies of nsjail and others. */
    KAFEL("kafel", "a policy of kafel and nsjail"),

    /** What libseccomp prints for people. */
    PFC("pfc", "pseudo filter code, as libseccomp writes it"),

    /** A header for C and C++. */
    C_HEADER("c-header", "a C header with the program and a function that installs it");

    /** How a format is read. */
    @FunctionalInterface
    public interface Reading {
        /**
         * Reads a file.
         *
         * @param text the whole file
         * @param settings what its meaning depends on
         * @return its filters
         * @throws ImportException if it is no such file
         */
        Imported read(String text, ImportSettings settings) throws ImportException;
    }

    /** How a format is written. */
    @FunctionalInterface
    public interface Writing {
        /**
         * Writes a file.
         *
         * @param policy what it is to say
         * @return its text, and what that cannot say
         */
        Exported write(Exportable policy);
    }

    private final String word;
    private final String meaning;

    Format(String word, String meaning) {
        this.word = word;
        this.meaning = meaning;
    }

    /**
     * Whether a text is of this format, well-formed or not: what it is told from other formats by.
     *
     * @param text the whole file
     * @return false for a format that is not read
     */
    public boolean knows(String text) {
        return switch (this) {
            case OCI -> Oci.knows(text);
            case KUBERNETES -> Kubernetes.knows(text);
            case SECCOMPILER -> Seccompiler.knows(text);
            case SYSTEMD -> SystemdUnit.knows(text);
            case MINIJAIL -> MinijailReader.knows(text);
            case KAFEL -> KafelReader.knows(text);
            case PFC, C_HEADER -> false;
        };
    }

    /**
     * How it is read.
     *
     * @return empty for one that is only written
     */
    public Optional<Reading> reading() {
        return switch (this) {
            case OCI -> Optional.of(Oci::read);
            case KUBERNETES -> Optional.of(Kubernetes::read);
            case SECCOMPILER -> Optional.of(Seccompiler::read);
            case SYSTEMD -> Optional.of(SystemdReader::read);
            case MINIJAIL -> Optional.of(MinijailReader::read);
            case KAFEL -> Optional.of(KafelReader::read);
            case PFC, C_HEADER -> Optional.empty();
        };
    }

    /**
     * How it is written.
     *
     * @return empty for one that is only read
     */
    public Optional<Writing> writing() {
        return switch (this) {
            case OCI -> Optional.of(OciWriting::write);
            case KUBERNETES -> Optional.of(Kubernetes::write);
            case SECCOMPILER -> Optional.of(SeccompilerWriting::write);
            case SYSTEMD -> Optional.of(SystemdWriter::write);
            case MINIJAIL -> Optional.of(MinijailWriter::write);
            case KAFEL -> Optional.of(KafelWriter::write);
            case PFC -> Optional.of(Pfc::write);
            case C_HEADER -> Optional.of(CHeader::write);
        };
    }

    /**
     * Whether who reads it installs the filter and then executes the program, which must be loaded under it; otherwise the
     * program that runs already installs it.
     *
     * @return true if the filter needs what a dynamic linker does
     */
    public boolean comesBeforeTheProgram() {
        return switch (this) {
            case OCI, KUBERNETES, SYSTEMD, MINIJAIL, KAFEL -> true;
            case SECCOMPILER, PFC, C_HEADER -> false;
        };
    }

    /**
     * The format's name on the command line.
     *
     * @return a word
     */
    public String word() {
        return word;
    }

    /**
     * What the format is.
     *
     * @return a phrase
     */
    public String meaning() {
        return meaning;
    }

    /**
     * The format of that name.
     *
     * @param word a name
     * @return empty if there is none
     */
    public static Optional<Format> of(String word) {
        for (Format format : values()) {
            if (format.word.equals(word)) {
                return Optional.of(format);
            }
        }
        return Optional.empty();
    }

    /**
     * The format of a file, by what is in it.
     *
     * @param text the whole file
     * @return empty if it is of none that can be read
     */
    public static Optional<Format> recognize(String text) {
        for (Format format : values()) {
            if (format.knows(text)) {
                return Optional.of(format);
            }
        }
        return Optional.empty();
    }
}
