/**
 * The bill of materials of an image. In come what the build is about to put into it, what Maven knows about its libraries, and the
 * base below; out goes a document (CycloneDX) that names every file of the image with its digest, and the part that it belongs to.
 */
@NullMarked
package dev.stockade.sbom;

import org.jspecify.annotations.NullMarked;
