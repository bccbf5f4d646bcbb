/* AVX-512 F, BW, DQ and VL: 32 registers of 16 floats. */
#if !defined(__AVX512F__) || !defined(__AVX512BW__) || !defined(__AVX512DQ__) || !defined(__AVX512VL__) \
    || !defined(__FMA__)
#error "this file is to be compiled with -mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma"
#endif

#include <immintrin.h>

#include "shape_avx512.h"
#include "simd.h"

#define SIMD_ISA avx512

typedef __m512 simd_f32;
typedef __m512i simd_i32;

ALWAYS_INLINE simd_f32 simd_load(const float *p)
{
    return _mm512_loadu_ps(p);
}

ALWAYS_INLINE void simd_store(float *p, simd_f32 v)
{
    _mm512_storeu_ps(p, v);
}

ALWAYS_INLINE simd_f32 simd_all(float x)
{
    return _mm512_set1_ps(x);
}

ALWAYS_INLINE simd_i32 simd_all_bits(int x)
{
    return _mm512_set1_epi32(x);
}

ALWAYS_INLINE simd_f32 simd_add(simd_f32 a, simd_f32 b)
{
    return _mm512_add_ps(a, b);
}

ALWAYS_INLINE simd_f32 simd_mul(simd_f32 a, simd_f32 b)
{
    return _mm512_mul_ps(a, b);
}

ALWAYS_INLINE simd_f32 simd_fma(simd_f32 a, simd_f32 b, simd_f32 c)
{
    return _mm512_fmadd_ps(a, b, c);
}

ALWAYS_INLINE simd_f32 simd_clamp(simd_f32 v, simd_i32 low, simd_i32 high)
{
    __m512i bits = _mm512_castps_si512(v);
    return _mm512_castsi512_ps(_mm512_min_epi32(_mm512_max_epi32(bits, low), high));
}

ALWAYS_INLINE simd_f32 simd_keep(simd_f32 v)
{
    __asm__("" : "+v"(v));
    return v;
}

ALWAYS_INLINE simd_f32 simd_load_step(const float *p)
{
    return _mm512_set1_ps(*p);
}

ALWAYS_INLINE simd_f32 simd_fma_step(simd_f32 w, simd_f32 x, int lane, simd_f32 c)
{
    (void)lane;
    return _mm512_fmadd_ps(w, x, c);
}
