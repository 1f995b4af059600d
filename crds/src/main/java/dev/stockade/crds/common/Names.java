package dev.stockade.crds.common;

/** The patterns of names that more than one resource refers to. */
public final class Names {
    /** A namespace: an RFC 1123 label. */
    public static final String NAMESPACE = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$";

    /** A resource's name: an RFC 1123 subdomain. */
    public static final String NAME = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";

    /** A resource's name in which {@code *} stands for any run of characters. */
    public static final String NAME_OR_STAR = "^[a-z0-9*]([-.a-z0-9*]*[a-z0-9*])?$";

    private Names() {}
}
