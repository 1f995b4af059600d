/**
 * What stands in {@code samples/gitops}, tried with the programs that people use it with.
 *
 * <p>In: the sample, kubectl, the packaged plugin, a kube-apiserver, and the libraries of Flux and Argo CD ({@code e2e/gitops}).
 * Out: whether what the sample claims is so.
 */
@NullMarked
package dev.stockade.cli.gitops;

import org.jspecify.annotations.NullMarked;
