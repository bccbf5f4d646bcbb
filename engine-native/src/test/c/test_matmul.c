/* Stem, 1x1 convolution and dense layer: everything that runs in register tiles. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"
#include "tiling.h"

enum { STEM_K = 27 };

/* Weights of one channel tile: [inputs][vectors * lanes], made as they are packed. Padding lanes hold zero. */
static void pack_tile(
        float *packed, const float *plain, int inputs, int channels, int lanes, int first_block, int vectors)
{
    float *tile = packed + (size_t)first_block * (size_t)lanes * (size_t)inputs;
    int columns = vectors * lanes;
    for (int k = 0; k < inputs; k++) {
        for (int column = 0; column < columns; column++) {
            int channel = first_block * lanes + column;
            tile[k * columns + column] = channel < channels ? plain[channel * inputs + k] : 0.0f;
        }
    }
}

static void pack(float *packed, const float *plain, int inputs, int channels, int lanes, const struct tiling *tiling)
{
    for (int unit = 0; unit < tiling_units(tiling); unit++) {
        struct tile_place at = tile_place(tiling, unit);
        if (at.first_pixel == 0) {
            pack_tile(packed, plain, inputs, channels, lanes, at.first_block, at.vectors);
        }
    }
}

static float *random_plain(size_t count, enum data data)
{
    float *plain = malloc((count + 1) * sizeof(float));
    for (size_t i = 0; i < count; i++) {
        plain[i] = random_float(data);
    }
    return plain;
}

/* One float a padded channel, zero behind the last. */
static void fill_bias(float *bias, int channels, int padded, enum data data)
{
    for (int i = 0; i < padded; i++) {
        bias[i] = i < channels ? random_float(data) : 0.0f;
    }
}

static void fill_canaries(float *p, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        p[i] = canary();
    }
}

/* The walk gives the tiles of the formulas, wherever it starts. */
void test_tiling(const struct subject *subject)
{
    for (int blocks = 1; blocks <= 13; blocks++) {
        for (int pixels = 1; pixels <= 60; pixels++) {
            struct tiling t = tiling_for(subject->kernels->rows, blocks, pixels);
            CHECK(count_units(&t) == tiling_units(&t), "%d units of %d blocks, %d pixels", count_units(&t), blocks, pixels);
            for (int unit = 0; unit < tiling_units(&t); unit++) {
                struct tile_place expected = tile_place(&t, unit);
                int tile = -1;
                int n = seek_unit(&t, unit, &tile);
                CHECK(first_block(&t, n) == expected.first_block && tile_vectors(&t, n) == expected.vectors,
                        "unit %d of %d blocks, %d pixels: block %d", unit, blocks, pixels, first_block(&t, n));
                struct pixel_cut cut = pixel_cut_at(&t, expected.vectors, tile);
                CHECK(cut.first == expected.first_pixel && cut.rows == expected.rows,
                        "unit %d of %d blocks, %d pixels: pixel %d + %d", unit, blocks, pixels, cut.first, cut.rows);
                if (cut.tile + 1 < cut.tiles) {
                    struct tile_place next = tile_place(&t, unit + 1);
                    pixel_cut_next(&cut);
                    CHECK(cut.first == next.first_pixel && cut.rows == next.rows,
                            "after unit %d of %d blocks, %d pixels: pixel %d + %d", unit, blocks, pixels, cut.first,
                            cut.rows);
                }
            }
        }
    }
}

struct pwconv_case {
    int inputs;
    int channels;
    int pixels;
    enum activation activation;
    bool residual;
    enum data data;
    enum against against;
};

static void run_pwconv_case(const struct subject *subject, const struct pwconv_case *c)
{
    const struct spindle_kernels *kernels = subject->kernels;
    int lanes = kernels->lanes;
    int in_blocks = blocks_for(kernels, c->inputs);
    int blocks = blocks_for(kernels, c->channels);
    size_t block = (size_t)c->pixels * (size_t)lanes;
    size_t out_count = (size_t)blocks * block;
    struct f32_pwconv layer = {
        .inputs = c->inputs,
        .input_block_stride = (ptrdiff_t)block,
        .output_block_stride = (ptrdiff_t)block,
        .tiling = tiling_for(kernels->rows, blocks, c->pixels),
        .low = clamp_low(c->activation),
        .high = clamp_high(c->activation),
    };
    float *plain = random_plain((size_t)c->channels * (size_t)c->inputs, c->data);
    float *weights = place(WEIGHTS, c->against, (size_t)blocks * (size_t)lanes * (size_t)c->inputs);
    float *bias = place(BIAS, c->against, (size_t)blocks * (size_t)lanes);
    float *input = place(INPUT, c->against, (size_t)in_blocks * block);
    float *residual = place(RESIDUAL, c->against, out_count);
    float *output = place(OUTPUT, c->against, out_count);
    pack(weights, plain, c->inputs, c->channels, lanes, &layer.tiling);
    fill_bias(bias, c->channels, blocks * lanes, c->data);
    for (int b = 0; b < in_blocks; b++) {
        for (size_t i = 0; i < block; i++) {
            int channel = b * lanes + (int)i % lanes;
            input[(size_t)b * block + i] = channel < c->inputs ? random_float(c->data) : 0.0f;
        }
    }
    for (int b = 0; b < blocks; b++) {
        for (size_t i = 0; i < block; i++) {
            int channel = b * lanes + (int)i % lanes;
            residual[(size_t)b * block + i] = channel < c->channels ? random_float(c->data) : 0.0f;
        }
    }
    layer.weights = weights;
    layer.bias = bias;
    layer.input = input;
    layer.residual = c->residual ? residual : NULL;
    layer.output = output;

    int units = tiling_units(&layer.tiling);
    CHECK(kernels->pwconv(&layer, 0, units) == SPINDLE_OK, "status");
    char what[96];
    for (int channel = 0; channel < blocks * lanes; channel++) {
        for (int pixel = 0; pixel < c->pixels; pixel++) {
            size_t at = (size_t)(channel / lanes) * block + (size_t)(pixel * lanes + channel % lanes);
            struct sum sum = sum_start(bias[channel]);
            if (c->residual) {
                sum.fused += residual[at];
                sum.exact += residual[at];
                sum.magnitude += residual[at] < 0 ? -residual[at] : residual[at];
                sum.terms++;
            }
            for (int k = 0; k < c->inputs && channel < c->channels; k++) {
                float x = input[(size_t)(k / lanes) * block + (size_t)(pixel * lanes + k % lanes)];
                sum_add(&sum, plain[channel * c->inputs + k], x);
            }
            snprintf(what, sizeof what, "K %d, channel %d of %d, pixel %d of %d", c->inputs, channel, c->channels,
                    pixel, c->pixels);
            check_sum(output[at], &sum, c->activation, what);
        }
    }
    CHECK(untouched_around(OUTPUT), "K %d, %d channels, %d pixels: wrote elsewhere", c->inputs, c->channels, c->pixels);

    /* A range of units writes its tiles, with the same bits, and nothing else. */
    float *part = place(SECOND_OUTPUT, c->against, out_count);
    int from = random_int(0, units);
    int to = random_int(from, units);
    layer.output = part;
    CHECK(kernels->pwconv(&layer, from, to) == SPINDLE_OK, "status");
    for (int unit = from; unit < to; unit++) {
        struct tile_place at = tile_place(&layer.tiling, unit);
        for (int v = 0; v < at.vectors; v++) {
            size_t start = (size_t)(at.first_block + v) * block + (size_t)(at.first_pixel * lanes);
            size_t count = (size_t)(at.rows * lanes);
            CHECK(memcmp(part + start, output + start, count * sizeof(float)) == 0,
                    "units %d to %d of %d: other bits in unit %d", from, to, units, unit);
            fill_canaries(part + start, count);
        }
    }
    bool rest_untouched = untouched_around(SECOND_OUTPUT);
    for (size_t i = 0; i < out_count; i++) {
        rest_untouched &= is_canary(part[i]);
    }
    CHECK(rest_untouched, "units %d to %d of %d: wrote elsewhere", from, to, units);
    free(plain);
}

static void run_pwconv(const struct subject *subject, int inputs, int blocks, int pixels)
{
    static unsigned number;
    /* The last block is full in one case of two. */
    int missing = number % 2 == 0 ? 0 : random_int(1, subject->kernels->lanes - 1);
    struct pwconv_case c = {
        .inputs = inputs,
        .channels = blocks * subject->kernels->lanes - missing,
        .pixels = pixels,
        .activation = (enum activation)(number % ACTIVATIONS),
        .residual = number % 4 >= 2,
        .data = number % 5 == 0 ? SMALL_INTEGERS : SIGNED_FLOATS,
        .against = number % 7 == 0 ? BEFORE : BEHIND,
    };
    number++;
    run_pwconv_case(subject, &c);
}

void test_pwconv(const struct subject *subject)
{
    /* Every number of rows of every width. */
    static const int FEW_INPUTS[] = {1, 3, 17};
    for (int vectors = 1; vectors <= SPINDLE_MAX_VECTORS; vectors++) {
        for (int pixels = 1; pixels <= subject->kernels->rows[vectors - 1] + 1; pixels++) {
            for (size_t i = 0; i < sizeof FEW_INPUTS / sizeof FEW_INPUTS[0]; i++) {
                run_pwconv(subject, FEW_INPUTS[i], vectors, pixels);
            }
        }
    }
    static const int INPUTS[] = {8, 16, 27, 32, 96, 144};
    static const int BLOCKS[] = {1, 2, 3, 4, 5, 7, 9};
    for (size_t b = 0; b < sizeof BLOCKS / sizeof BLOCKS[0]; b++) {
        int rows = subject->kernels->rows[(BLOCKS[b] + 1) % 2 == 0 && BLOCKS[b] > 1 ? 2 : BLOCKS[b] == 1 ? 0 : 1];
        const int pixels[] = {1, rows - 1, rows, rows + 1, 2 * rows + 1};
        for (size_t p = 0; p < sizeof pixels / sizeof pixels[0]; p++) {
            run_pwconv(subject, INPUTS[(b + p) % 6], BLOCKS[b], pixels[p]);
        }
    }
    /* One channel in, one out; and a map that takes many tiles. */
    struct pwconv_case one = {.inputs = 1, .channels = 1, .pixels = 1, .activation = LINEAR};
    run_pwconv_case(subject, &one);
    struct pwconv_case large = {.inputs = 144, .channels = 24, .pixels = 196, .activation = RELU6};
    run_pwconv_case(subject, &large);
}

static void run_stem(
        const struct subject *subject, int channels, int height, int width, enum activation activation, enum data data)
{
    const struct spindle_kernels *kernels = subject->kernels;
    int lanes = kernels->lanes;
    int blocks = blocks_for(kernels, channels);
    int row = (2 * width + 1) * 3;
    size_t block = (size_t)(height * width * lanes);
    size_t out_count = (size_t)blocks * block;
    struct f32_stem layer = {
        .row_stride = row,
        .output_block_stride = (ptrdiff_t)block,
        .tiling = tiling_for(kernels->rows, blocks, width),
        .low = clamp_low(activation),
        .high = clamp_high(activation),
    };
    float *plain = random_plain((size_t)channels * STEM_K, data);
    float *weights = place(WEIGHTS, BEHIND, (size_t)(blocks * lanes * STEM_K));
    float *bias = place(BIAS, BEHIND, (size_t)(blocks * lanes));
    float *input = place(INPUT, BEHIND, (size_t)(2 * height + 1) * (size_t)row);
    float *output = place(OUTPUT, BEHIND, out_count);
    pack(weights, plain, STEM_K, channels, lanes, &layer.tiling);
    fill_bias(bias, channels, blocks * lanes, data);
    for (int i = 0; i < (2 * height + 1) * row; i++) {
        input[i] = random_float(data);
    }
    layer.weights = weights;
    layer.bias = bias;
    layer.input = input;
    layer.output = output;
    int split = random_int(0, height);
    CHECK(kernels->stem(&layer, split, height) == SPINDLE_OK, "status");
    for (int b = 0; b < blocks; b++) {
        for (int i = 0; i < split * width * lanes; i++) {
            CHECK(is_canary(output[(size_t)b * block + (size_t)i]), "rows %d to %d wrote elsewhere", split, height);
        }
    }
    CHECK(kernels->stem(&layer, 0, split) == SPINDLE_OK, "status");
    char what[96];
    for (int channel = 0; channel < blocks * lanes; channel++) {
        for (int pixel = 0; pixel < height * width; pixel++) {
            struct sum sum = sum_start(bias[channel]);
            for (int k = 0; k < STEM_K && channel < channels; k++) {
                int y = 2 * (pixel / width) + k / 9;
                int x = 2 * (pixel % width) + k % 9 / 3;
                sum_add(&sum, plain[channel * STEM_K + k], input[y * row + 3 * x + k % 3]);
            }
            snprintf(what, sizeof what, "channel %d of %d, pixel %d of %dx%d", channel, channels, pixel, height, width);
            size_t at = (size_t)(channel / lanes) * block + (size_t)(pixel * lanes + channel % lanes);
            check_sum(output[at], &sum, activation, what);
        }
    }
    CHECK(untouched_around(OUTPUT), "%d channels, %dx%d: wrote elsewhere", channels, height, width);
    free(plain);
}

void test_stem(const struct subject *subject)
{
    const int *rows = subject->kernels->rows;
    int lanes = subject->kernels->lanes;
    int number = 0;
    for (int vectors = 1; vectors <= SPINDLE_MAX_VECTORS; vectors++) {
        for (int width = 1; width <= rows[vectors - 1] + 1; width++, number++) {
            run_stem(subject, vectors * lanes - number % 2, 1 + number % 3, width,
                    (enum activation)(number % ACTIVATIONS), number % 5 == 0 ? SMALL_INTEGERS : SIGNED_FLOATS);
        }
        run_stem(subject, vectors * lanes, 2, 2 * rows[vectors - 1] + 1, RELU6, SIGNED_FLOATS);
    }
    run_stem(subject, 1, 1, 1, LINEAR, SIGNED_FLOATS);
    run_stem(subject, 32, 5, 7, RELU6, SIGNED_FLOATS);
    run_stem(subject, 4 * lanes + 1, 3, 5, RELU, SIGNED_FLOATS);
}

/* The blocks of a dense tile, by the contract's words. */
static int dense_unit(int blocks, int vectors, int unit, int *first_block)
{
    *first_block = 0;
    for (;;) {
        int left = blocks - *first_block;
        int width = vectors;
        while (width > left) {
            width /= 2;
        }
        if (unit-- == 0) {
            return width;
        }
        *first_block += width;
    }
}

static void run_dense(const struct subject *subject, int inputs, int channels, int vectors, enum data data)
{
    const struct spindle_kernels *kernels = subject->kernels;
    int lanes = kernels->lanes;
    int blocks = blocks_for(kernels, channels);
    int padded = blocks * lanes;
    int units = blocks / vectors + __builtin_popcount((unsigned)(blocks % vectors));
    float *plain = random_plain((size_t)channels * (size_t)inputs, data);
    float *weights = place(WEIGHTS, BEHIND, (size_t)padded * (size_t)inputs);
    float *bias = place(BIAS, BEHIND, (size_t)padded);
    float *input = place(INPUT, BEHIND, (size_t)inputs);
    float *output = place(OUTPUT, BEHIND, (size_t)padded);
    for (int unit = 0; unit < units; unit++) {
        int first = 0;
        int width = dense_unit(blocks, vectors, unit, &first);
        pack_tile(weights, plain, inputs, channels, lanes, first, width);
    }
    fill_bias(bias, channels, padded, data);
    for (int k = 0; k < inputs; k++) {
        input[k] = random_float(data);
    }
    struct f32_dense layer = {
        .weights = weights,
        .bias = bias,
        .input = input,
        .output = output,
        .inputs = inputs,
        .blocks = blocks,
        .vectors = vectors,
    };
    int split = random_int(0, units);
    int first = blocks;
    if (split < units) {
        dense_unit(blocks, vectors, split, &first);
    }
    CHECK(kernels->dense(&layer, split, units) == SPINDLE_OK, "status");
    for (int i = 0; i < first * lanes; i++) {
        CHECK(is_canary(output[i]), "units %d to %d wrote element %d", split, units, i);
    }
    CHECK(kernels->dense(&layer, 0, split) == SPINDLE_OK, "status");
    char what[96];
    for (int channel = 0; channel < padded; channel++) {
        struct sum sum = sum_start(bias[channel]);
        for (int k = 0; k < inputs && channel < channels; k++) {
            sum_add(&sum, plain[channel * inputs + k], input[k]);
        }
        snprintf(what, sizeof what, "K %d, channel %d of %d", inputs, channel, channels);
        check_sum(output[channel], &sum, LINEAR, what);
    }
    CHECK(untouched_around(OUTPUT), "K %d, %d channels: wrote elsewhere", inputs, channels);
    free(plain);
}

void test_dense(const struct subject *subject)
{
    static const int INPUTS[] = {1, 3, 8, 16, 17, 27, 32, 96, 144};
    int lanes = subject->kernels->lanes;
    int most = subject->kernels->dense_vectors;
    for (int blocks = 1; blocks <= 2 * most + 1; blocks++) {
        int inputs = INPUTS[blocks % 9];
        run_dense(subject, inputs, blocks * lanes - blocks % 2, most, blocks % 4 == 0 ? SMALL_INTEGERS : SIGNED_FLOATS);
    }
    for (int vectors = 1; vectors < most; vectors *= 2) {
        run_dense(subject, 35, 11 * lanes, vectors, SIGNED_FLOATS);
    }
    run_dense(subject, 128, 10, most, SIGNED_FLOATS);
    run_dense(subject, 1, 1, most, SIGNED_FLOATS);
}

/* One output whose sum is `value`: bias and weights are negative zeros. */
static float clamped(const struct subject *subject, float value, enum activation activation)
{
    const struct spindle_kernels *kernels = subject->kernels;
    int lanes = kernels->lanes;
    float *weights = place(WEIGHTS, BEHIND, (size_t)lanes);
    float *bias = place(BIAS, BEHIND, (size_t)lanes);
    float *input = place(INPUT, BEHIND, (size_t)lanes);
    float *output = place(OUTPUT, BEHIND, (size_t)lanes);
    for (int i = 0; i < lanes; i++) {
        weights[i] = -0.0f;
        bias[i] = value;
        input[i] = 0.0f;
    }
    struct f32_pwconv layer = {
        .weights = weights,
        .bias = bias,
        .input = input,
        .output = output,
        .input_block_stride = lanes,
        .output_block_stride = lanes,
        .inputs = 1,
        .tiling = tiling_for(kernels->rows, 1, 1),
        .low = clamp_low(activation),
        .high = clamp_high(activation),
    };
    CHECK(kernels->pwconv(&layer, 0, 1) == SPINDLE_OK, "status");
    for (int i = 1; i < lanes; i++) {
        CHECK(same_bits(output[i], output[0]), "lanes differ");
    }
    return output[0];
}

void test_clamp(const struct subject *subject)
{
    const float infinity = __builtin_inff();
    const float nan = __builtin_nanf("");
    const struct {
        float value;
        float results[ACTIVATIONS];
    } CASES[] = {
        {-0.0f, {-0.0f, 0.0f, 0.0f}},
        {0.0f, {0.0f, 0.0f, 0.0f}},
        {-1.5f, {-1.5f, 0.0f, 0.0f}},
        {5.9999995f, {5.9999995f, 5.9999995f, 5.9999995f}},
        {6.0f, {6.0f, 6.0f, 6.0f}},
        {6.0000005f, {6.0000005f, 6.0000005f, 6.0f}},
        {infinity, {infinity, infinity, 6.0f}},
        {-infinity, {-infinity, 0.0f, 0.0f}},
        {nan, {nan, nan, 6.0f}},
        {-nan, {-nan, 0.0f, 0.0f}},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        for (int activation = LINEAR; activation < ACTIVATIONS; activation++) {
            float got = clamped(subject, CASES[i].value, (enum activation)activation);
            CHECK(same_bits(got, CASES[i].results[activation]), "activation %d of %g: %g, expected %g", activation,
                    (double)CASES[i].value, (double)got, (double)CASES[i].results[activation]);
        }
    }
}

/* Plans of other layouts are refused before anything is read or written. */
void test_refusal(const struct subject *subject)
{
    const struct spindle_kernels *kernels = subject->kernels;
    for (int i = 0; i < SPINDLE_MAX_VECTORS; i++) {
        struct f32_pwconv pwconv = {.inputs = 1, .tiling = tiling_for(kernels->rows, 3, 1)};
        struct f32_stem stem = {.tiling = tiling_for(kernels->rows, 3, 1)};
        pwconv.tiling.rows[i]++;
        stem.tiling.rows[i]++;
        CHECK(kernels->pwconv(&pwconv, 0, 1) == SPINDLE_NO_TILE, "1x1 tile of %d rows", pwconv.tiling.rows[i]);
        CHECK(kernels->stem(&stem, 0, 1) == SPINDLE_NO_TILE, "stem tile of %d rows", stem.tiling.rows[i]);
        struct tiling fits = tiling_for(kernels->rows, 3, 1);
        struct f32_fused_block hidden = {.hidden = pwconv.tiling, .project.tiling = fits, .group_tiles = 1, .step_rows = 1};
        struct f32_fused_block project = {.hidden = fits, .project.tiling = pwconv.tiling, .group_tiles = 1, .step_rows = 1};
        CHECK(kernels->fused_block(&hidden, 0, 1) == SPINDLE_NO_TILE, "hidden tile of %d rows", pwconv.tiling.rows[i]);
        CHECK(kernels->fused_block(&project, 0, 1) == SPINDLE_NO_TILE, "projecting %d rows", pwconv.tiling.rows[i]);
    }
    struct f32_dense wide = {.inputs = 1, .blocks = 16, .vectors = 16};
    struct f32_dense odd = {.inputs = 1, .blocks = 3, .vectors = 3};
    CHECK(kernels->dense(&wide, 0, 1) == SPINDLE_NO_TILE, "dense tile of 16 vectors");
    CHECK(kernels->dense(&odd, 0, 1) == SPINDLE_NO_TILE, "dense tile of 3 vectors");
}
