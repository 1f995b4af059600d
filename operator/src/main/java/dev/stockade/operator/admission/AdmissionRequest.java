package dev.stockade.operator.admission;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/**
 * The part of an {@code AdmissionReview} request that decisions are made from.
 *
 * @param uid of the request; the answer repeats it
 * @param operation {@code CREATE}, {@code UPDATE}, {@code DELETE} or {@code CONNECT}
 * @param kind of the object
 * @param subResource such as {@code status}; empty for the resource itself
 * @param namespace empty for what is cluster-scoped
 * @param object as it would be stored; absent for a delete
 * @param oldObject as it is stored; absent for a create
 */
record AdmissionRequest(
        String uid,
        String operation,
        String kind,
        String subResource,
        String namespace,
        Optional<JsonNode> object,
        Optional<JsonNode> oldObject) {
    AdmissionRequest {
        requireNonNull(uid);
        requireNonNull(operation);
        requireNonNull(kind);
        requireNonNull(subResource);
        requireNonNull(namespace);
        requireNonNull(object);
        requireNonNull(oldObject);
    }
}
