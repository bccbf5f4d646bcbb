#include "q8_integers.h"

/* The high half of twice the product, rounded to nearest; b is not negative, so that it always fits. */
static int32_t doubling_high_product(int32_t a, int32_t b)
{
    return (int32_t)(((int64_t)a * b + (INT64_C(1) << 30)) >> 31);
}

/* v * 2^exponent; what does not fit, which TensorFlow Lite leaves open, saturates. */
static int32_t multiply_by_power(int32_t v, int exponent)
{
    int64_t product = (int64_t)v * (INT64_C(1) << exponent);
    product = product > INT32_MIN ? product : INT32_MIN;
    return (int32_t)(product < INT32_MAX ? product : INT32_MAX);
}

/* v / 2^exponent, rounded to nearest, halves away from zero. */
static int32_t divide_by_power(int32_t v, int exponent)
{
    int64_t mask = (INT64_C(1) << exponent) - 1;
    int64_t threshold = (mask >> 1) + (v < 0 ? 1 : 0);
    return (v >> exponent) + ((v & mask) > threshold ? 1 : 0);
}

/* TensorFlow Lite's MultiplyByQuantizedMultiplier. */
static int32_t multiply(int32_t v, int32_t multiplier, int shift)
{
    int left = shift > 0 ? shift : 0;
    int right = shift > 0 ? 0 : -shift;
    return divide_by_power(doubling_high_product(multiply_by_power(v, left), multiplier), right);
}

static uint8_t clamp(int64_t v, int low, int high)
{
    v = v > low ? v : low;
    return (uint8_t)(v < high ? v : high);
}

void q8_rescale_integers(
        const int32_t sums[Q8_BLOCK], const struct q8_rescale *rescale, const int32_t *constants, uint8_t out[Q8_BLOCK])
{
    const int32_t *multipliers = constants + Q8_BLOCK;
    const int32_t *shifts = constants + 2 * Q8_BLOCK;
    for (int c = 0; c < Q8_BLOCK; c++) {
        int64_t byte = (int64_t)rescale->zero_point + multiply(sums[c], multipliers[c], shifts[c]);
        out[c] = clamp(byte, rescale->low, rescale->high);
    }
}

uint8_t q8_mean(const struct q8_gavgpool *layer, int32_t sum)
{
    if (layer->scales) {
        int32_t centred = sum - layer->pixels * layer->zero_in;
        return clamp((int64_t)layer->zero_out + multiply(centred, layer->multiplier, layer->shift), 0, 255);
    }
    int half = (sum < layer->pixels * layer->pivot ? layer->pixels - 1 : layer->pixels) / 2;
    return (uint8_t)((sum + half) / layer->pixels);
}

void q8_add_table(const struct q8_add *add, const uint8_t *bytes, const uint8_t *other, uint8_t *out, int pixels)
{
    for (ptrdiff_t i = 0; i < (ptrdiff_t)pixels * Q8_BLOCK; i++) {
        out[i] = add->table[256 * bytes[i] + other[i]];
    }
}
