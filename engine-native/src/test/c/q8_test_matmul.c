/* The int8 stem and 1x1 convolution, and the bytes that are added behind one. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "q8_test.h"
#include "tiling.h"

/* Whether units outside [from, to) are untouched and those inside equal the whole run's: [blocks][pixels][16]. */
static bool part_matches(
        const struct tiling *tiling, const uint8_t *part, const uint8_t *whole, int pixels, int from, int to)
{
    bool right = true;
    for (int unit = 0; unit < tiling_units(tiling); unit++) {
        const struct tile_place at = tile_place(tiling, unit);
        for (int v = 0; v < at.vectors; v++) {
            const size_t first = (size_t)((at.first_block + v) * pixels + at.first_pixel) * Q8_BLOCK;
            const size_t bytes = (size_t)at.rows * Q8_BLOCK;
            right &= unit >= from && unit < to ? memcmp(part + first, whole + first, bytes) == 0
                                               : untouched_bytes(SECOND_OUTPUT, first, first + bytes);
        }
    }
    return right;
}

static void run_pwconv(const struct q8_subject *subject, int pixels, int inputs, int channels, int number)
{
    static struct q8_numbers numbers;
    const struct q8_kernels *kernels = subject->kernels;
    const struct q8_style style = q8_style(number);
    q8_random_numbers(&numbers, channels, inputs, &style);
    const int blocks = (channels + Q8_BLOCK - 1) / Q8_BLOCK;
    const int input_blocks = (inputs + Q8_BLOCK - 1) / Q8_BLOCK;
    const int groups = (inputs + Q8_GROUP - 1) / Q8_GROUP;
    int order[Q8_MAX_CHANNELS];
    for (int k = 0; k < groups * Q8_GROUP; k++) {
        order[k] = k < inputs ? k : -1;
    }
    const size_t map = (size_t)pixels * Q8_BLOCK;
    uint8_t *input = q8_place_random(INPUT, style.against, (size_t)input_blocks * map);
    uint8_t *output = place_bytes(OUTPUT, style.against, (size_t)blocks * map);
    struct q8_pwconv layer = {
        .rescale = q8_place_rescale(&numbers, style.against),
        .input = input,
        .output = output,
        .input_block_stride = (ptrdiff_t)map,
        .output_block_stride = (ptrdiff_t)map,
        .groups = groups,
        .tiling = tiling_for(kernels->rows, blocks, pixels),
    };
    layer.weights = q8_place_matrix(&numbers, &layer.tiling, groups, order, style.against, &layer.extra);
    CHECK(style.scales == Q8_EXTREME || layer.rescale.rounding != Q8_INTEGERS, "no quick form of usual scales");

    char what[96];
    snprintf(what, sizeof what, "%d pixels, %d inputs, %d channels, rounding %d", pixels, inputs, channels,
            layer.rescale.rounding);
    const int units = tiling_units(&layer.tiling);
    CHECK(kernels->pwconv(&layer, 0, units) == SPINDLE_OK, "status");
    for (int channel = 0; channel < channels; channel++) {
        for (int pixel = 0; pixel < pixels; pixel++) {
            int64_t sum = numbers.bias[channel];
            for (int k = 0; k < inputs; k++) {
                const int u = input[(size_t)(k / Q8_BLOCK) * map + (size_t)(pixel * Q8_BLOCK + k % Q8_BLOCK)];
                sum += (u - numbers.zero_in) * numbers.weights[channel * inputs + k];
            }
            const int got = output[(size_t)(channel / Q8_BLOCK) * map + (size_t)(pixel * Q8_BLOCK + channel % Q8_BLOCK)];
            const int expected = q8_expected(&numbers, channel, sum);
            CHECK(got == expected, "%s: channel %d, pixel %d: %d, expected %d", what, channel, pixel, got, expected);
        }
    }
    CHECK(untouched_around(OUTPUT), "%s: wrote elsewhere", what);

    const int from = random_int(0, units);
    const int to = random_int(from, units);
    layer.output = place_bytes(SECOND_OUTPUT, style.against, (size_t)blocks * map);
    CHECK(kernels->pwconv(&layer, from, to) == SPINDLE_OK, "status");
    CHECK(part_matches(&layer.tiling, layer.output, output, pixels, from, to) && untouched_around(SECOND_OUTPUT),
            "%s: tiles %d to %d of %d differ", what, from, to, units);
}

void q8_test_pwconv(const struct q8_subject *subject)
{
    static const int CHANNELS[] = {1, 15, 16, 17, 32, 33, 48, 49, 80, 144};
    static const int INPUTS[] = {1, 3, 4, 5, 15, 16, 17, 24, 31, 32, 33, 64, 96};
    const int *rows = subject->kernels->rows;
    const int pixels[] = {1, rows[2], rows[0] - 1, rows[0], rows[0] + 1, 2 * rows[0] + 1, 29, 49};
    int number = 0;
    for (size_t c = 0; c < sizeof CHANNELS / sizeof CHANNELS[0]; c++) {
        for (size_t i = 0; i < sizeof INPUTS / sizeof INPUTS[0]; i++) {
            for (size_t p = 0; p < sizeof pixels / sizeof pixels[0]; p++, number++) {
                if ((c + i + p) % 3 == 0 && pixels[p] > 0) {
                    run_pwconv(subject, pixels[p], INPUTS[i], CHANNELS[c], number);
                }
            }
        }
    }
    /* Every number of rows of every width. */
    for (int blocks = 1; blocks <= SPINDLE_MAX_VECTORS; blocks++) {
        for (int p = 1; p <= rows[blocks - 1]; p++, number++) {
            run_pwconv(subject, p, 20, blocks * Q8_BLOCK, number);
        }
    }
}

static void run_stem(const struct q8_subject *subject, int width, int height, int channels, int number)
{
    enum { K = 27, ROW = 9 };
    static const int ORDER[Q8_STEM_GROUPS * Q8_GROUP] = {
        0,  1,  2,  3,  4,  5,  6,  7,  -1, -1, -1, 8,  9,  10, 11, 12, 13, 14,
        15, 16, -1, -1, -1, 17, 18, 19, 20, 21, 22, 23, 24, 25, -1, -1, -1, 26,
    };
    static struct q8_numbers numbers;
    const struct q8_kernels *kernels = subject->kernels;
    const struct q8_style style = q8_style(number);
    q8_random_numbers(&numbers, channels, K, &style);
    const int blocks = (channels + Q8_BLOCK - 1) / Q8_BLOCK;
    const int row = (2 * width + 1) * 3;
    const size_t map = (size_t)width * (size_t)height * Q8_BLOCK;
    uint8_t *input = q8_place_random(INPUT, style.against, (size_t)(2 * height + 1) * (size_t)row);
    uint8_t *output = place_bytes(OUTPUT, style.against, (size_t)blocks * map);
    struct q8_stem layer = {
        .rescale = q8_place_rescale(&numbers, style.against),
        .input = input,
        .output = output,
        .row_stride = row,
        .output_block_stride = (ptrdiff_t)map,
        .tiling = tiling_for(kernels->rows, blocks, width),
    };
    layer.weights = q8_place_matrix(&numbers, &layer.tiling, Q8_STEM_GROUPS, ORDER, style.against, &layer.extra);
    char what[96];
    snprintf(what, sizeof what, "%dx%d, %d channels, rounding %d", width, height, channels, layer.rescale.rounding);
    CHECK(kernels->stem(&layer, 0, height) == SPINDLE_OK, "status");
    for (int channel = 0; channel < channels; channel++) {
        for (int pixel = 0; pixel < width * height; pixel++) {
            int64_t sum = numbers.bias[channel];
            for (int k = 0; k < K; k++) {
                const int u = input[(2 * (pixel / width) + k / ROW) * row + 6 * (pixel % width) + k % ROW];
                sum += (u - numbers.zero_in) * numbers.weights[channel * K + k];
            }
            const int got = output[(size_t)(channel / Q8_BLOCK) * map + (size_t)(pixel * Q8_BLOCK + channel % Q8_BLOCK)];
            const int expected = q8_expected(&numbers, channel, sum);
            CHECK(got == expected, "%s: channel %d, pixel %d: %d, expected %d", what, channel, pixel, got, expected);
        }
    }
    CHECK(untouched_around(OUTPUT), "%s: wrote elsewhere", what);

    const int from = random_int(0, height);
    const int to = random_int(from, height);
    uint8_t *part = place_bytes(SECOND_OUTPUT, style.against, (size_t)blocks * map);
    layer.output = part;
    CHECK(kernels->stem(&layer, from, to) == SPINDLE_OK, "status");
    bool right = untouched_around(SECOND_OUTPUT);
    const size_t line = (size_t)width * Q8_BLOCK;
    for (int i = 0; i < blocks * height; i++) {
        const size_t first = (size_t)i * line;
        right &= i % height >= from && i % height < to ? memcmp(part + first, output + first, line) == 0
                                                       : untouched_bytes(SECOND_OUTPUT, first, first + line);
    }
    CHECK(right, "%s: rows %d to %d differ", what, from, to);
}

void q8_test_stem(const struct q8_subject *subject)
{
    static const int CHANNELS[] = {1, 8, 16, 24, 32, 48, 80};
    int number = 0;
    for (size_t c = 0; c < sizeof CHANNELS / sizeof CHANNELS[0]; c++) {
        for (int width = 1; width <= 29; width += 4, number++) {
            run_stem(subject, width, 1 + number % 4, CHANNELS[c], number);
        }
    }
}

/* TensorFlow Lite's sum of two bytes, as struct q8_add tells it, too. */
struct sum_of_bytes {
    double scales[3];
    int zeros[3];
    int32_t multipliers[3];
    int shifts[3];
};

static void set_multiplier(struct sum_of_bytes *s, int i, double factor)
{
    int exponent;
    const double fraction = frexp(factor, &exponent);
    const int64_t value = llround(ldexp(fraction, 31));
    s->multipliers[i] = (int32_t)(value == INT64_C(1) << 31 ? value / 2 : value);
    s->shifts[i] = value == INT64_C(1) << 31 ? exponent + 1 : exponent;
}

static struct sum_of_bytes random_sum(bool extreme)
{
    struct sum_of_bytes s;
    for (int i = 0; i < 3; i++) {
        s.scales[i] = extreme ? ldexp(1.0, random_int(-3, 3)) : 0.02 + random_int(0, 1 << 20) * 1e-7;
        s.zeros[i] = random_int(0, 2) == 0 ? 255 * random_int(0, 1) : random_int(0, 255);
    }
    const double twice = 2.0 * fmax(s.scales[0], s.scales[1]);
    set_multiplier(&s, 0, s.scales[0] / twice);
    set_multiplier(&s, 1, s.scales[1] / twice);
    set_multiplier(&s, 2, twice / ((1 << 20) * s.scales[2]));
    return s;
}

static int sum_expected(const struct sum_of_bytes *s, int a, int b)
{
    const int64_t first = q8_multiply((int64_t)(a - s->zeros[0]) * (1 << 20), s->multipliers[0], s->shifts[0]);
    const int64_t second = q8_multiply((int64_t)(b - s->zeros[1]) * (1 << 20), s->multipliers[1], s->shifts[1]);
    const int64_t sum = s->zeros[2] + q8_multiply(first + second, s->multipliers[2], s->shifts[2]);
    return (int)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
}

/* The quick form of a sum, not proved; its error is far below a step. */
static void set_quick_sum(struct q8_add *add, const struct sum_of_bytes *s)
{
    const double a = s->scales[0] / s->scales[2];
    const double b = s->scales[1] / s->scales[2];
    const double c = s->zeros[2] - a * s->zeros[0] - b * s->zeros[1] + 0.5;
    int exponent = (int)floor(log2(16383.0 / fmax(a, b)));
    exponent = exponent < 13 ? exponent : 13;
    add->high_factors[0] = (int16_t)floor(ldexp(a, exponent));
    add->high_factors[1] = (int16_t)floor(ldexp(b, exponent));
    add->rest_factors[0] = (int16_t)floor(ldexp(ldexp(a, exponent) - add->high_factors[0], 14));
    add->rest_factors[1] = (int16_t)floor(ldexp(ldexp(b, exponent) - add->high_factors[1], 14));
    add->base = (int32_t)floor(ldexp(c, exponent));
    add->scale = (float)ldexp(1.0, -exponent);
    add->scale_rest = (float)ldexp(1.0, -exponent - 14);
    add->offset = (float)(c - ldexp(add->base, -exponent));
    /* Any place and any other offset show that one is taken for the other. */
    add->half = (int32_t)ldexp(s->zeros[2], exponent);
    add->offset_below = add->offset - 0.25f;
}

/* What the quick form makes of two bytes, in exact arithmetic: all its terms are multiples of 2^-50 or so. */
static int quick_sum(const struct q8_add *add, int a, int b)
{
    const double high = add->base + a * add->high_factors[0] + b * add->high_factors[1];
    const double rest = a * add->rest_factors[0] + b * add->rest_factors[1];
    const double offset = high < add->half ? add->offset_below : add->offset;
    const double sum = floor(high * add->scale + (rest * add->scale_rest + offset));
    return (int)fmin(fmax(sum, 0.0), 255.0);
}

/* All pairs of bytes: weights of 0 and a bias make the convolution's byte any that is wanted. */
static void run_add(const struct q8_subject *subject, int number, bool table)
{
    enum { PIXELS = 37 };
    const struct q8_kernels *kernels = subject->kernels;
    static struct q8_numbers numbers;
    const struct q8_style style = {.against = number % 2 == 0 ? BEFORE : BEHIND};
    const struct sum_of_bytes sum = random_sum(table);
    const int channels = 48;
    q8_random_numbers(&numbers, channels, 4, &style);
    numbers.low = 0;
    numbers.high = 255;
    numbers.zero_out = 100;
    memset(numbers.weights, 0, sizeof numbers.weights);
    for (int channel = 0; channel < channels; channel++) {
        const int byte = random_int(0, 255);
        numbers.bias[channel] = (int32_t)q8_threshold(
                numbers.multipliers[channel], numbers.shifts[channel], numbers.zero_out, byte);
    }
    const int order[] = {0, 1, 2, 3};
    const size_t map = (size_t)PIXELS * Q8_BLOCK;
    const size_t bytes = (size_t)channels / Q8_BLOCK * map;
    uint8_t *other = q8_place_random(RESIDUAL, style.against, bytes);
    uint8_t copy[PIXELS * 48];
    memcpy(copy, other, bytes);
    const bool in_place = number % 3 == 0;
    uint8_t *output = in_place ? other : place_bytes(OUTPUT, style.against, bytes);
    struct q8_pwconv layer = {
        .rescale = q8_place_rescale(&numbers, style.against),
        .input = q8_place_random(INPUT, style.against, map),
        .output = output,
        .input_block_stride = (ptrdiff_t)map,
        .output_block_stride = (ptrdiff_t)map,
        .groups = 1,
        .tiling = tiling_for(kernels->rows, channels / Q8_BLOCK, PIXELS),
        .add = {.other = other},
    };
    layer.weights = q8_place_matrix(&numbers, &layer.tiling, 1, order, style.against, &layer.extra);
    if (table) {
        uint8_t *all = place_bytes(TABLE, style.against, 1 << 16);
        for (int i = 0; i < 1 << 16; i++) {
            all[i] = (uint8_t)sum_expected(&sum, i >> 8, i & 255);
        }
        layer.add.table = all;
    } else {
        set_quick_sum(&layer.add, &sum);
    }
    CHECK(kernels->pwconv(&layer, 0, tiling_units(&layer.tiling)) == SPINDLE_OK, "status");
    for (int channel = 0; channel < channels; channel++) {
        const int own = q8_expected(&numbers, channel, numbers.bias[channel]);
        for (int pixel = 0; pixel < PIXELS; pixel++) {
            const size_t at = (size_t)(channel / Q8_BLOCK) * map + (size_t)(pixel * Q8_BLOCK + channel % Q8_BLOCK);
            const int expected = table ? sum_expected(&sum, own, copy[at]) : quick_sum(&layer.add, own, copy[at]);
            CHECK(output[at] == expected, "%d + %d: %d, expected %d", own, copy[at], output[at], expected);
        }
    }
    CHECK(untouched_around(in_place ? RESIDUAL : OUTPUT), "wrote elsewhere");
}

void q8_test_add(const struct q8_subject *subject)
{
    for (int number = 0; number < 40; number++) {
        run_add(subject, number, number % 4 == 3);
    }
}

void q8_test_refusal(const struct q8_subject *subject)
{
    const struct q8_kernels *kernels = subject->kernels;
    for (int i = 0; i < SPINDLE_MAX_VECTORS; i++) {
        struct q8_pwconv pwconv = {.groups = 1, .tiling = tiling_for(kernels->rows, 3, 1)};
        struct q8_stem stem = {.tiling = tiling_for(kernels->rows, 3, 1)};
        pwconv.tiling.rows[i]++;
        stem.tiling.rows[i] = 0;
        CHECK(kernels->pwconv(&pwconv, 0, 1) == SPINDLE_NO_TILE, "too many rows of %d blocks", i + 1);
        CHECK(kernels->stem(&stem, 0, 1) == SPINDLE_NO_TILE, "no rows of %d blocks", i + 1);
    }
}
