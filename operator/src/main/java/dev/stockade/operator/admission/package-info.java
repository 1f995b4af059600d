/**
 * The admission webhooks: which pods get a sidecar, how it is written into them, and what is refused.
 *
 * <p>In: {@code AdmissionReview} v1 from the API server over TLS. Out: an answer for each, with a JSON patch where a pod is
 * injected. The way is {@link dev.stockade.operator.admission.WebhookServer} (bytes), then an
 * {@link dev.stockade.operator.admission.AdmissionHandler} (one a path), then
 * {@link dev.stockade.operator.admission.InjectionDecision} and {@link dev.stockade.operator.admission.PodMutator}, which are
 * pure. A pod that another replica may have injected is shown to that one by
 * {@link dev.stockade.operator.admission.OtherReplicas}. Whatever goes wrong inside is a refusal: a pod without its sidecar is
 * worse than no pod.
 */
@NullMarked
package dev.stockade.operator.admission;

import org.jspecify.annotations.NullMarked;
