package dev.stockade.condition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.re2j.Pattern;
import dev.stockade.condition.Expression.Append;
import dev.stockade.condition.Expression.Call;
import dev.stockade.condition.Expression.Constant;
import dev.stockade.condition.Expression.Field;
import dev.stockade.condition.Expression.Fold;
import dev.stockade.condition.Expression.HasField;
import dev.stockade.condition.Expression.ListOf;
import dev.stockade.condition.Expression.MapOf;
import dev.stockade.condition.Expression.Matches;
import dev.stockade.condition.Expression.Variable;
import dev.stockade.model.json.JsonNull;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ConditionFormTest {
    private static final Expression EVERYTHING = new Call(
            Operation.AND,
            List.of(
                    new Call(
                            Operation.EQUAL,
                            List.of(
                                    new MapOf(
                                            List.of("a", "b"), List.of(new Constant(JsonNull.NULL), new Constant(-3L))),
                                    new ListOf(List.of(
                                            new Constant(2.5), new Constant(true), new Constant(ValueType.INT))))),
                    new Call(
                            Operation.OR,
                            List.of(
                                    new Matches(new Field(new Variable(Expression.ARGS), "a"), Pattern.compile("^a+$")),
                                    new Call(
                                            Operation.IN,
                                            List.of(
                                                    new HasField(new Variable(Expression.AGENT), "é"),
                                                    new Fold(
                                                            new Variable(Expression.ARGS),
                                                            4,
                                                            5,
                                                            new ListOf(List.of()),
                                                            new Constant(true),
                                                            new Append(5, new Variable(4)),
                                                            new Variable(5))))))));

    @Test
    void whatIsReadIsWrittenTheSame() {
        byte[] form = new CompiledCondition(EVERYTHING).form();

        assertThat(CompiledCondition.read(form).form()).isEqualTo(form);
        assertThat(CompiledCondition.read(form)).isEqualTo(new CompiledCondition(EVERYTHING));
    }

    @Test
    void aFormThatIsCutOffOrChangedNeverFailsInAnyOtherWayThanByASentence() {
        byte[] form = new CompiledCondition(EVERYTHING).form();
        Random random = new Random(3);
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] changed = Arrays.copyOf(form, random.nextInt(4) == 0 ? random.nextInt(form.length) : form.length);
            for (int k = random.nextInt(3); k > 0 && changed.length > 0; k--) {
                changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
            }
            try {
                byte[] again = CompiledCondition.read(changed).form();
                assertThat(again).isEqualTo(changed);
            } catch (IllegalArgumentException e) {
                assertThat(e.getMessage()).isNotEmpty();
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(5000);
    }

    @Test
    void anotherVersionIsRefused() {
        byte[] form = new CompiledCondition(EVERYTHING).form();
        form[0] = 2;

        assertThatThrownBy(() -> CompiledCondition.read(form)).hasMessageContaining("form 2");
    }

    @Test
    void whatIsTooDeepOrTooLargeIsRefused() {
        Expression deep = new Constant(true);
        for (int i = 0; i < ConditionForm.DEEPEST; i++) {
            deep = new Call(Operation.NOT, List.of(deep));
        }
        Expression large = new ListOf(List.of(
                new ListOf(java.util.Collections.nCopies(ConditionForm.MOST_NODES, (Expression) new Constant(1L)))));

        Expression tooDeep = deep;
        assertThatThrownBy(() -> new CompiledCondition(tooDeep)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new CompiledCondition(large)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aVariableThatNothingBindsIsRefused() {
        assertThatThrownBy(() -> new CompiledCondition(new Variable(4))).hasMessageContaining("variable");
        assertThatThrownBy(() -> new CompiledCondition(new Append(Expression.ARGS, new Constant(1L))))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aPatternThatIsTooLargeIsRefused() {
        assertThatThrownBy(() ->
                        new CompiledCondition(new Matches(new Constant("a"), Pattern.compile("(abcdefghij){200}"))))
                .hasMessageContaining("regular expression");
    }
}
