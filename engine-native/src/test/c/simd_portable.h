/*
 * The vocabulary in plain C, for any shape: it proves on every machine that the templates are right for shapes whose
 * instructions the machine lacks. The shape's header and SIMD_ISA come before. Its loops stay loops: unrolled, they
 * would keep the compiler busy for minutes.
 */
#define SIMD_ROLLED

#include <math.h>
#include <string.h>

#include "simd.h"

typedef struct {
    float lane[SIMD_LANES];
} simd_f32;

typedef struct {
    int lane[SIMD_LANES];
} simd_i32;

ALWAYS_INLINE simd_f32 simd_load(const float *p)
{
    simd_f32 v;
    memcpy(&v, p, sizeof v);
    return v;
}

ALWAYS_INLINE void simd_store(float *p, simd_f32 v)
{
    memcpy(p, &v, sizeof v);
}

ALWAYS_INLINE simd_f32 simd_all(float x)
{
    simd_f32 v;
    for (int i = 0; i < SIMD_LANES; i++) {
        v.lane[i] = x;
    }
    return v;
}

ALWAYS_INLINE simd_i32 simd_all_bits(int x)
{
    simd_i32 v;
    for (int i = 0; i < SIMD_LANES; i++) {
        v.lane[i] = x;
    }
    return v;
}

ALWAYS_INLINE simd_f32 simd_add(simd_f32 a, simd_f32 b)
{
    for (int i = 0; i < SIMD_LANES; i++) {
        a.lane[i] += b.lane[i];
    }
    return a;
}

ALWAYS_INLINE simd_f32 simd_mul(simd_f32 a, simd_f32 b)
{
    for (int i = 0; i < SIMD_LANES; i++) {
        a.lane[i] *= b.lane[i];
    }
    return a;
}

ALWAYS_INLINE simd_f32 simd_fma(simd_f32 a, simd_f32 b, simd_f32 c)
{
    for (int i = 0; i < SIMD_LANES; i++) {
        c.lane[i] = fmaf(a.lane[i], b.lane[i], c.lane[i]);
    }
    return c;
}

ALWAYS_INLINE simd_f32 simd_clamp(simd_f32 v, simd_i32 low, simd_i32 high)
{
    simd_i32 bits;
    memcpy(&bits, &v, sizeof bits);
    for (int i = 0; i < SIMD_LANES; i++) {
        bits.lane[i] = bits.lane[i] > low.lane[i] ? bits.lane[i] : low.lane[i];
        bits.lane[i] = bits.lane[i] < high.lane[i] ? bits.lane[i] : high.lane[i];
    }
    memcpy(&v, &bits, sizeof v);
    return v;
}

ALWAYS_INLINE simd_f32 simd_keep(simd_f32 v)
{
    return v;
}

ALWAYS_INLINE simd_f32 simd_load_step(const float *p)
{
    return SIMD_STEP == 1 ? simd_all(*p) : simd_load(p);
}

ALWAYS_INLINE simd_f32 simd_fma_step(simd_f32 w, simd_f32 x, int lane, simd_f32 c)
{
    return simd_fma(w, simd_all(x.lane[lane]), c);
}
