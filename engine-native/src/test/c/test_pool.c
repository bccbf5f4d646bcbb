/* Global average, softmax, and the CPU probe. */
#include <float.h>
#include <math.h>

#include "cpu.h"
#include "test.h"

static void run_gavgpool(const struct subject *subject, int blocks, int pixels, enum against against)
{
    const struct spindle_kernels *kernels = subject->kernels;
    int lanes = kernels->lanes;
    int block = pixels * lanes;
    float *input = place(INPUT, against, (size_t)(blocks * block));
    float *output = place(OUTPUT, against, (size_t)(blocks * lanes));
    for (int i = 0; i < blocks * block; i++) {
        input[i] = random_float(SIGNED_FLOATS);
    }
    struct f32_gavgpool layer = {.input = input, .output = output, .pixels = pixels};
    int split = random_int(0, blocks);
    CHECK(kernels->gavgpool(&layer, split, blocks) == SPINDLE_OK, "status");
    for (int i = 0; i < split * lanes; i++) {
        CHECK(is_canary(output[i]), "blocks %d to %d wrote element %d", split, blocks, i);
    }
    CHECK(kernels->gavgpool(&layer, 0, split) == SPINDLE_OK, "status");
    for (int channel = 0; channel < blocks * lanes; channel++) {
        float sum = 0.0f;
        double exact = 0.0;
        double magnitude = 0.0;
        for (int pixel = 0; pixel < pixels; pixel++) {
            float x = input[channel / lanes * block + pixel * lanes + channel % lanes];
            sum += x;
            exact += x;
            magnitude += fabs(x);
        }
        float expected = sum * (1.0f / (float)pixels);
        CHECK(same_bits(output[channel], expected), "channel %d of %d pixels: %.9g, expected %.9g", channel, pixels,
                (double)output[channel], (double)expected);
        CHECK(fabs(output[channel] - exact / pixels) <= (pixels + 2) * FLT_EPSILON * magnitude / pixels,
                "channel %d of %d pixels: %.9g, expected %.9g", channel, pixels, (double)output[channel],
                exact / pixels);
    }
    CHECK(untouched_around(OUTPUT), "%d blocks of %d pixels: wrote elsewhere", blocks, pixels);
}

void test_gavgpool(const struct subject *subject)
{
    static const int PIXELS[] = {1, 2, 3, 9, 16, 49, 225};
    for (int blocks = 1; blocks <= 9; blocks++) {
        for (size_t p = 0; p < sizeof PIXELS / sizeof PIXELS[0]; p++) {
            run_gavgpool(subject, blocks, PIXELS[p], blocks % 2 == 0 ? BEFORE : BEHIND);
        }
    }
}

static void run_softmax(int count, float scale, bool in_place)
{
    float *input = place(INPUT, BEHIND, (size_t)count);
    float *output = in_place ? input : place(OUTPUT, BEHIND, (size_t)count);
    double expected[1001];
    double total = 0.0;
    double most = -DBL_MAX;
    for (int i = 0; i < count; i++) {
        input[i] = scale * random_float(SIGNED_FLOATS);
        expected[i] = input[i];
        most = fmax(most, input[i]);
    }
    for (int i = 0; i < count; i++) {
        expected[i] = exp(expected[i] - most);
        total += expected[i];
    }
    f32_softmax(input, output, count);
    double sum = 0.0;
    for (int i = 0; i < count; i++) {
        double probability = expected[i] / total;
        double tolerance = (count + 2.0 * scale + 8.0) * FLT_EPSILON * probability + FLT_MIN;
        CHECK(fabs(output[i] - probability) <= tolerance, "element %d of %d: %.9g, expected %.9g", i, count,
                (double)output[i], probability);
        sum += output[i];
    }
    CHECK(fabs(sum - 1.0) <= count * FLT_EPSILON, "%d elements sum up to %.9g", count, sum);
    CHECK(untouched_around(in_place ? INPUT : OUTPUT), "%d elements: wrote elsewhere", count);
}

void test_softmax(void)
{
    static const int COUNTS[] = {1, 2, 10, 1000, 1001};
    static const float SCALES[] = {1.0f, 20.0f, 1e4f};
    for (size_t c = 0; c < sizeof COUNTS / sizeof COUNTS[0]; c++) {
        for (size_t s = 0; s < sizeof SCALES / sizeof SCALES[0]; s++) {
            run_softmax(COUNTS[c], SCALES[s], false);
            run_softmax(COUNTS[c], SCALES[s], true);
        }
    }
}

/* Against the compiler's own probe, which asks the system, too. */
void test_cpu(void)
{
    int features = spindle_cpu_features();
#if defined(__x86_64__)
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
            && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    bool neon = false;
    bool vnni = __builtin_cpu_supports("avx512vnni");
    CHECK(((features & SPINDLE_CPU_AVX512VNNI) != 0) == vnni, "VNNI: expected %d", vnni);
#else
    bool avx2 = false;
    bool avx512 = false;
    bool neon = true;
#endif
    const struct {
        int isa;
        bool expected;
    } CASES[] = {{SPINDLE_AVX2, avx2}, {SPINDLE_AVX512, avx512}, {SPINDLE_NEON, neon}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        int needs = spindle_cpu_needs(CASES[i].isa);
        bool there = (features & needs) == needs;
        CHECK(there == CASES[i].expected, "instruction set %d: %d, expected %d", CASES[i].isa, there, CASES[i].expected);
    }
    CHECK(spindle_cpu_needs(-1) == -1 && spindle_cpu_needs(SPINDLE_NEON + 1) == -1, "unknown instruction sets");
    CHECK(spindle_kernels_for(-1) == NULL && spindle_kernels_for(SPINDLE_NEON + 1) == NULL, "unknown instruction sets");
    CHECK(q8_kernels_for(-1, features) == NULL && q8_kernels_for(SPINDLE_NEON + 1, features) == NULL,
            "unknown instruction sets");
}
