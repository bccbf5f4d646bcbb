#include <math.h>
#include <string.h>

#include "spindle.h"

/*
 * e^x for x <= 0, within one rounding of a float. It stands in for expf, which would tie the library to one C library's
 * libm and its age. x = k ln 2 + r with |r| <= ln 2 / 2; Taylor's polynomial of e^r is cut off 1e-11 from it.
 */
static float exp_of_negative(float x)
{
    enum { DEGREE = 9, BIAS = 1023, FRACTION_BITS = 52 };
    static const double LN_2 = 0.69314718055994530942;
    static const double SMALLEST = -104.0;
    if (!(x > SMALLEST)) {
        return isnan(x) ? x : 0.0f;
    }
    int k = (int)(x / LN_2 - 0.5);
    double r = x - k * LN_2;
    double power = 1.0;
    for (int term = DEGREE; term > 0; term--) {
        power = 1.0 + power * r / term;
    }
    uint64_t bits = (uint64_t)(k + BIAS) << FRACTION_BITS;
    double scale;
    memcpy(&scale, &bits, sizeof scale);
    return (float)(power * scale);
}

void f32_softmax(const float *input, float *output, int count)
{
    float max = input[0];
    for (int i = 1; i < count; i++) {
        max = input[i] > max ? input[i] : max;
    }
    float sum = 0.0f;
    for (int i = 0; i < count; i++) {
        output[i] = exp_of_negative(input[i] - max);
        sum += output[i];
    }
    for (int i = 0; i < count; i++) {
        output[i] /= sum;
    }
}
