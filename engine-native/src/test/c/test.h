/* What the suites share: seeded data, guarded memory, the kernels under test, and checks that count. */
#ifndef SPINDLE_TEST_H
#define SPINDLE_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spindle.h"

/* Bounds of dev.spindle.kernel.Clamp. */
enum activation { LINEAR, RELU, RELU6, ACTIVATIONS };
int clamp_low(enum activation activation);
int clamp_high(enum activation activation);
float clamp(float value, enum activation activation);

/* Counts a check; where it fails, prints the message (the first few of them) and counts the failure. */
#define CHECK(condition, ...) check_that(condition, __FILE__, __LINE__, __VA_ARGS__)
bool check_that(bool condition, const char *file, int line, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

/* A random int in [from, to], the same ones in every run. */
int random_int(int from, int to);

enum data {
    /* Multiples of 2^-24 in [-1, 1). */
    SIGNED_FLOATS,
    /* -4 to 4, whose sums and products are exact. */
    SMALL_INTEGERS,
};
float random_float(enum data data);

/*
 * Memory between two pages that must not be touched, one region for each use. The floats lie against the page behind
 * them, or against the one before; the rest of the region holds the canary.
 */
enum region {
    WEIGHTS,
    BIAS,
    INPUT,
    RESIDUAL,
    ZEROS,
    HIDDEN,
    FILTERED,
    SCRATCH,
    EXTRA_STARTS,
    EXTRA_GROUPS,
    EXTRA_WEIGHTS,
    TABLE,
    OUTPUT,
    SECOND_OUTPUT,
    REGIONS
};
enum against { BEHIND, BEFORE };
float *place(enum region region, enum against against, size_t count);
void *place_bytes(enum region region, enum against against, size_t bytes);

/* Whether all of a region but what was last placed there still holds the canary. */
bool untouched_around(enum region region);

/* Whether some of the bytes last placed in a region still hold the canary. */
bool untouched_bytes(enum region region, size_t from, size_t to);

/* A NaN that no computation makes. */
float canary(void);
bool is_canary(float value);

bool same_bits(float a, float b);

/* One set of kernels under test. */
struct subject {
    const char *name;
    const struct spindle_kernels *kernels;
};

/* The cut that dev.spindle.kernel.Layout asks for. */
struct tiling tiling_for(const int *rows, int blocks, int pixels);
int blocks_for(const struct spindle_kernels *kernels, int channels);

/* Where a register tile stands: what Tiling says, by its formulas, with no walk. */
struct tile_place {
    int first_block;
    int vectors;
    int first_pixel;
    int rows;
};
int tiling_units(const struct tiling *tiling);
struct tile_place tile_place(const struct tiling *tiling, int unit);

/* The shape of a depthwise convolution, as dev.spindle.plan.Planner makes it: without addresses and bounds. */
enum padding { SYMMETRIC, SAME };
struct f32_dwconv dwconv_geometry(
        int lanes, int height, int width, int stride, int dilation, enum padding padding);

/* A sum as the contract states it. */
struct sum {
    /* One fused multiply-add after the other. */
    float fused;
    /* In double precision, and of absolute values. */
    double exact;
    double magnitude;
    int terms;
};
struct sum sum_start(float bias);
void sum_add(struct sum *sum, float w, float x);

/* Whether `got` is the clamped sum: bit for bit, and close to the exact one. */
void check_sum(float got, const struct sum *sum, enum activation activation, const char *what);

void test_tiling(const struct subject *subject);
void test_stem(const struct subject *subject);
void test_pwconv(const struct subject *subject);
void test_dense(const struct subject *subject);
void test_dwconv(const struct subject *subject);
void test_fused(const struct subject *subject);
void test_gavgpool(const struct subject *subject);
void test_clamp(const struct subject *subject);
void test_refusal(const struct subject *subject);
void test_softmax(void);
void test_cpu(void);

#endif
