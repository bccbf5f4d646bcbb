/* What the int8 suites share: a layer's numbers as a file holds them, their packed form, and what is to come out. */
#ifndef SPINDLE_Q8_TEST_H
#define SPINDLE_Q8_TEST_H

#include "test.h"

/* One set of int8 kernels under test. */
struct q8_subject {
    const struct q8_kernels *kernels;
};

/* a / b, rounded to nearest, halves away from zero. */
int64_t q8_divide(int64_t a, int64_t b);

/* TensorFlow Lite's MultiplyByQuantizedMultiplier, its two roundings written as divisions. */
int64_t q8_multiply(int64_t x, int32_t multiplier, int shift);

/* The constants of one channel in the quick form. */
struct q8_quick {
    int32_t half;
    float scale;
    float rest;
    float offset;
    float below;
};

/* Finds them and proves all steps that sums from -largest to largest can meet; false where that fails. */
bool q8_find_quick(
        int32_t multiplier, int shift, int zero_point, int low, int high, int64_t largest, struct q8_quick *quick);

/* The least sum whose byte, bounds aside, is at least `value`. */
int64_t q8_threshold(int32_t multiplier, int shift, int zero_point, int value);

enum q8_weights {
    /* All signed bytes. */
    Q8_BYTES,
    /* -255 to 255. */
    Q8_WIDE,
    /* As Q8_BYTES, but for a few that are wide. */
    Q8_SPARSE,
};

enum q8_scales {
    /* Such that results spread over all bytes, but for a few channels that never leave the zero point, or hardly. */
    Q8_TYPICAL,
    /* Shifts from -31 to 7 and multipliers at the ends of their range. */
    Q8_EXTREME,
};

struct q8_style {
    enum q8_weights weights;
    enum q8_scales scales;
    /* Whether results below the zero point are cut off. */
    bool rectified;
    enum against against;
};

/* A style for the test with this number, so that all come up in all combinations. */
struct q8_style q8_style(int number);

enum { Q8_MAX_CHANNELS = 512, Q8_MAX_WEIGHTS = 1 << 16 };

/* A convolution's numbers. */
struct q8_numbers {
    int channels;
    /* Weights a channel. */
    int each;
    int16_t weights[Q8_MAX_WEIGHTS];
    int32_t bias[Q8_MAX_CHANNELS];
    int32_t multipliers[Q8_MAX_CHANNELS];
    int shifts[Q8_MAX_CHANNELS];
    int zero_in;
    int zero_out;
    int low;
    int high;
};

void q8_random_numbers(struct q8_numbers *numbers, int channels, int each, const struct q8_style *style);

/* The byte of a channel's sum, the bias included. */
int q8_expected(const struct q8_numbers *numbers, int channel, int64_t sum);

/* Places the constants of all channels in BIAS; the quick form where it is proved for all of them. */
struct q8_rescale q8_place_rescale(const struct q8_numbers *numbers, enum against against);

/*
 * Places a matrix in WEIGHTS and what its weights have beyond a byte in EXTRA_STARTS, EXTRA_GROUPS and EXTRA_WEIGHTS.
 * Element i of group g is weight order[4 * g + i] of a channel, 0 where that is negative.
 */
const int8_t *q8_place_matrix(
        const struct q8_numbers *numbers,
        const struct tiling *tiling,
        int groups,
        const int *order,
        enum against against,
        struct q8_extra *extra);

/* A region of random bytes, ends of the range among them. */
uint8_t *q8_place_random(enum region region, enum against against, size_t bytes);

void q8_test_rescale(const struct q8_subject *subject);
void q8_test_stem(const struct q8_subject *subject);
void q8_test_pwconv(const struct q8_subject *subject);
void q8_test_dwconv(const struct q8_subject *subject);
void q8_test_add(const struct q8_subject *subject);
void q8_test_gavgpool(const struct q8_subject *subject);
void q8_test_refusal(const struct q8_subject *subject);

#endif
