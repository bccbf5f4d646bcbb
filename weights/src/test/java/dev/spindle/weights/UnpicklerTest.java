package dev.spindle.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.InvalidInputException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnpicklerTest {

    private static final Path NAME = Path.of("some.pkl");

    private static Object load(byte[] pickle) {
        return Unpickler.load(NAME, "", ByteBuffer.wrap(pickle), new TorchPickle());
    }

    private static String refusal(byte[] pickle) {
        return assertThrows(InvalidInputException.class, () -> load(pickle)).getMessage();
    }

    /** What Python's {@code pickle.dumps} gives for {@code {'a': [1, 300, -5, 1.5, None, True, False, (), (1, 2), 'é']}}. */
    @ParameterizedTest
    @CsvSource({
        "2, 80027d710058010000006171015d7102284b014d2c014afbffffff473ff80000000000004e8889294b014b02867103580200"
                + "0000c3a9710465732e",
        "4, 8004952e000000000000007d948c0161945d94284b014d2c014afbffffff473ff80000000000004e8889294b014b0286948c"
                + "02c3a99465732e"
    })
    void whatPythonWritesIsRead(int protocol, String hex) {
        Object value = load(HexFormat.of().parseHex(hex.replace(" ", "")));
        List<?> list = (List<?>) ((Map<?, ?>) value).get("a");
        assertEquals(List.of(1L, 300L, -5L, 1.5), list.subList(0, 4));
        assertNull(list.get(4));
        assertEquals(List.of(true, false), list.subList(5, 7));
        assertEquals(new Unpickler.Tuple(List.of()), list.get(7));
        assertEquals(new Unpickler.Tuple(List.of(1L, 2L)), list.get(8));
        assertEquals("é", list.get(9));
    }

    @Test
    void integersOfAnyLengthAreRead() {
        for (String number : List.of("0", "-1", "255", "-129", "9223372036854775807", "-9223372036854775808")) {
            assertEquals(Long.valueOf(number), load(new Pickle().big(new BigInteger(number)).stop()));
        }
        assertEquals(TorchFile.MAGIC, load(new Pickle().big(TorchFile.MAGIC).stop()));
        assertEquals(0L, load(new Pickle().op(0x8a).op(0).stop()));
    }

    @Test
    void theMemoSharesValues() {
        List<?> list = (List<?>) load(new Pickle().op(']').op('q').op(7).op(']').op('a').op('h').op(7).op('a').stop());
        assertEquals(2, list.size());
        assertSame(list, list.get(1));
    }

    @Test
    void thePositionIsBehindThePickle() {
        ByteBuffer two = ByteBuffer.wrap(new Pickle().op('K').op(1).op('.').op('K').op(2).stop());
        assertEquals(1L, Unpickler.load(NAME, "", two, new TorchPickle()));
        assertEquals(2L, Unpickler.load(NAME, "", two, new TorchPickle()));
        assertEquals(0, two.remaining());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "4b | offset 0: expected a whole pickle, found its end",
                "4b01 | offset 2: expected a whole pickle, found its end",
                "2e | offset 0: expected 1 on the stack, found 0",
                "80062e | offset 0: expected a protocol of at most 5, found 6",
                "4b01692e | offset 2: expected an opcode that data need, found 0x69",
                "2874 2e | ",
                "4b01282e | offset 3: expected 1 on the stack, found 0",
                "742e | offset 0: expected a mark on the stack, found none",
                "68002e | offset 0: expected a value in the memo at 0, found none",
                "4b014b02612e | offset 4: expected a list to append to, found another value",
                "7d4b01732e | offset 3: expected 1 on the stack, found 0",
                "7d4e4b01732e | expected a key that is a string or an integer, found another value",
                "7d284b01752e | expected a dictionary with keys and values",
                "5d4b014b02732e | expected a dictionary with keys and values",
                "5d7d622e | expected a dictionary that is given attributes",
                "58ffffffff2e | expected a size below 2 GiB, found 4294967295",
                "58ffffff7f2e | expected a whole pickle, found its end",
                "4b014b02522e | expected a tuple of arguments, found another value",
                "4b014b02932e | expected a module and a name"
            })
    void faultsAreNamedWithTheirPlace(String hex, String message) {
        byte[] pickle = HexFormat.of().parseHex(hex.replace(" ", ""));
        if (message == null) {
            assertEquals(new Unpickler.Tuple(List.of()), load(pickle));
        } else {
            assertTrue(refusal(pickle).contains(message), refusal(pickle));
        }
    }

    @Test
    void streamsWithoutEndAreRefused() {
        byte[] marks = "(".repeat(1 << 21).getBytes(StandardCharsets.US_ASCII);
        assertTrue(refusal(marks).contains("expected a pickle of at most 1048576 opcodes"));
        byte[] name = ("c" + "m".repeat(1 << 20)).getBytes(StandardCharsets.US_ASCII);
        assertTrue(refusal(name).contains("expected a name of at most 256 bytes"));
    }

    @Test
    void sizesOfTensorsThatAreSharedCostNothing() {
        Pickle pickle = Pickle.protocol2().op('(');
        for (int i = 0; i < 100_000; i++) {
            pickle.op('K').op(1);
        }
        byte[] file = pickle.op('t').op('q').op(0).storage("FloatStorage", "0", 1).op('q').op(1)
                .global("torch._utils", "_rebuild_tensor").op('(').op('h').op(1).op('K').op(0).op('h').op(0).op('h').op(0)
                .op('t').op('R').stop();
        assertTrue(refusal(file).contains("expected up to 8 integers"));
    }

    @Test
    void pairsOfADictionaryCountEachTime() {
        Pickle pickle = Pickle.protocol2().op(']').op('q').op(0).op('(');
        for (int i = 0; i < 1000; i++) {
            pickle.op(']').op('(').text("k").op('N').op('e');
        }
        pickle.op('e');
        for (int i = 0; i < 200; i++) {
            pickle.global("collections", "OrderedDict").op('h').op(0).op(0x85).op('R');
        }
        assertTrue(refusal(pickle.stop()).contains("expected at most 100000 pairs"));
    }
}
