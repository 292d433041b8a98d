package org.jpledge.promise;

/**
 * What of a user's own refuses a call that promises would have given.
 *
 * @param method how the library calls it: {@code allow}, {@code deny} or {@code filter}
 * @param word its rule, or the filter's name
 */
public record Ruling(String method, String word) {
    /**
     * As the command has it.
     *
     * @return such as {@code --deny 'socketpair'}
     */
    public String option() {
        return method.equals("filter") ? "--filter " + word : "--" + method + " '" + word + "'";
    }

    /**
     * As the library has it.
     *
     * @return such as {@code deny("socketpair")}
     */
    public String call() {
        return method + "(\"" + word + "\")";
    }
}
