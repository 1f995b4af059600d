package dev.stockade.wire;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumValueDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** What of one state of the contract another state of it breaks. What is added breaks nothing: nobody who does not know it reads it. */
final class Contract {
    private final List<String> breaches = new ArrayList<>();

    private Contract() {}

    /** A sentence for each; empty if programs of both states understand each other. */
    static List<String> breaches(FileDescriptorProto released, FileDescriptorProto now) {
        Contract contract = new Contract();
        if (!released.getPackage().equals(now.getPackage())) {
            contract.breaches.add("package " + released.getPackage() + ": is " + now.getPackage() + " now");
        }
        contract.messages("", released.getMessageTypeList(), now.getMessageTypeList());
        contract.enums("", released.getEnumTypeList(), now.getEnumTypeList());
        contract.services(released.getServiceList(), now.getServiceList());
        return contract.breaches;
    }

    private void messages(String in, List<DescriptorProto> released, List<DescriptorProto> now) {
        for (DescriptorProto was : released) {
            String name = in + was.getName();
            named(now, DescriptorProto::getName, was.getName())
                    .ifPresentOrElse(is -> message(name, was, is), () -> breaches.add(name + ": gone"));
        }
    }

    private void message(String name, DescriptorProto was, DescriptorProto is) {
        for (FieldDescriptorProto field : was.getFieldList()) {
            String label = "%s.%s (%d)".formatted(name, field.getName(), field.getNumber());
            is.getFieldList().stream()
                    .filter(one -> one.getNumber() == field.getNumber())
                    .findFirst()
                    .ifPresentOrElse(one -> field(label, was, field, is, one), () -> gone(label, field, is));
        }
        messages(name + ".", was.getNestedTypeList(), is.getNestedTypeList());
        enums(name + ".", was.getEnumTypeList(), is.getEnumTypeList());
    }

    private void field(
            String label,
            DescriptorProto wasIn,
            FieldDescriptorProto was,
            DescriptorProto isIn,
            FieldDescriptorProto is) {
        if (!was.getName().equals(is.getName())) {
            breaches.add(label + ": is called " + is.getName() + " now");
        }
        if (was.getLabel() != is.getLabel()) {
            breaches.add(label + ": was " + was.getLabel() + ", is " + is.getLabel());
        }
        if (was.getType() != is.getType() || !was.getTypeName().equals(is.getTypeName())) {
            breaches.add(
                    label + ": was " + was.getType() + was.getTypeName() + ", is " + is.getType() + is.getTypeName());
        }
        if (was.getProto3Optional() != is.getProto3Optional()
                || !oneof(wasIn, was).equals(oneof(isIn, is))) {
            breaches.add(label + ": whether it is there is told in another way");
        }
    }

    /** The name of the oneof that a field is in; empty for none, and for the one behind {@code optional}. */
    private static String oneof(DescriptorProto message, FieldDescriptorProto field) {
        return field.hasOneofIndex() && !field.getProto3Optional()
                ? message.getOneofDecl(field.getOneofIndex()).getName()
                : "";
    }

    private void gone(String label, FieldDescriptorProto was, DescriptorProto is) {
        boolean number = is.getReservedRangeList().stream()
                .anyMatch(range -> range.getStart() <= was.getNumber() && was.getNumber() < range.getEnd());
        if (!number || !is.getReservedNameList().contains(was.getName())) {
            breaches.add(label + ": gone, and neither its number nor its name is reserved");
        }
    }

    private void enums(String in, List<EnumDescriptorProto> released, List<EnumDescriptorProto> now) {
        for (EnumDescriptorProto was : released) {
            Optional<EnumDescriptorProto> is = named(now, EnumDescriptorProto::getName, was.getName());
            for (EnumValueDescriptorProto value : was.getValueList()) {
                if (is.stream()
                        .flatMap(one -> one.getValueList().stream())
                        .noneMatch(
                                one -> one.getName().equals(value.getName()) && one.getNumber() == value.getNumber())) {
                    breaches.add("%s%s.%s: was %d, is gone or another number"
                            .formatted(in, was.getName(), value.getName(), value.getNumber()));
                }
            }
        }
    }

    private void services(List<ServiceDescriptorProto> released, List<ServiceDescriptorProto> now) {
        for (ServiceDescriptorProto was : released) {
            List<MethodDescriptorProto> methods = named(now, ServiceDescriptorProto::getName, was.getName())
                    .map(ServiceDescriptorProto::getMethodList)
                    .orElse(List.of());
            for (MethodDescriptorProto method : was.getMethodList()) {
                String label = was.getName() + "." + method.getName();
                named(methods, MethodDescriptorProto::getName, method.getName())
                        .ifPresentOrElse(
                                is -> {
                                    if (!is.equals(method)) {
                                        breaches.add(label + ": takes, gives or streams something else");
                                    }
                                },
                                () -> breaches.add(label + ": gone"));
            }
        }
    }

    private static <T> Optional<T> named(List<T> among, Function<T, String> name, String wanted) {
        return among.stream().filter(one -> name.apply(one).equals(wanted)).findFirst();
    }
}
