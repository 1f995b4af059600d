/**
 * May this agent do that there? The answer is the sidecar's own: the same reader, the same compiled policies, the same
 * decision.
 *
 * <p>In: a {@link dev.stockade.cli.question.Question} and {@link dev.stockade.cli.question.Resources}, from manifests or from
 * a cluster. Out: an {@link dev.stockade.cli.question.Answer}, or a sentence for a name that does not exist. Pure.
 */
@NullMarked
package dev.stockade.cli.question;

import org.jspecify.annotations.NullMarked;
