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

#endif
