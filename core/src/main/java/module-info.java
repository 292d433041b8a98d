/** OpenBSD's pledge(2) and unveil(2) for Linux. */
@org.jspecify.annotations.NullMarked
module org.jpledge {
    requires static org.jspecify;

    exports org.jpledge;
}
