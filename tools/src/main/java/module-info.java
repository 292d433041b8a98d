/** The {@code pledge} command. */
@org.jspecify.annotations.NullMarked
module org.jpledge.tools {
    requires static org.jspecify;
    requires com.google.gson;
    requires org.jline.reader;
    requires org.jline.terminal;
    requires org.jpledge;
}
