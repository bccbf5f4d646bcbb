#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "q8_test.h"

enum { LARGEST_RIGHT = 22 };

/* a / b, rounded to nearest, halves up. */
static int64_t divide_half_up(int64_t a, int64_t b)
{
    int64_t doubled = 2 * a + b;
    int64_t quotient = doubled / (2 * b);
    return doubled % (2 * b) < 0 ? quotient - 1 : quotient;
}

int64_t q8_divide(int64_t a, int64_t b)
{
    return a < 0 ? -divide_half_up(-a, b) : divide_half_up(a, b);
}

int64_t q8_multiply(int64_t x, int32_t multiplier, int shift)
{
    int64_t shifted = shift > 0 ? x * (INT64_C(1) << shift) : x;
    shifted = shifted < INT32_MIN ? INT32_MIN : shifted > INT32_MAX ? INT32_MAX : shifted;
    int64_t high = divide_half_up(shifted * multiplier, INT64_C(1) << 31);
    return shift < 0 ? q8_divide(high, INT64_C(1) << -shift) : high;
}

int64_t q8_threshold(int32_t multiplier, int shift, int zero_point, int value)
{
    int64_t least = INT32_MIN;
    int64_t most = INT32_MAX;
    while (least < most) {
        int64_t middle = (least + most) >> 1;
        if (zero_point + q8_multiply(middle, multiplier, shift) >= value) {
            most = middle;
        } else {
            least = middle + 1;
        }
    }
    return least;
}

/* a * b + c as a float, rounded down. The product is exact in double precision. */
static float fma_down(float a, int64_t b, float c)
{
    const double product = (double)a * (double)b;
    const double sum = product + c;
    const double back = sum - product;
    const double error = (product - (sum - back)) + (c - back);
    float rounded = (float)sum;
    if (rounded > sum || ((double)rounded == sum && error < 0.0)) {
        rounded = nextafterf(rounded, -INFINITY);
    }
    return rounded;
}

/* Whether the quick form makes at least `value` of x. */
static bool reaches(const struct q8_quick *quick, int64_t x, float offset, int value)
{
    return (double)fma_down(quick->rest, x, offset) >= value - (double)quick->scale * (double)x;
}

/*
 * An offset in the middle of those that have all steps from `from` to `to` where they belong. In exact arithmetic the steps
 * are at (multiplier * x + constant) / 2^(31 + right).
 */
static float middle_offset(int32_t multiplier, int right, int64_t constant, int from, int to)
{
    int64_t least = multiplier;
    int64_t most = 0;
    for (int value = from; value <= to; value++) {
        /* By how much the step is passed, from 0 to multiplier - 1. */
        int64_t passed = (constant - value * (INT64_C(1) << (31 + right))) % multiplier;
        passed += passed < 0 ? multiplier : 0;
        least = passed < least ? passed : least;
        most = passed > most ? passed : most;
    }
    return (float)ldexp((double)constant + 0.5 * (double)(multiplier - most - least), -31 - right);
}

/* Whether the quick form steps where it is to; `offset` serves all values from `from` to `to`. */
static bool steps(
        const struct q8_quick *quick, float offset, int32_t multiplier, int shift, int zero_point, int from, int to)
{
    for (int value = from; value <= to; value++) {
        const int64_t x = q8_threshold(multiplier, shift, zero_point, value) + quick->half;
        const bool exact = x < 1 << 24 && x > -(1 << 24) + 1;
        if (!exact || !reaches(quick, x, offset, value - zero_point)
                || reaches(quick, x - 1, offset, value - zero_point)) {
            return false;
        }
    }
    return true;
}

bool q8_find_quick(
        int32_t multiplier, int shift, int zero_point, int low, int high, int64_t largest, struct q8_quick *quick)
{
    const int64_t least = zero_point + q8_multiply(-largest, multiplier, shift);
    const int64_t most = zero_point + q8_multiply(largest, multiplier, shift);
    const int from = (int)(least > low ? least : low) + 1;
    const int to = (int)(most < high ? most : high);
    if (from > to) {
        /* One byte for all sums. */
        const float byte = (float)((from - 1 < high ? from - 1 : high) - zero_point);
        *quick = (struct q8_quick){.offset = byte, .below = byte};
        return true;
    }
    const int right = -shift;
    if (right < 0 || right > LARGEST_RIGHT || multiplier < 1 << 30) {
        return false;
    }
    const double factor = ldexp(multiplier, -31 - right);
    quick->scale = (float)factor;
    quick->rest = (float)(factor - quick->scale);
    const int64_t constant = (INT64_C(1) << 30) + (right > 0 ? INT64_C(1) << (30 + right) : 0);
    quick->half = (int32_t)((constant + multiplier / 2) / multiplier);
    const int64_t above = constant - (int64_t)quick->half * multiplier;
    const int64_t below = above - (right > 0 ? INT64_C(1) << 31 : 0);
    const int first_above = from > zero_point ? from : zero_point + 1;
    const int last_below = to < zero_point ? to : zero_point;
    /* The steps next to those within reach count, too: a sum may be just short of them. */
    quick->offset = middle_offset(multiplier, right, above, first_above - zero_point, to + 1 - zero_point);
    quick->below = middle_offset(multiplier, right, below, from - 1 - zero_point, last_below - zero_point);
    const bool exact = largest + quick->half < 1 << 24;
    const bool begins = least <= low || (exact && reaches(quick, quick->half - largest, quick->below, from - 1 - zero_point));
    const bool ends = most >= high || (exact && !reaches(quick, quick->half + largest, quick->offset, to + 1 - zero_point));
    return begins && ends && steps(quick, quick->offset, multiplier, shift, zero_point, first_above, to)
            && steps(quick, quick->below, multiplier, shift, zero_point, from, last_below);
}

struct q8_style q8_style(int number)
{
    return (struct q8_style){
        .weights = (enum q8_weights)(number % 3),
        .scales = number % 7 == 3 ? Q8_EXTREME : Q8_TYPICAL,
        .rectified = number % 2 == 0,
        .against = number % 5 == 0 ? BEFORE : BEHIND,
    };
}

static int random_weight(enum q8_weights weights)
{
    if (weights == Q8_WIDE || (weights == Q8_SPARSE && random_int(0, 40) == 0)) {
        return random_int(-255, 255);
    }
    return random_int(0, 15) == 0 ? (random_int(0, 1) == 0 ? -128 : 127) : random_int(-128, 127);
}

void q8_random_numbers(struct q8_numbers *numbers, int channels, int each, const struct q8_style *style)
{
    if (channels > Q8_MAX_CHANNELS || channels * each > Q8_MAX_WEIGHTS) {
        abort();
    }
    numbers->channels = channels;
    numbers->each = each;
    const int ends = random_int(0, 3);
    numbers->zero_in = ends == 0 ? 0 : ends == 1 ? 255 : random_int(0, 255);
    numbers->zero_out = random_int(0, 3) == 0 ? 255 * random_int(0, 1) : random_int(0, 255);
    if (style->rectified) {
        numbers->zero_out = random_int(0, 1) == 0 ? 0 : random_int(0, 100);
    }
    numbers->low = style->rectified ? numbers->zero_out : random_int(0, 20);
    numbers->high = random_int(0, 1) == 0 ? 255 : random_int(200, 254);
    const double spread = 128.0 * 128.0 * sqrt(each);
    for (int channel = 0; channel < channels; channel++) {
        for (int i = 0; i < each; i++) {
            numbers->weights[channel * each + i] = (int16_t)random_weight(style->weights);
        }
        numbers->bias[channel] = random_int(-(int)spread, (int)spread);
        numbers->multipliers[channel] = random_int(1 << 30, INT32_MAX);
        numbers->shifts[channel] = (int)floor(log2(128.0 / spread)) + random_int(0, 2);
        if (random_int(0, 9) == 0) {
            numbers->shifts[channel] -= random_int(4, 16);
        }
        if (style->scales == Q8_EXTREME) {
            static const int32_t ENDS[] = {1 << 30, (1 << 30) + 1, INT32_MAX, INT32_MAX - 1, 0};
            numbers->multipliers[channel] = ENDS[random_int(0, 4)];
            numbers->shifts[channel] = random_int(-31, 7);
            if (random_int(0, 3) == 0) {
                numbers->bias[channel] = random_int(0, 1) == 0 ? INT32_MIN : INT32_MAX;
            }
        }
    }
}

int q8_expected(const struct q8_numbers *numbers, int channel, int64_t sum)
{
    const int32_t wrapped = (int32_t)(uint32_t)(uint64_t)sum;
    int64_t byte = numbers->zero_out + q8_multiply(wrapped, numbers->multipliers[channel], numbers->shifts[channel]);
    byte = byte < numbers->low ? numbers->low : byte;
    return (int)(byte > numbers->high ? numbers->high : byte);
}

struct q8_rescale q8_place_rescale(const struct q8_numbers *numbers, enum against against)
{
    const int blocks = (numbers->channels + Q8_BLOCK - 1) / Q8_BLOCK;
    int32_t *constants = place_bytes(BIAS, against, (size_t)blocks * Q8_CONSTANTS * Q8_BLOCK * sizeof(int32_t));
    memset(constants, 0, (size_t)blocks * Q8_CONSTANTS * Q8_BLOCK * sizeof(int32_t));
    static struct q8_quick quick[Q8_MAX_CHANNELS];
    static int64_t sums[Q8_MAX_CHANNELS];
    bool proved = true;
    for (int channel = 0; channel < numbers->channels; channel++) {
        int64_t magnitude = 0;
        sums[channel] = 0;
        for (int i = 0; i < numbers->each; i++) {
            const int w = numbers->weights[channel * numbers->each + i];
            sums[channel] += w;
            magnitude += abs(w);
        }
        const int64_t largest = llabs(numbers->bias[channel]) + 255 * magnitude;
        proved = proved
                && q8_find_quick(numbers->multipliers[channel], numbers->shifts[channel], numbers->zero_out,
                        numbers->low, numbers->high, largest, &quick[channel])
                && largest + quick[channel].half < INT32_MAX;
    }
    for (int channel = 0; channel < numbers->channels; channel++) {
        int32_t *at = constants + channel / Q8_BLOCK * Q8_CONSTANTS * Q8_BLOCK + channel % Q8_BLOCK;
        const int64_t bias = numbers->bias[channel] + (proved ? quick[channel].half : 0);
        at[0 * Q8_BLOCK] = (int32_t)(uint32_t)(uint64_t)(bias - numbers->zero_in * sums[channel]);
        at[6 * Q8_BLOCK] = (int32_t)(uint32_t)(uint64_t)(bias - (numbers->zero_in - 128) * sums[channel]);
        if (proved) {
            const struct q8_quick *q = &quick[channel];
            memcpy(at + 1 * Q8_BLOCK, &q->scale, sizeof q->scale);
            memcpy(at + 2 * Q8_BLOCK, &q->rest, sizeof q->rest);
            memcpy(at + 3 * Q8_BLOCK, &q->offset, sizeof q->offset);
            at[4 * Q8_BLOCK] = q->half;
            memcpy(at + 5 * Q8_BLOCK, &q->below, sizeof q->below);
        } else {
            at[1 * Q8_BLOCK] = numbers->multipliers[channel];
            at[2 * Q8_BLOCK] = numbers->shifts[channel];
        }
    }
    return (struct q8_rescale){
        .constants = constants,
        .rounding = !proved ? Q8_INTEGERS : numbers->zero_out == 0 ? Q8_ONE_SIDED : Q8_TWO_SIDED,
        .zero_point = numbers->zero_out,
        .low = numbers->low,
        .high = numbers->high,
    };
}

/* Takes a byte off a weight. */
static int8_t take_byte(int16_t *weight)
{
    const int byte = *weight < INT8_MIN ? INT8_MIN : *weight > INT8_MAX ? INT8_MAX : *weight;
    *weight = (int16_t)(*weight - byte);
    return (int8_t)byte;
}

/* Takes the next bytes of a group off the weights that are left: [columns][4]. Whether any is not 0. */
static bool take_group(
        int8_t *target, int16_t *left, const struct q8_numbers *numbers, int first_channel, int columns, const int *order)
{
    bool any = false;
    for (int column = 0; column < columns; column++) {
        const int channel = first_channel + column;
        for (int i = 0; i < Q8_GROUP; i++) {
            const bool there = channel < numbers->channels && order[i] >= 0;
            target[column * Q8_GROUP + i] = there ? take_byte(&left[channel * numbers->each + order[i]]) : 0;
            any |= target[column * Q8_GROUP + i] != 0;
        }
    }
    return any;
}

const int8_t *q8_place_matrix(
        const struct q8_numbers *numbers,
        const struct tiling *tiling,
        int groups,
        const int *order,
        enum against against,
        struct q8_extra *extra)
{
    enum { ENTRY = SPINDLE_MAX_VECTORS * Q8_BLOCK * Q8_GROUP, MAX_ENTRIES = 4096 };
    static int16_t left[Q8_MAX_WEIGHTS];
    static int8_t entries[MAX_ENTRIES][ENTRY];
    static int32_t entry_groups[MAX_ENTRIES];
    static int32_t starts[Q8_MAX_CHANNELS];
    memcpy(left, numbers->weights, sizeof left);
    int8_t *weights = place_bytes(WEIGHTS, against, (size_t)tiling->blocks * Q8_BLOCK * (size_t)groups * Q8_GROUP);
    int count = 0;
    int tiles = 0;
    for (int unit = 0; unit < tiling_units(tiling); unit++) {
        const struct tile_place at = tile_place(tiling, unit);
        if (at.first_pixel != 0) {
            continue;
        }
        const int columns = at.vectors * Q8_BLOCK;
        const int first_channel = at.first_block * Q8_BLOCK;
        int8_t *panel = weights + first_channel * groups * Q8_GROUP;
        starts[tiles++] = count;
        for (int g = 0; g < groups; g++) {
            const int *group_order = order + g * Q8_GROUP;
            take_group(panel + g * columns * Q8_GROUP, left, numbers, first_channel, columns, group_order);
            memset(entries[count], 0, ENTRY);
            while (take_group(entries[count], left, numbers, first_channel, columns, group_order)) {
                entry_groups[count++] = g;
                if (count == MAX_ENTRIES) {
                    abort();
                }
                memset(entries[count], 0, ENTRY);
            }
        }
    }
    starts[tiles] = count;
    *extra = (struct q8_extra){0};
    if (count > 0) {
        int32_t *placed_starts = place_bytes(EXTRA_STARTS, against, (size_t)(tiles + 1) * sizeof starts[0]);
        memcpy(placed_starts, starts, (size_t)(tiles + 1) * sizeof starts[0]);
        int32_t *placed_groups = place_bytes(EXTRA_GROUPS, against, (size_t)count * sizeof entry_groups[0]);
        memcpy(placed_groups, entry_groups, (size_t)count * sizeof entry_groups[0]);
        int8_t *placed_weights = place_bytes(EXTRA_WEIGHTS, against, (size_t)count * ENTRY);
        memcpy(placed_weights, entries, (size_t)count * ENTRY);
        *extra = (struct q8_extra){placed_starts, placed_groups, placed_weights};
    }
    return weights;
}

uint8_t *q8_place_random(enum region region, enum against against, size_t bytes)
{
    uint8_t *placed = place_bytes(region, against, bytes);
    for (size_t i = 0; i < bytes; i++) {
        placed[i] = (uint8_t)(random_int(0, 7) == 0 ? 255 * random_int(0, 1) : random_int(0, 255));
    }
    return placed;
}
