/* AArch64 NEON: 32 registers of 4 floats, and multiply-adds that take one lane of a vector. */
#if !defined(__aarch64__) || !defined(__ARM_NEON)
#error "this file is to be compiled for AArch64"
#endif

#include <arm_neon.h>

#include "shape_neon.h"
#include "simd.h"

#define SIMD_ISA neon

typedef float32x4_t simd_f32;
typedef int32x4_t simd_i32;

ALWAYS_INLINE simd_f32 simd_load(const float *p)
{
    return vld1q_f32(p);
}

ALWAYS_INLINE void simd_store(float *p, simd_f32 v)
{
    vst1q_f32(p, v);
}

ALWAYS_INLINE simd_f32 simd_all(float x)
{
    return vdupq_n_f32(x);
}

ALWAYS_INLINE simd_i32 simd_all_bits(int x)
{
    return vdupq_n_s32(x);
}

ALWAYS_INLINE simd_f32 simd_add(simd_f32 a, simd_f32 b)
{
    return vaddq_f32(a, b);
}

ALWAYS_INLINE simd_f32 simd_mul(simd_f32 a, simd_f32 b)
{
    return vmulq_f32(a, b);
}

ALWAYS_INLINE simd_f32 simd_fma(simd_f32 a, simd_f32 b, simd_f32 c)
{
    return vfmaq_f32(c, a, b);
}

ALWAYS_INLINE simd_f32 simd_clamp(simd_f32 v, simd_i32 low, simd_i32 high)
{
    return vreinterpretq_f32_s32(vminq_s32(vmaxq_s32(vreinterpretq_s32_f32(v), low), high));
}

ALWAYS_INLINE simd_f32 simd_keep(simd_f32 v)
{
    __asm__("" : "+w"(v));
    return v;
}

ALWAYS_INLINE simd_f32 simd_load_step(const float *p)
{
    return vld1q_f32(p);
}

/* The intrinsic wants its lane as a literal. */
ALWAYS_INLINE simd_f32 simd_fma_step(simd_f32 w, simd_f32 x, int lane, simd_f32 c)
{
    switch (lane) {
    case 0:
        return vfmaq_laneq_f32(c, w, x, 0);
    case 1:
        return vfmaq_laneq_f32(c, w, x, 1);
    case 2:
        return vfmaq_laneq_f32(c, w, x, 2);
    default:
        return vfmaq_laneq_f32(c, w, x, 3);
    }
}
