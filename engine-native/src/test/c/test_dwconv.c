#include <stdio.h>
#include <string.h>

#include "test.h"

enum { TAPS = 9 };

struct dwconv_case {
    int blocks;
    int height;
    int width;
    int stride;
    int dilation;
    enum padding padding;
    enum activation activation;
    enum data data;
    enum against against;
};

static void check_output(const struct dwconv_case *c, const struct f32_dwconv *layer, int lanes, const char *what)
{
    for (int b = 0; b < c->blocks; b++) {
        for (int i = 0; i < layer->output_height * layer->output_width * lanes; i++) {
            int lane = i % lanes;
            int y = i / lanes / layer->output_width;
            int x = i / lanes % layer->output_width;
            struct sum sum = sum_start(layer->bias[b * lanes + lane]);
            for (int tap = 0; tap < TAPS; tap++) {
                int row = y * c->stride - layer->pad_top + tap / 3 * c->dilation;
                int column = x * c->stride - layer->pad_left + tap % 3 * c->dilation;
                bool inside = row >= 0 && row < c->height && column >= 0 && column < c->width;
                const float *map = layer->input + b * layer->input_block_stride;
                float value = inside ? map[(row * c->width + column) * lanes + lane] : 0.0f;
                sum_add(&sum, layer->weights[(b * TAPS + tap) * lanes + lane], value);
            }
            check_sum(layer->output[b * layer->output_block_stride + i], &sum, c->activation, what);
        }
    }
}

static void run_dwconv(const struct subject *subject, const struct dwconv_case *c)
{
    const struct spindle_kernels *kernels = subject->kernels;
    int lanes = kernels->lanes;
    struct f32_dwconv layer =
            dwconv_geometry(kernels->lanes, c->height, c->width, c->stride, c->dilation, c->padding);
    layer.low = clamp_low(c->activation);
    layer.high = clamp_high(c->activation);
    size_t in_count = (size_t)(c->blocks * layer.input_block_stride);
    size_t out_count = (size_t)(c->blocks * layer.output_block_stride);
    float *weights = place(WEIGHTS, c->against, (size_t)(c->blocks * TAPS * lanes));
    float *bias = place(BIAS, c->against, (size_t)(c->blocks * lanes));
    float *input = place(INPUT, c->against, in_count);
    float *zeros = place(ZEROS, c->against, (size_t)(c->width * lanes));
    float *output = place(OUTPUT, c->against, out_count);
    for (int i = 0; i < c->blocks * TAPS * lanes; i++) {
        weights[i] = random_float(c->data);
    }
    for (int i = 0; i < c->blocks * lanes; i++) {
        bias[i] = random_float(c->data);
    }
    for (size_t i = 0; i < in_count; i++) {
        input[i] = random_float(c->data);
    }
    memset(zeros, 0, (size_t)(c->width * lanes) * sizeof(float));
    layer.weights = weights;
    layer.bias = bias;
    layer.input = input;
    layer.zeros = zeros;
    layer.output = output;

    char what[96];
    snprintf(what, sizeof what, "%dx%d, stride %d, dilation %d, %s padding", c->height, c->width, c->stride, c->dilation,
            c->padding == SAME ? "SAME" : "symmetric");
    int units = c->blocks * layer.output_height;
    CHECK(kernels->dwconv(&layer, 0, units) == SPINDLE_OK, "status");
    check_output(c, &layer, lanes, what);
    CHECK(untouched_around(OUTPUT), "%s: wrote elsewhere", what);

    /* A range of rows, which may begin and end within a block. */
    float *part = place(SECOND_OUTPUT, c->against, out_count);
    int from = random_int(0, units);
    int to = random_int(from, units);
    size_t row = (size_t)(layer.output_width * lanes);
    layer.output = part;
    CHECK(kernels->dwconv(&layer, from, to) == SPINDLE_OK, "status");
    bool right = true;
    for (size_t i = 0; i < out_count; i++) {
        int unit = (int)(i / row);
        right &= unit >= from && unit < to ? same_bits(part[i], output[i]) : is_canary(part[i]);
    }
    CHECK(right && untouched_around(SECOND_OUTPUT), "%s: rows %d to %d of %d differ", what, from, to, units);
}

void test_dwconv(const struct subject *subject)
{
    static const int SIZES[][2] = {
        {1, 1}, {1, 5}, {5, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 7}, {7, 6}, {7, 7}, {8, 9}, {9, 8}, {12, 12}, {11, 19}, {6, 43},
    };
    static const int DILATIONS[] = {1, 2, 4};
    int number = 0;
    for (size_t s = 0; s < sizeof SIZES / sizeof SIZES[0]; s++) {
        for (int stride = 1; stride <= 2; stride++) {
            for (size_t d = 0; d < sizeof DILATIONS / sizeof DILATIONS[0]; d++) {
                for (int padding = SYMMETRIC; padding <= SAME; padding++, number++) {
                    struct dwconv_case c = {
                        .blocks = 1 + number % 3,
                        .height = SIZES[s][0],
                        .width = SIZES[s][1],
                        .stride = stride,
                        .dilation = DILATIONS[d],
                        .padding = (enum padding)padding,
                        .activation = (enum activation)(number / 2 % ACTIVATIONS),
                        .data = number % 5 == 0 ? SMALL_INTEGERS : SIGNED_FLOATS,
                        .against = number % 7 == 0 ? BEFORE : BEHIND,
                    };
                    run_dwconv(subject, &c);
                }
            }
        }
    }
}
