package dev.stockade.sidecar.mcp;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The open streams on which agents can be told that their lists show something else now. Safe for any thread. */
final class ListNotices {
    private final Set<NoticeStream> open = ConcurrentHashMap.newKeySet();

    void opened(NoticeStream stream) {
        open.add(stream);
    }

    void closed(NoticeStream stream) {
        open.remove(stream);
    }

    /** Other rules are in force. */
    void rulesChanged() {
        open.forEach(NoticeStream::lookSoon);
    }
}
