package dev.stockade.operator.authority;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says that the CA's Secret has changed. It asks for that one object by name, so that the operator needs no right to see any
 * other, and keeps nothing of what it is shown. It is no more than a nudge: whoever hears it reads the Secret again, and does
 * so every half minute all the same.
 */
public final class SecretWatch implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SecretWatch.class);

    private final KubernetesClient client;
    private final String namespace;
    private final Runnable changed;

    private @Nullable Watch watch;
    private boolean closed;
    private boolean told;

    /** @param changed called on a thread of the client; must not block */
    public SecretWatch(KubernetesClient client, String namespace, Runnable changed) {
        this.client = requireNonNull(client);
        this.namespace = requireNonNull(namespace);
        this.changed = requireNonNull(changed);
    }

    /** Begins to watch, unless it does already. Called at start, and every half minute in case the watch has ended. */
    public synchronized void ensure() {
        if (closed || watch != null) {
            return;
        }
        Nudge nudge = new Nudge();
        try {
            Watch begun = client.secrets()
                    .inNamespace(namespace)
                    .withName(CaSecret.NAME)
                    .watch(nudge);
            watch = nudge.ended ? null : begun;
            told = false;
        } catch (KubernetesClientException e) {
            if (!told) {
                log.atWarn()
                        .addKeyValue("secret", namespace + "/" + CaSecret.NAME)
                        .addKeyValue("why", e.getMessage())
                        .log("the certificate authority is not watched; it is read every half minute");
                told = true;
            }
        }
    }

    private synchronized void ended(Nudge nudge) {
        nudge.ended = true;
        watch = null;
    }

    @Override
    public void close() {
        Watch open;
        synchronized (this) {
            closed = true;
            open = watch;
            watch = null;
        }
        if (open != null) {
            open.close();
        }
    }

    private final class Nudge implements Watcher<Secret> {
        private boolean ended;

        @Override
        public void eventReceived(Action action, Secret secret) {
            changed.run();
        }

        /** Such as a resourceVersion that is gone; the next {@link #ensure} begins anew. */
        @Override
        public void onClose(WatcherException cause) {
            ended(this);
            changed.run();
        }
    }
}
