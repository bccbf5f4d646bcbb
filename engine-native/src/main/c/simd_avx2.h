/* AVX2 and FMA: 16 registers of 8 floats. */
#if !defined(__AVX2__) || !defined(__FMA__)
#error "this file is to be compiled with -mavx2 -mfma"
#endif

#include <immintrin.h>

#include "shape_avx2.h"
#include "simd.h"

#define SIMD_ISA avx2

typedef __m256 simd_f32;
typedef __m256i simd_i32;

ALWAYS_INLINE simd_f32 simd_load(const float *p)
{
    return _mm256_loadu_ps(p);
}

ALWAYS_INLINE void simd_store(float *p, simd_f32 v)
{
    _mm256_storeu_ps(p, v);
}

ALWAYS_INLINE simd_f32 simd_all(float x)
{
    return _mm256_set1_ps(x);
}

ALWAYS_INLINE simd_i32 simd_all_bits(int x)
{
    return _mm256_set1_epi32(x);
}

ALWAYS_INLINE simd_f32 simd_add(simd_f32 a, simd_f32 b)
{
    return _mm256_add_ps(a, b);
}

ALWAYS_INLINE simd_f32 simd_mul(simd_f32 a, simd_f32 b)
{
    return _mm256_mul_ps(a, b);
}

ALWAYS_INLINE simd_f32 simd_fma(simd_f32 a, simd_f32 b, simd_f32 c)
{
    return _mm256_fmadd_ps(a, b, c);
}

ALWAYS_INLINE simd_f32 simd_clamp(simd_f32 v, simd_i32 low, simd_i32 high)
{
    __m256i bits = _mm256_castps_si256(v);
    return _mm256_castsi256_ps(_mm256_min_epi32(_mm256_max_epi32(bits, low), high));
}

ALWAYS_INLINE simd_f32 simd_keep(simd_f32 v)
{
    __asm__("" : "+x"(v));
    return v;
}

ALWAYS_INLINE simd_f32 simd_load_step(const float *p)
{
    return _mm256_broadcast_ss(p);
}

ALWAYS_INLINE simd_f32 simd_fma_step(simd_f32 w, simd_f32 x, int lane, simd_f32 c)
{
    (void)lane;
    return _mm256_fmadd_ps(w, x, c);
}
