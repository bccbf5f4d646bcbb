/*
 * The windows of q8_simd.h where pixels outside the map are read from zeros, with what the file that includes this one defines:
 * q8_pixel, q8_load_pixel(p) and q8_window_of_pixels(p0, p1, p2, p3).
 */
#ifndef SPINDLE_Q8_WINDOWS_H
#define SPINDLE_Q8_WINDOWS_H

#include "q8_simd.h"

typedef struct {
    int from;
    int to;
} q8_inside;

ALWAYS_INLINE q8_inside q8_inside_of(int left, int width)
{
    return (q8_inside){.from = left < 0 ? -left : 0, .to = width - left < 4 ? width - left : 4};
}

ALWAYS_INLINE q8_x q8_window_of(const uint8_t *const p[4])
{
    return q8_window_of_pixels(q8_load_pixel(p[0]), q8_load_pixel(p[1]), q8_load_pixel(p[2]), q8_load_pixel(p[3]));
}

ALWAYS_INLINE q8_x q8_window(const uint8_t *p, q8_inside inside, const uint8_t *zeros)
{
    const uint8_t *at[4];
    UNROLL_ALL
    for (int i = 0; i < 4; i++) {
        at[i] = i >= inside.from && i < inside.to ? p + i * Q8_BLOCK : zeros;
    }
    return q8_window_of(at);
}

#endif
