package org.jpledge.tools.wizard;

import org.jpledge.tools.policy.PolicyDocument;

/**
 * What an interview led to.
 *
 * @param name what the policy is called
 * @param policy the policy
 * @param file where it is to be written; empty: nowhere
 * @param run whether it is to be used at once
 */
public record Outcome(String name, PolicyDocument policy, String file, boolean run) {}
