/* The int8 depthwise convolution and mean, and every step of the quick form. */
#include <stdio.h>
#include <string.h>

#include "q8_test.h"

enum { TAPS = 9, ENTRY = 3 * Q8_BLOCK * Q8_GROUP };

/* Packs one part of the weights of a block, taking it off those that are left; whether any of it is not 0. */
static bool pack_block(int8_t *target, int16_t *left, int channels, int block)
{
    bool any = false;
    memset(target, 0, ENTRY);
    for (int c = 0; c < Q8_BLOCK; c++) {
        const int channel = block * Q8_BLOCK + c;
        for (int tap = 0; tap < TAPS && channel < channels; tap++) {
            int16_t *w = &left[channel * TAPS + tap];
            const int byte = *w < INT8_MIN ? INT8_MIN : *w > INT8_MAX ? INT8_MAX : *w;
            target[(tap / 3 * Q8_BLOCK + c) * Q8_GROUP + tap % 3] = (int8_t)byte;
            *w = (int16_t)(*w - byte);
            any |= byte != 0;
        }
    }
    return any;
}

static void place_dwconv(const struct q8_numbers *numbers, int blocks, enum against against, struct q8_dwconv *layer)
{
    enum { MAX_BLOCKS = 8 };
    static int8_t entries[3 * MAX_BLOCKS][ENTRY];
    static int16_t left[MAX_BLOCKS * Q8_BLOCK * TAPS];
    memcpy(left, numbers->weights, sizeof left);
    int8_t *weights = place_bytes(WEIGHTS, against, (size_t)blocks * ENTRY);
    int32_t *starts = place_bytes(EXTRA_STARTS, against, (size_t)(blocks + 1) * sizeof starts[0]);
    int count = 0;
    for (int block = 0; block < blocks; block++) {
        pack_block(weights + block * ENTRY, left, numbers->channels, block);
        starts[block] = count;
        while (pack_block(entries[count], left, numbers->channels, block)) {
            count++;
        }
    }
    starts[blocks] = count;
    layer->weights = weights;
    layer->extra = (struct q8_extra){0};
    if (count > 0) {
        int8_t *placed = place_bytes(EXTRA_WEIGHTS, against, (size_t)count * ENTRY);
        memcpy(placed, entries, (size_t)count * ENTRY);
        layer->extra = (struct q8_extra){.starts = starts, .weights = placed};
    }
}

static void run_dwconv(
        const struct q8_subject *subject, int channels, int height, int width, int stride, int dilation, int number)
{
    static struct q8_numbers numbers;
    const struct q8_kernels *kernels = subject->kernels;
    const struct q8_style style = q8_style(number);
    q8_random_numbers(&numbers, channels, TAPS, &style);
    const int blocks = (channels + Q8_BLOCK - 1) / Q8_BLOCK;
    const struct f32_dwconv shape =
            dwconv_geometry(Q8_BLOCK, height, width, stride, dilation, number % 2 == 0 ? SYMMETRIC : SAME);
    const size_t map = (size_t)shape.output_block_stride;
    uint8_t *input = q8_place_random(INPUT, style.against, (size_t)(blocks * shape.input_block_stride));
    uint8_t *zeros = place_bytes(ZEROS, style.against, (size_t)width * Q8_BLOCK);
    memset(zeros, numbers.zero_in, (size_t)width * Q8_BLOCK);
    uint8_t *output = place_bytes(OUTPUT, style.against, (size_t)blocks * map);
    struct q8_dwconv layer = {
        .rescale = q8_place_rescale(&numbers, style.against),
        .input = input,
        .zeros = zeros,
        .output = output,
        .input_block_stride = shape.input_block_stride,
        .output_block_stride = shape.output_block_stride,
        .height = height,
        .width = width,
        .output_height = shape.output_height,
        .output_width = shape.output_width,
        .stride = stride,
        .dilation = dilation,
        .pad_top = shape.pad_top,
        .pad_left = shape.pad_left,
    };
    place_dwconv(&numbers, blocks, style.against, &layer);
    char what[96];
    snprintf(what, sizeof what, "%d channels, %dx%d, stride %d, dilation %d, rounding %d", channels, height, width, stride,
            dilation, layer.rescale.rounding);
    const int units = blocks * layer.output_height;
    CHECK(kernels->dwconv(&layer, 0, units) == SPINDLE_OK, "status");
    for (int channel = 0; channel < channels; channel++) {
        for (int pixel = 0; pixel < layer.output_height * layer.output_width; pixel++) {
            int64_t sum = numbers.bias[channel];
            for (int tap = 0; tap < TAPS; tap++) {
                const int row = pixel / layer.output_width * stride - layer.pad_top + tap / 3 * dilation;
                const int column = pixel % layer.output_width * stride - layer.pad_left + tap % 3 * dilation;
                if (row >= 0 && row < height && column >= 0 && column < width) {
                    const uint8_t *block = input + channel / Q8_BLOCK * layer.input_block_stride;
                    const int u = block[(row * width + column) * Q8_BLOCK + channel % Q8_BLOCK];
                    sum += (u - numbers.zero_in) * numbers.weights[channel * TAPS + tap];
                }
            }
            const int got = output[(size_t)(channel / Q8_BLOCK) * map + (size_t)(pixel * Q8_BLOCK + channel % Q8_BLOCK)];
            const int expected = q8_expected(&numbers, channel, sum);
            CHECK(got == expected, "%s: channel %d, pixel %d: %d, expected %d", what, channel, pixel, got, expected);
        }
    }
    CHECK(untouched_around(OUTPUT), "%s: wrote elsewhere", what);

    /* A range of rows, which may begin and end within a block. */
    const int from = random_int(0, units);
    const int to = random_int(from, units);
    layer.output = place_bytes(SECOND_OUTPUT, style.against, (size_t)blocks * map);
    CHECK(kernels->dwconv(&layer, from, to) == SPINDLE_OK, "status");
    const size_t row = (size_t)layer.output_width * Q8_BLOCK;
    const size_t first = (size_t)from * row;
    const size_t end = (size_t)to * row;
    CHECK(memcmp(layer.output + first, output + first, end - first) == 0 && untouched_bytes(SECOND_OUTPUT, 0, first)
                    && untouched_bytes(SECOND_OUTPUT, end, (size_t)blocks * map) && untouched_around(SECOND_OUTPUT),
            "%s: rows %d to %d of %d differ", what, from, to, units);
}

void q8_test_dwconv(const struct q8_subject *subject)
{
    static const int SIZES[][2] = {
        {1, 1}, {1, 5}, {5, 1}, {2, 2}, {3, 3},   {4, 4},   {5, 7},   {7, 6},
        {7, 7}, {8, 9}, {9, 8}, {7, 4}, {12, 12}, {11, 19}, {40, 13}, {3, 150},
    };
    static const int CHANNELS[] = {1, 16, 17, 40, 64};
    static const int DILATIONS[] = {1, 2, 4};
    int number = 0;
    for (size_t s = 0; s < sizeof SIZES / sizeof SIZES[0]; s++) {
        for (int stride = 1; stride <= 2; stride++) {
            for (int repeat = 0; repeat < 6; repeat++) {
                for (size_t d = 0; d < sizeof DILATIONS / sizeof DILATIONS[0]; d++, number++) {
                    if (d == 0 || repeat % 3 == 0) {
                        run_dwconv(subject, CHANNELS[number % 5], SIZES[s][0], SIZES[s][1], stride, DILATIONS[d], number);
                    }
                }
            }
        }
    }
}

void q8_test_gavgpool(const struct q8_subject *subject)
{
    static const int PIXELS[] = {1, 2, 3, 9, 49, 225};
    for (int blocks = 1; blocks <= 9; blocks++) {
        for (size_t p = 0; p < sizeof PIXELS / sizeof PIXELS[0]; p++) {
            const int pixels = PIXELS[p];
            const enum against against = (blocks + (int)p) % 2 == 0 ? BEFORE : BEHIND;
            uint8_t *input = q8_place_random(INPUT, against, (size_t)(blocks * pixels) * Q8_BLOCK);
            uint8_t *output = place_bytes(OUTPUT, against, (size_t)blocks * Q8_BLOCK);
            const struct q8_gavgpool layer = {
                .input = input,
                .output = output,
                .pixels = pixels,
                .scales = random_int(0, 1),
                .multiplier = random_int(1 << 30, INT32_MAX) / pixels,
                .shift = random_int(-1, 1),
                .zero_in = random_int(0, 255),
                .zero_out = random_int(0, 255),
                .pivot = 128 * random_int(0, 1),
            };
            const int split = random_int(0, blocks);
            CHECK(subject->kernels->gavgpool(&layer, split, blocks) == SPINDLE_OK, "status");
            CHECK(untouched_bytes(OUTPUT, 0, (size_t)split * Q8_BLOCK), "wrote blocks before %d", split);
            CHECK(subject->kernels->gavgpool(&layer, 0, split) == SPINDLE_OK, "status");
            for (int channel = 0; channel < blocks * Q8_BLOCK; channel++) {
                int sum = 0;
                for (int pixel = 0; pixel < pixels; pixel++) {
                    sum += input[(channel / Q8_BLOCK * pixels + pixel) * Q8_BLOCK + channel % Q8_BLOCK];
                }
                const int64_t mean = layer.scales
                        ? layer.zero_out + q8_multiply(sum - pixels * layer.zero_in, layer.multiplier, layer.shift)
                        : layer.pivot + q8_divide(sum - pixels * layer.pivot, pixels);
                const int expected = (int)(mean < 0 ? 0 : mean > 255 ? 255 : mean);
                CHECK(output[channel] == expected, "%d pixels, channel %d: %d, expected %d", pixels, channel,
                        output[channel], expected);
            }
            CHECK(untouched_around(OUTPUT), "%d blocks of %d pixels: wrote elsewhere", blocks, pixels);
        }
    }
}

/* Sums at each of the steps from one byte to the next, and one below: channels without inputs, whose biases are the sums. */
static void run_steps(const struct q8_subject *subject, int32_t multiplier, int shift, int zero_point, bool rectified)
{
    static struct q8_numbers numbers;
    const struct q8_kernels *kernels = subject->kernels;
    struct q8_quick quick;
    const int low = rectified ? zero_point : 0;
    CHECK(q8_find_quick(multiplier, shift, zero_point, low, 255, INT32_MAX / 2, &quick),
            "multiplier %d, shift %d: no quick form", multiplier, shift);
    numbers = (struct q8_numbers){.channels = 512, .each = 4, .zero_out = zero_point, .low = low, .high = 255};
    const int blocks = numbers.channels / Q8_BLOCK;
    for (int channel = 0; channel < numbers.channels; channel++) {
        numbers.multipliers[channel] = multiplier;
        numbers.shifts[channel] = shift;
        numbers.bias[channel] = (int32_t)(q8_threshold(multiplier, shift, zero_point, channel / 2) - channel % 2);
    }
    const int order[] = {0, 1, 2, 3};
    uint8_t *output = place_bytes(OUTPUT, BEHIND, (size_t)numbers.channels);
    struct q8_pwconv layer = {
        .rescale = q8_place_rescale(&numbers, BEHIND),
        .input = q8_place_random(INPUT, BEHIND, Q8_BLOCK),
        .output = output,
        .input_block_stride = Q8_BLOCK,
        .output_block_stride = Q8_BLOCK,
        .groups = 1,
        .tiling = tiling_for(kernels->rows, blocks, 1),
    };
    layer.weights = q8_place_matrix(&numbers, &layer.tiling, 1, order, BEHIND, &layer.extra);
    CHECK(layer.rescale.rounding != Q8_INTEGERS, "not the quick form");
    CHECK(kernels->pwconv(&layer, 0, tiling_units(&layer.tiling)) == SPINDLE_OK, "status");
    for (int channel = 0; channel < numbers.channels; channel++) {
        const int expected = q8_expected(&numbers, channel, numbers.bias[channel]);
        CHECK(output[channel] == expected, "multiplier %d, shift %d, sum %d: %d, expected %d", multiplier, shift,
                numbers.bias[channel], output[channel], expected);
    }
}

void q8_test_rescale(const struct q8_subject *subject)
{
    for (int number = 0; number < 120; number++) {
        static const int32_t ENDS[] = {1 << 30, INT32_MAX, (1 << 30) + 1, 3 << 29};
        const int32_t multiplier = number % 10 == 0 ? ENDS[number / 10 % 4] : random_int(1 << 30, INT32_MAX);
        const int zero_point = number % 3 == 0 ? 0 : random_int(0, 255);
        run_steps(subject, multiplier, random_int(-15, 0), zero_point, number % 2 == 0);
    }
}
