package dev.stockade.e2e;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Which module may depend on which, as the architecture has it. */
class ArchitectureTest {
    /** Module to those of ours that it may depend on; tests on a cluster know nothing of the product's code. */
    private static final Map<String, Set<String>> ALLOWED = Map.of(
            "fixture", Set.of(),
            "model", Set.of(),
            "condition", Set.of("model"),
            "wire", Set.of(),
            "crds", Set.of("model"),
            "policy", Set.of("model", "condition", "crds"),
            "operator", Set.of("model", "condition", "wire", "crds", "policy"),
            "sidecar", Set.of("model", "condition", "wire"),
            "cli", Set.of("model", "condition", "crds", "policy"),
            "e2e", Set.of("fixture"));

    private static final JavaClasses PRODUCT = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.stockade");
    private static final JavaClasses ALL = new ClassFileImporter().importPackages("dev.stockade");

    static Stream<Arguments> modules() {
        return ALLOWED.entrySet().stream().map(entry -> Arguments.of(entry.getKey(), entry.getValue()));
    }

    @ParameterizedTest
    @MethodSource("modules")
    void aModuleDependsOnlyOnThoseThatItMay(String module, Set<String> others) {
        List<String> own = new ArrayList<>(List.of(packageOf(module)));
        others.forEach(other -> own.add(packageOf(other)));

        noClasses()
                .that()
                .resideInAPackage(packageOf(module))
                .should()
                .dependOnClassesThat(
                        resideInAPackage("dev.stockade..").and(resideOutsideOfPackages(own.toArray(String[]::new))))
                .check(ALL);
    }

    @ParameterizedTest
    @MethodSource("modules")
    void theRulesLookAtClassesThatAreThere(String module, Set<String> others) {
        assertThat(ALL.that(resideInAPackage(packageOf(module)))).isNotEmpty();
    }

    @Test
    void everyModuleHasItsRow() {
        Set<String> found = new TreeSet<>();
        PRODUCT.forEach(one -> found.add(one.getPackageName().split("\\.", -1)[2]));

        assertThat(ALLOWED.keySet()).containsAll(found);
    }

    @Test
    void theModelKnowsNeitherKubernetesNorNettyNorTheTime() {
        noClasses()
                .that()
                .resideInAPackage("dev.stockade.model..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.fabric8..", "io.netty..", "io.grpc..")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(java.time.Instant.class, "now")
                .check(PRODUCT);
    }

    @Test
    void noPackageIsNamedUtil() {
        noClasses()
                .should()
                .resideInAnyPackage("..util..", "..utils..", "..helper..", "..helpers..")
                .check(PRODUCT);
    }

    @Test
    void everyPackageSaysWhatItIs() {
        Set<String> packages = new TreeSet<>();
        PRODUCT.that(resideOutsideOfPackages("dev.stockade.wire..")).forEach(one -> packages.add(one.getPackageName()));

        assertThat(packages)
                .allSatisfy(name -> assertThat(PRODUCT.contain(name + ".package-info"))
                        .as("%s has a package-info.java", name)
                        .isTrue());
    }

    @Test
    void testsOnAClusterAreNamedForIt() {
        classes()
                .that()
                .areMetaAnnotatedWith("dev.stockade.e2e.mesh.OnMesh")
                .and()
                .areNotAnnotations()
                .should()
                .haveSimpleNameEndingWith("E2E")
                .check(ALL);
    }

    private static String packageOf(String module) {
        return "dev.stockade." + module + "..";
    }
}
