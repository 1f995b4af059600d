package dev.stockade.cli;

/** What the command ends with, for scripts. They are the same for every command, and documented in {@code docs/cli.md}. */
public final class ExitCodes {
    /** Yes; every case passed; the chains are unbroken. */
    public static final int YES = 0;
    /** No; a case failed; a chain is broken. */
    public static final int NO = 1;
    /** Wrong use, or input that cannot be used: nothing was answered. */
    public static final int UNUSABLE = 2;
    /** The cluster cannot be asked: nothing was answered. */
    public static final int CLUSTER = 3;
    /** A fault of this program. */
    public static final int FAULT = 4;

    private ExitCodes() {}
}
