/** The {@code pledge} command, and a client of its server. */
@org.jspecify.annotations.NullMarked
module org.jpledge.tools {
    requires static org.jspecify;
    requires com.google.gson;
    requires org.jline.reader;
    requires org.jline.terminal;
    requires org.jpledge;

    exports org.jpledge.client;
}
