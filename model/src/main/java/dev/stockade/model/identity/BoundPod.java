package dev.stockade.model.identity;

import static java.util.Objects.requireNonNull;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * The pod that a certificate was issued for, as the operator attested it; the value of a private certificate extension.
 *
 * @param resourceVersion what the operator's pod cache had reached at signing: a snapshot compiled later that does not list
 *     the pod has withdrawn it, an older one says nothing
 */
public record BoundPod(String namespace, String name, String uid, long resourceVersion) {
    /** The extension's object identifier, under the arc of UUIDs (ITU-T X.667), which needs no registration. */
    public static final String OID = "2.25.205512169319270174903302264062951420163";

    private static final int UTF8_STRING = 0x0c;

    /** @throws IllegalArgumentException if a part is empty or holds a slash */
    public BoundPod {
        for (String part : new String[] {requireNonNull(namespace), requireNonNull(name), requireNonNull(uid)}) {
            if (part.isEmpty() || part.indexOf('/') >= 0) {
                throw new IllegalArgumentException("pod extension: '" + part + "' is not a name");
            }
        }
        if (resourceVersion < 0) {
            throw new IllegalArgumentException("pod extension: resourceVersion " + resourceVersion + " is negative");
        }
    }

    /** The extension's value: one DER UTF8String {@code namespace/name/uid/resourceVersion}. */
    public byte[] toDer() {
        byte[] text = (namespace + "/" + name + "/" + uid + "/" + resourceVersion).getBytes(StandardCharsets.UTF_8);
        int header = text.length < 0x80 ? 2 : text.length < 0x100 ? 3 : 4;
        byte[] der = new byte[header + text.length];
        der[0] = UTF8_STRING;
        if (header == 2) {
            der[1] = (byte) text.length;
        } else if (header == 3) {
            der[1] = (byte) 0x81;
            der[2] = (byte) text.length;
        } else {
            der[1] = (byte) 0x82;
            der[2] = (byte) (text.length >> 8);
            der[3] = (byte) text.length;
        }
        System.arraycopy(text, 0, der, header, text.length);
        return der;
    }

    /** The pod that an extension's value names, or empty if it is not exactly what {@link #toDer} writes. */
    public static Optional<BoundPod> fromDer(byte[] der) {
        int header = der.length < 2 ? 0 : der[1] >= 0 ? 2 : der[1] == (byte) 0x81 ? 3 : der[1] == (byte) 0x82 ? 4 : 0;
        if (header == 0 || der.length < header) {
            return Optional.empty();
        }
        String[] parts = new String(der, header, der.length - header, StandardCharsets.UTF_8).split("/", -1);
        if (parts.length != 4) {
            return Optional.empty();
        }
        try {
            BoundPod pod = new BoundPod(parts[0], parts[1], parts[2], Long.parseLong(parts[3]));
            return Arrays.equals(pod.toDer(), der) ? Optional.of(pod) : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
