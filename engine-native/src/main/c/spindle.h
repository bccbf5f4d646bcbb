/*
 * The C side of the kernel contract: one struct of geometry and addresses a layer, one table of functions an instruction
 * set. What the fields mean, how data lies in memory, and the order of every sum are stated by the Java types of the same
 * name in the package dev.spindle.kernel; strides here count floats.
 *
 * Kernels hold no state, allocate nothing, read no float that the layouts do not name and write nothing but the outputs
 * of the units asked for. Every multiply-add is fused, and every sum runs in the stated order, so that all instruction
 * sets give the same bits.
 */
#ifndef SPINDLE_H
#define SPINDLE_H

#include <stddef.h>
#include <stdint.h>

/* What a call returns; Java makes an exception of a negative one. */
enum spindle_status {
    SPINDLE_OK = 0,
    /* This library holds no kernels for the instruction set. */
    SPINDLE_NO_KERNELS = -1,
    /* The plan's tiles are wider or taller than any of this instruction set. */
    SPINDLE_NO_TILE = -2,
};

/* The instruction sets, numbered as NativeBackend is in Java. */
enum spindle_isa {
    SPINDLE_AVX2,
    SPINDLE_AVX512,
    SPINDLE_NEON,
};

/* Tiles are one to three vectors wide. */
enum { SPINDLE_MAX_VECTORS = 3 };

/* The cut of a matrix product into register tiles. */
struct tiling {
    int blocks;
    int triples;
    int pixels;
    /* Most pixels of a tile that is 1, 2 and 3 vectors wide. */
    int rows[SPINDLE_MAX_VECTORS];
};

/* The 3x3 convolution on RGB at stride 2; a unit is one output row. */
struct f32_stem {
    const float *weights;
    const float *bias;
    const float *input;
    float *output;
    ptrdiff_t row_stride;
    ptrdiff_t output_block_stride;
    struct tiling tiling;
    int low;
    int high;
};

/* A 1x1 convolution; a unit is one register tile. */
struct f32_pwconv {
    const float *weights;
    const float *bias;
    const float *input;
    /* NULL where nothing is added. */
    const float *residual;
    float *output;
    ptrdiff_t input_block_stride;
    ptrdiff_t output_block_stride;
    int inputs;
    struct tiling tiling;
    int low;
    int high;
};

/* A 3x3 depthwise convolution; a unit is one output row of one channel block. */
struct f32_dwconv {
    const float *weights;
    const float *bias;
    const float *input;
    const float *zeros;
    float *output;
    ptrdiff_t input_block_stride;
    ptrdiff_t output_block_stride;
    int height;
    int width;
    int output_height;
    int output_width;
    int stride;
    int dilation;
    int pad_top;
    int pad_left;
    /* The output columns whose taps all lie in the map. */
    int interior_from;
    int interior_to;
    int low;
    int high;
};

/*
 * A block whose hidden maps stand in the calling thread's scratch, a few rows of a group of channels at a time; a unit is
 * one output row. The three layers are described as if they ran alone, except for what lies in the scratch:
 *
 *   - the first convolution writes [blocks of a group][buffered rows][width][lanes], which the depthwise one reads;
 *     buffered are the rows that one step can need;
 *   - the depthwise one writes [blocks of a group][step_rows][output_width][lanes], which the projection reads.
 */
struct f32_fused_block {
    /* The first convolution: one of them, or neither; NULL where it is not. */
    const struct f32_stem *stem;
    const struct f32_pwconv *expand;
    struct f32_dwconv dwconv;
    struct f32_pwconv project;
    /*
     * How hidden channels are cut into channel tiles, by the first convolution if there is one: its own tiling is not
     * read. Nor are the pixels of any tiling: they depend on the step.
     */
    struct tiling hidden;
    int group_tiles;
    int step_rows;
};

/* The mean over all pixels; a unit is one channel block. */
struct f32_gavgpool {
    const float *input;
    float *output;
    int pixels;
};

/* A fully connected layer; a unit is one tile. */
struct f32_dense {
    const float *weights;
    const float *bias;
    const float *input;
    float *output;
    int inputs;
    int blocks;
    int vectors;
};

/* Everything that one instruction set offers. Calls compute the units from (inclusive) to (exclusive). */
struct spindle_kernels {
    const char *name;
    /* Floats a vector, which is the channel block. */
    int lanes;
    /* Most rows of a tile that is 1, 2 and 3 vectors wide. */
    int rows[SPINDLE_MAX_VECTORS];
    /* Most vectors of a dense tile. */
    int dense_vectors;
    int (*stem)(const struct f32_stem *layer, int from, int to);
    int (*pwconv)(const struct f32_pwconv *layer, int from, int to);
    int (*dwconv)(const struct f32_dwconv *layer, int from, int to);
    int (*fused_block)(const struct f32_fused_block *layer, int from, int to);
    int (*gavgpool)(const struct f32_gavgpool *layer, int from, int to);
    int (*dense)(const struct f32_dense *layer, int from, int to);
};

extern const struct spindle_kernels spindle_kernels_avx2;
extern const struct spindle_kernels spindle_kernels_avx512;
extern const struct spindle_kernels spindle_kernels_neon;

/* The kernels for an instruction set; NULL where this library holds none. They may only run where the CPU has it. */
const struct spindle_kernels *spindle_kernels_for(int isa);

/* exp(x - max) / sum over count floats; output may be input. */
void f32_softmax(const float *input, float *output, int count);

/*
 * The int8 kernels. A map is [blocks][pixels][Q8_BLOCK] unsigned bytes u with a zero point z; strides count bytes, and are
 * multiples of Q8_BLOCK. The lanes past a map's last channel hold bytes that depend on nothing but the model; weights are 0
 * there.
 *
 * A layer computes clamp(zero point + rescale(sum + bias), low, high), where sum is that of (u - z) * w over the layer's
 * inputs, w an integer in [-255, 255], and rescale TensorFlow Lite's MultiplyByQuantizedMultiplier with its two roundings.
 * Sums are of 32 bits and wrap; nothing else overflows. All instruction sets give the same bytes.
 *
 * Weights are signed bytes, four neighbours in K to a 32-bit lane: K is cut into groups of four, the last one filled up with
 * weights of 0, and a panel is [groups][channels][4]. A weight that is no signed byte is the sum of up to three, of which all
 * but the first go into struct q8_extra. Kernels multiply u, or where the CPU multiplies signed bytes alone u - 128, which bias
 * makes good: it is the layer's bias - z * (sum of w), or - (z - 128) * (sum of w); both are there.
 */
enum {
    Q8_BLOCK = 16,
    /* Input elements of a group. */
    Q8_GROUP = 4,
    /* Vectors of 16 words of 32 bits a block of channels in q8_rescale.constants. */
    Q8_CONSTANTS = 7,
    /* Groups of a stem: three a row of the kernel. */
    Q8_STEM_GROUPS = 9,
};

/*
 * How a sum becomes a byte. The quick form is two fused multiply-adds on floats, both rounded down:
 *
 *     x = (float)(sum + bias), byte = clamp(zero point + floor(scale * x + (scale_rest * x + offset)), low, high)
 *
 * scale + scale_rest is the multiplier to all its bits; bias holds 1 / (2 * scale) as an integer, too, and offset what remains of
 * the half, of the first of the two roundings, and a little to be in the middle of those that serve. The float
 * of an integer below 2^24 is exact, and so is a comparison with a whole number after rounding down, so that each step can be
 * proved to be where TensorFlow Lite has it: the planner does. Sums below zero round the other way: there, where sum + bias <
 * half, offset_below stands for offset.
 */
enum q8_rounding {
    /* The zero point is 0, and no result below it is asked for: offset alone. */
    Q8_ONE_SIDED,
    /* offset and offset_below. */
    Q8_TWO_SIDED,
    /* The proof failed for some channel: integers, one lane after the other. */
    Q8_INTEGERS,
};

struct q8_rescale {
    /*
     * [blocks][Q8_CONSTANTS][Q8_BLOCK]: int32 bias, float scale, float scale_rest, float offset, int32 half,
     * float offset_below, int32 bias for signed bytes. For Q8_INTEGERS: int32 bias, int32 multiplier (Q31, not negative), int32
     * shift (-31 to 30, to the left where positive), three vectors of anything, int32 bias for signed bytes.
     */
    const int32_t *constants;
    enum q8_rounding rounding;
    int zero_point;
    int low;
    int high;
};

/*
 * What weights have beyond their first byte. Part n of a layer (a channel tile of a matrix product, a channel block of a
 * depthwise convolution) has the entries starts[n] to starts[n + 1] (exclusive). An entry is
 *
 *   - of a matrix product the weights of one more group: groups holds which one, and weights [entries][48][4], the channels of
 *     the tile and, where it is narrower, zeros;
 *   - of a depthwise convolution [entries][3 rows][16 channels][4], the form of its weights; groups is not read.
 */
struct q8_extra {
    /* NULL where every weight is one byte. */
    const int32_t *starts;
    const int32_t *groups;
    const int8_t *weights;
};

/*
 * The sum of a layer's bytes and those of another map. The quick form takes both as words:
 *
 *     a = base + byte * high[0] + other * high[1], b = byte * rest[0] + other * rest[1]
 *     result = clamp(floor(scale * a + (scale_rest * b + offset)), 0, 255), rounded down as above; where a < half, the real sum
 *     is below zero, and offset_below stands for offset
 *
 * which the planner proves for all 65536 pairs of bytes. Where it cannot, the table tells.
 */
struct q8_add {
    /* Laid out as the layer's output, of which it may be the same memory. NULL where nothing is added. */
    const uint8_t *other;
    /* [256 bytes of the layer][256 of the other map]; NULL for the quick form. */
    const uint8_t *table;
    int16_t high_factors[2];
    int16_t rest_factors[2];
    int32_t base;
    float scale;
    float scale_rest;
    float offset;
    int32_t half;
    float offset_below;
};

/*
 * The 3x3 convolution on RGB bytes at stride 2; a unit is one output row. The input is [2 * output rows + 1][row_stride]
 * bytes, borders of the zero point included: pixel x of output row y reads nine bytes from 6 * x on of the rows 2 * y,
 * 2 * y + 1 and 2 * y + 2.
 */
struct q8_stem {
    /*
     * [channel tiles][Q8_STEM_GROUPS][channels of the tile][4]; group 3 * ky + i holds the nine of row ky as elements
     * 0 to 3, 4 to 7, and (0, 0, 0, element 8).
     */
    const int8_t *weights;
    struct q8_extra extra;
    struct q8_rescale rescale;
    const uint8_t *input;
    uint8_t *output;
    ptrdiff_t row_stride;
    ptrdiff_t output_block_stride;
    struct tiling tiling;
};

/* A 1x1 convolution, or with one pixel a fully connected layer; a unit is one register tile. */
struct q8_pwconv {
    /* [channel tiles][groups][channels of the tile][4] */
    const int8_t *weights;
    struct q8_extra extra;
    struct q8_rescale rescale;
    const uint8_t *input;
    uint8_t *output;
    ptrdiff_t input_block_stride;
    ptrdiff_t output_block_stride;
    /* Inputs / 4, rounded up. */
    int groups;
    struct tiling tiling;
    struct q8_add add;
};

/* A 3x3 depthwise convolution; a unit is one output row of one channel block. */
struct q8_dwconv {
    /* [blocks][3 rows][16 channels][4]: three weights of a row and 0. */
    const int8_t *weights;
    struct q8_extra extra;
    struct q8_rescale rescale;
    const uint8_t *input;
    /* [width][Q8_BLOCK] bytes of the input's zero point. */
    const uint8_t *zeros;
    uint8_t *output;
    ptrdiff_t input_block_stride;
    ptrdiff_t output_block_stride;
    int height;
    int width;
    int output_height;
    int output_width;
    int stride;
    int dilation;
    int pad_top;
    int pad_left;
};

/* The mean over all pixels, as TensorFlow Lite takes it; a unit is one channel block. */
struct q8_gavgpool {
    const uint8_t *input;
    /* [blocks][Q8_BLOCK] */
    uint8_t *output;
    int pixels;
    /* Whether the sum is scaled (MEAN): zero_out + rescale(sum of u - zero_in), from 0 to 255. */
    int scales;
    int32_t multiplier;
    int shift;
    int zero_in;
    int zero_out;
    /* If not (AVERAGE_POOL_2D), the sum of u is divided and rounded to nearest, halves away from this byte. */
    int pivot;
};

/*
 * The int8 kernels that one CPU runs. Calls compute the units from (inclusive) to (exclusive). There is no fused block: a hidden
 * map of bytes stays in the second cache, and layers one after the other take as long.
 */
struct q8_kernels {
    /* As avx512vnni. */
    const char *name;
    /* Most rows of a tile that is 1, 2 and 3 blocks wide. */
    int rows[SPINDLE_MAX_VECTORS];
    int (*stem)(const struct q8_stem *layer, int from, int to);
    int (*pwconv)(const struct q8_pwconv *layer, int from, int to);
    int (*dwconv)(const struct q8_dwconv *layer, int from, int to);
    int (*gavgpool)(const struct q8_gavgpool *layer, int from, int to);
    /* Rounds of independent products of bytes on registers; returns how many operations they were. */
    double (*products)(long rounds);
};

extern const struct q8_kernels q8_kernels_avx2;
extern const struct q8_kernels q8_kernels_avx512vnni;
extern const struct q8_kernels q8_kernels_neon;
extern const struct q8_kernels q8_kernels_neondot;

/*
 * The int8 kernels of an instruction set that suit a CPU with these features (see cpu.h); NULL where this library holds none.
 * AVX-512 without VNNI has those of AVX2.
 */
const struct q8_kernels *q8_kernels_for(int isa, int features);

#endif
