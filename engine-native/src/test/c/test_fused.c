/* Fused blocks against their layers run one by one by the same kernels: the same bits, however rows are cut. */
#include <stdio.h>
#include <string.h>

#include "test.h"

enum { TAPS = 9, STEM_K = 27, CUTS = 3 };

enum first { NO_FIRST, STEM, EXPAND, FIRSTS };

struct fused_case {
    enum first first;
    /* Of the map that the depthwise convolution reads. */
    int height;
    int width;
    int inputs;
    int hidden;
    int output_blocks;
    int stride;
    int dilation;
    enum padding padding;
    enum activation activation;
    bool residual;
    /* The projection's bias and weights are negative zeros, and so are its sums. */
    bool negative_zeros;
    int group_tiles;
    int step_rows;
    enum against against;
};

static float *random_floats(enum region region, enum against against, size_t count)
{
    float *p = place(region, against, count);
    for (size_t i = 0; i < count; i++) {
        p[i] = random_float(SIGNED_FLOATS);
    }
    return p;
}

/* Hidden channel blocks of the widest group. */
static int widest_group(const struct tiling *hidden, int group_tiles)
{
    int widest = 0;
    int blocks = 0;
    int tiles = 0;
    for (int unit = 0; unit < tiling_units(hidden); unit++) {
        struct tile_place at = tile_place(hidden, unit);
        if (at.first_pixel == 0) {
            blocks = tiles++ % group_tiles == 0 ? at.vectors : blocks + at.vectors;
            widest = blocks > widest ? blocks : widest;
        }
    }
    return widest;
}

static void run_fused(const struct subject *subject, const struct fused_case *c)
{
    const struct spindle_kernels *kernels = subject->kernels;
    const int lanes = kernels->lanes;
    const int blocks = blocks_for(kernels, c->hidden);
    const int input_blocks = blocks_for(kernels, c->inputs);
    const int pixels = c->height * c->width;
    const int k = c->first == STEM ? STEM_K : c->inputs;
    struct f32_dwconv dwconv = dwconv_geometry(kernels->lanes, c->height, c->width, c->stride, c->dilation, c->padding);
    dwconv.low = clamp_low(c->activation);
    dwconv.high = clamp_high(c->activation);
    const int rows = dwconv.output_height;
    const int output_pixels = rows * dwconv.output_width;
    const size_t output_count = (size_t)(c->output_blocks * output_pixels * lanes);

    /* Weights and biases of the three layers one behind the other. */
    const size_t first_weights = c->first == NO_FIRST ? 0 : (size_t)(blocks * lanes * k);
    const size_t dwconv_weights = (size_t)(blocks * TAPS * lanes);
    const size_t project_weights = (size_t)(c->output_blocks * lanes * c->hidden);
    float *weights = random_floats(WEIGHTS, c->against, first_weights + dwconv_weights + project_weights);
    float *biases = random_floats(BIAS, c->against, (size_t)((2 * blocks + c->output_blocks) * lanes));
    float *zeros = place(ZEROS, c->against, (size_t)(c->width * lanes));
    memset(zeros, 0, (size_t)(c->width * lanes) * sizeof(float));
    if (c->negative_zeros) {
        for (size_t i = 0; i < project_weights; i++) {
            weights[first_weights + dwconv_weights + i] = -0.0f;
        }
        for (int i = 0; i < c->output_blocks * lanes; i++) {
            biases[2 * blocks * lanes + i] = -0.0f;
        }
    }
    const int input_row = (2 * c->width + 1) * 3;
    const size_t input_count = c->first == STEM ? (size_t)((2 * c->height + 1) * input_row)
            : c->first == EXPAND                ? (size_t)(input_blocks * pixels * lanes)
                                                : (size_t)(blocks * pixels * lanes);
    const float *input = random_floats(INPUT, c->against, input_count);
    const float *residual = random_floats(RESIDUAL, c->against, output_count);

    struct f32_stem stem = {
        .weights = weights,
        .bias = biases,
        .input = input,
        .row_stride = input_row,
        .output_block_stride = dwconv.input_block_stride,
        .tiling = tiling_for(kernels->rows, blocks, c->width),
        .low = dwconv.low,
        .high = dwconv.high,
    };
    struct f32_pwconv expand = {
        .weights = weights,
        .bias = biases,
        .input = input,
        .input_block_stride = (ptrdiff_t)pixels * lanes,
        .output_block_stride = dwconv.input_block_stride,
        .inputs = c->inputs,
        .tiling = tiling_for(kernels->rows, blocks, pixels),
        .low = dwconv.low,
        .high = dwconv.high,
    };
    dwconv.weights = weights + first_weights;
    dwconv.bias = biases + blocks * lanes;
    dwconv.zeros = zeros;
    struct f32_pwconv project = {
        .weights = weights + first_weights + dwconv_weights,
        .bias = biases + 2 * blocks * lanes,
        .residual = c->residual ? residual : NULL,
        .input_block_stride = dwconv.output_block_stride,
        .output_block_stride = (ptrdiff_t)output_pixels * lanes,
        .inputs = c->hidden,
        .tiling = tiling_for(kernels->rows, c->output_blocks, output_pixels),
        .low = clamp_low(c->negative_zeros ? LINEAR : c->activation),
        .high = clamp_high(c->negative_zeros ? LINEAR : c->activation),
    };

    /* Layer by layer. */
    dwconv.input = input;
    if (c->first != NO_FIRST) {
        float *hidden = place(HIDDEN, c->against, (size_t)(blocks * dwconv.input_block_stride));
        stem.output = hidden;
        expand.output = hidden;
        dwconv.input = hidden;
        int status = c->first == STEM ? kernels->stem(&stem, 0, c->height)
                                      : kernels->pwconv(&expand, 0, tiling_units(&expand.tiling));
        CHECK(status == SPINDLE_OK, "status");
    }
    dwconv.output = place(FILTERED, c->against, (size_t)(blocks * dwconv.output_block_stride));
    CHECK(kernels->dwconv(&dwconv, 0, blocks * rows) == SPINDLE_OK, "status");
    const float *expected = place(OUTPUT, c->against, output_count);
    project.input = dwconv.output;
    project.output = (float *)expected;
    CHECK(kernels->pwconv(&project, 0, tiling_units(&project.tiling)) == SPINDLE_OK, "status");

    /* Fused, a range of rows after the other from below; scratch holds what no computation may read. */
    struct f32_fused_block block = {
        .stem = c->first == STEM ? &stem : NULL,
        .expand = c->first == EXPAND ? &expand : NULL,
        .dwconv = dwconv,
        .project = project,
        .hidden = c->first == STEM ? stem.tiling : expand.tiling,
        .group_tiles = c->group_tiles,
        .step_rows = c->step_rows,
    };
    const int widest = widest_group(&block.hidden, c->group_tiles);
    const int buffer_rows = (c->step_rows - 1) * c->stride + 2 * c->dilation + 1;
    const ptrdiff_t buffer_block = c->first == NO_FIRST ? 0 : (ptrdiff_t)buffer_rows * c->width * lanes;
    const ptrdiff_t filtered_block = (ptrdiff_t)c->step_rows * dwconv.output_width * lanes;
    char what[160];
    snprintf(what, sizeof what,
            "first %d, %dx%d, %d to %d to %d blocks, stride %d, dilation %d, padding %d, groups of %d, steps of %d",
            c->first, c->height, c->width, c->inputs, c->hidden, c->output_blocks, c->stride, c->dilation, c->padding,
            c->group_tiles, c->step_rows);
    float *output = place(SECOND_OUTPUT, c->against, output_count);
    block.project.output = output;
    int to = rows;
    for (int cut = 0; to > 0; cut++) {
        const int from = cut == CUTS - 1 ? 0 : random_int(0, to - 1);
        float *scratch = place(SCRATCH, c->against, (size_t)(widest * (buffer_block + filtered_block)));
        if (c->first != NO_FIRST) {
            stem.output = scratch;
            expand.output = scratch;
            stem.output_block_stride = buffer_block;
            expand.output_block_stride = buffer_block;
            block.dwconv.input = scratch;
            block.dwconv.input_block_stride = buffer_block;
        }
        block.dwconv.output = scratch + widest * buffer_block;
        block.dwconv.output_block_stride = filtered_block;
        block.project.input = block.dwconv.output;
        block.project.input_block_stride = filtered_block;
        CHECK(kernels->fused_block(&block, from, to) == SPINDLE_OK, "status");
        bool right = true;
        for (size_t i = 0; i < output_count; i++) {
            int row = (int)(i / (size_t)(dwconv.output_width * lanes)) % rows;
            right &= row >= from ? same_bits(output[i], expected[i]) : is_canary(output[i]);
        }
        CHECK(right, "%s: rows %d to %d of %d differ", what, from, to, rows);
        CHECK(untouched_around(SCRATCH), "%s: wrote outside its scratch", what);
        to = from;
    }
    CHECK(untouched_around(SECOND_OUTPUT), "%s: wrote elsewhere", what);
}

void test_fused(const struct subject *subject)
{
    static const int SIZES[][2] = {{1, 1}, {2, 3}, {5, 7}, {8, 8}, {13, 9}, {7, 18}};
    static const int HIDDEN_BLOCKS[] = {1, 2, 3, 5, 6, 9};
    const int lanes = subject->kernels->lanes;
    int number = 0;
    for (size_t s = 0; s < sizeof SIZES / sizeof SIZES[0]; s++) {
        for (int first = NO_FIRST; first < FIRSTS; first++) {
            for (int stride = 1; stride <= 2; stride++) {
                for (int dilation = 1; dilation <= 2; dilation++) {
                    for (int padding = SYMMETRIC; padding <= SAME; padding++, number++) {
                        struct fused_case c = {
                            .first = (enum first)first,
                            .height = SIZES[s][0],
                            .width = SIZES[s][1],
                            .inputs = random_int(1, 2 * lanes + 1),
                            .hidden = HIDDEN_BLOCKS[number % 6] * lanes - (number % 3 == 0 ? random_int(0, lanes - 1) : 0),
                            .output_blocks = 1 + number % 3,
                            .stride = stride,
                            .dilation = dilation,
                            .padding = (enum padding)padding,
                            .activation = (enum activation)(number % ACTIVATIONS),
                            .residual = random_int(0, 1) == 1,
                            .group_tiles = random_int(1, 3),
                            .step_rows = random_int(1, 5),
                            .against = number % 7 == 0 ? BEFORE : BEHIND,
                        };
                        run_fused(subject, &c);
                    }
                }
            }
        }
    }
    struct fused_case whole_map_a_step = {
        .first = EXPAND, .height = 9, .width = 6, .inputs = 5, .hidden = 7 * lanes, .output_blocks = 2, .stride = 1,
        .dilation = 1, .residual = true, .group_tiles = 2, .step_rows = 9,
    };
    run_fused(subject, &whole_map_a_step);
    struct fused_case signs_of_zeros = {
        .first = EXPAND, .height = 4, .width = 5, .inputs = 3, .hidden = 5 * lanes, .output_blocks = 1, .stride = 1,
        .dilation = 1, .activation = RELU6, .negative_zeros = true, .group_tiles = 1, .step_rows = 2,
    };
    run_fused(subject, &signs_of_zeros);
}
