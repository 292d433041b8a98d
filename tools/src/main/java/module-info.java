/** The {@code pledge} command. */
@org.jspecify.annotations.NullMarked
module org.jpledge.tools {
    requires static org.jspecify;
    requires com.google.gson;
    requires org.jpledge;
}
