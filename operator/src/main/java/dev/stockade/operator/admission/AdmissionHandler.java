package dev.stockade.operator.admission;

/** What answers the reviews of one path. Has no side effects, so that a dry run is answered like any other. */
@FunctionalInterface
interface AdmissionHandler {
    /** The answer. Whatever this throws becomes a refusal. */
    Verdict review(AdmissionRequest request);
}
