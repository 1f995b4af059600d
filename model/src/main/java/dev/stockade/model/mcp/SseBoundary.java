package dev.stockade.model.mcp;

/**
 * Finds where the events of a stream of server-sent events end (WHATWG HTML, section 9.2.6), in any pieces. A line ends with
 * CRLF, LF or CR; an event ends with an empty line. Keeps no bytes.
 */
public final class SseBoundary {
    private boolean lineEmpty = true;
    private boolean afterCr;
    /** Lines of this stream end with CRLF: an event that ends with CR has its LF still to come. */
    private boolean crLf;

    private boolean ending;

    /**
     * Looks on for the end of the current event.
     *
     * @return the index after the event's last byte, from where the next call goes on; -1 if it does not end here
     */
    public int end(byte[] bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            byte b = bytes[i];
            if (afterCr) {
                afterCr = false;
                if (b == '\n') {
                    crLf = true;
                    if (ending) {
                        ending = false;
                        return i + 1;
                    }
                    continue;
                }
                if (ending) {
                    ending = false;
                    return i;
                }
            }
            if (b == '\n') {
                if (lineEmpty) {
                    return i + 1;
                }
                lineEmpty = true;
            } else if (b == '\r') {
                afterCr = true;
                if (!lineEmpty) {
                    lineEmpty = true;
                } else if (crLf) {
                    ending = true;
                } else {
                    return i + 1;
                }
            } else {
                lineEmpty = false;
            }
        }
        return -1;
    }
}
