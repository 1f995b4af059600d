package dev.stockade.e2e.cluster;

/**
 * What only the rig can be told to suffer: its components are processes of this machine and its nodes are network namespaces.
 * Each returns once it is done; whatever it does is undone by its counterpart.
 */
public interface Rig {
    /** One that can be lost: the other carries the control plane. */
    int WORKER = 1;

    String API_SERVER = "kube-apiserver";
    String ETCD = "etcd";

    /** Stops a component where it stands, as a machine that swaps: connections stay open, and nobody answers. */
    void freeze(String component);

    /** Lets it go on. */
    void thaw(String component);

    /** Kills a component and starts it again: whatever was connected to it is cut. */
    void restart(String component);

    /** Pulls the plug of {@link #WORKER}, or puts it back. */
    void link(boolean up);

    /** Ends everything on {@link #WORKER} at once, as if its power was cut. */
    void lose();

    /** Switches it on again. */
    void giveBack();

    /** Keeps a pod and the API server apart, whatever is open between them. */
    void cut(String podAddress);

    /** Ends that for all pods. */
    void mend();

    /** Gives the nodes another image under a name that they have; pods made from now on run it. */
    void load(java.nio.file.Path archive);
}
