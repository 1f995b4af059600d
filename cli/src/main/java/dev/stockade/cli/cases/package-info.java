/**
 * Tables of cases: who may do what, written down beside the policies, and checked in CI without a cluster.
 *
 * <p>In: a file of cases ({@link dev.stockade.cli.cases.CaseFile}), which names the policies that it is about. Out: a {@link
 * dev.stockade.cli.cases.CaseResult} for each case, as text, JSON or JUnit's XML. Pure but for the reading of the files.
 */
@NullMarked
package dev.stockade.cli.cases;

import org.jspecify.annotations.NullMarked;
