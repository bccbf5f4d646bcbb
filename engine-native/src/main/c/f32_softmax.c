#include <math.h>

#include "spindle.h"

void f32_softmax(const float *input, float *output, int count)
{
    float max = input[0];
    for (int i = 1; i < count; i++) {
        max = input[i] > max ? input[i] : max;
    }
    float sum = 0.0f;
    for (int i = 0; i < count; i++) {
        output[i] = expf(input[i] - max);
        sum += output[i];
    }
    for (int i = 0; i < count; i++) {
        output[i] /= sum;
    }
}
