/**
 * The four custom resources. {@link dev.stockade.crds.Definitions} hands out the CustomResourceDefinitions that the chart
 * installs and the operator applies when it starts.
 */
@NullMarked
package dev.stockade.crds;

import org.jspecify.annotations.NullMarked;
