/* AVX-512 with VNNI: a register holds the 16 lanes of a block, and one instruction adds four products to each. */
#if !defined(__AVX512F__) || !defined(__AVX512BW__) || !defined(__AVX512VNNI__)
#error "this file is to be compiled with -mavx512f -mavx512bw -mavx512vnni"
#endif

#include <immintrin.h>

#include "q8_simd.h"

#define SIMD_ISA avx512vnni
#define Q8_BIAS Q8_BIAS_UNSIGNED

/* 28 accumulators, the weights and an activation. */
#define Q8_VECTORS 3
#define Q8_ROWS_1 14
#define Q8_TILES_1(T) Q8_TO_14(T, 1)
#define Q8_ROWS_2 14
#define Q8_TILES_2(T) Q8_TO_14(T, 2)
#define Q8_ROWS_3 9
#define Q8_TILES_3(T) Q8_TO_9(T, 3)

#define Q8_DOWN (_MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC)

typedef __m512i q8_i32;
typedef __m512i q8_x;
typedef __m512i q8_w;
typedef __m512i q8_bytes;

ALWAYS_INLINE q8_i32 q8_load_i32(const int32_t *p)
{
    return _mm512_loadu_si512(p);
}

ALWAYS_INLINE void q8_store_i32(int32_t *p, q8_i32 v)
{
    _mm512_storeu_si512(p, v);
}

ALWAYS_INLINE q8_i32 q8_keep(q8_i32 v)
{
    __asm__("" : "+v"(v));
    return v;
}

ALWAYS_INLINE q8_w q8_load_w(const int8_t *p)
{
    return _mm512_loadu_si512(p);
}

ALWAYS_INLINE q8_w q8_next_w(const int8_t *p)
{
    return _mm512_slli_epi32(_mm512_loadu_si512(p), 8);
}

ALWAYS_INLINE q8_x q8_all_x(const uint8_t *p)
{
    int32_t four;
    __builtin_memcpy(&four, p, sizeof four);
    return _mm512_set1_epi32(four);
}

/* Four lanes of 128 bits as a matrix of 4 x 4 words of 32 bits, transposed. */
ALWAYS_INLINE __m512i q8_transpose_words(__m512i v)
{
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    return _mm512_permutexvar_epi32(order, v);
}

/* Four pixels of a block to one channel a lane: the words of four channels, then the bytes of those. */
ALWAYS_INLINE q8_x q8_window_of_pixels(__m512i pixels)
{
    const __m512i bytes = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
    return _mm512_shuffle_epi8(q8_transpose_words(pixels), bytes);
}

/* One bit for each word of 32 bits. */
typedef __mmask16 q8_inside;

ALWAYS_INLINE q8_inside q8_inside_of(int left, int width)
{
    const int from = left < 0 ? -left : 0;
    const int to = width - left < 4 ? width - left : 4;
    return (__mmask16)((1u << (4 * to)) - (1u << (4 * from)));
}

ALWAYS_INLINE q8_x q8_window(const uint8_t *p, q8_inside inside, const uint8_t *zeros)
{
    const __m512i outside = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)zeros));
    return q8_window_of_pixels(_mm512_mask_loadu_epi32(outside, inside, p));
}

ALWAYS_INLINE q8_x q8_window_of(const uint8_t *const p[4])
{
    /* In pairs, which windows two pixels apart have in common. */
    const __m256i first = _mm256_loadu2_m128i((const __m128i *)p[1], (const __m128i *)p[0]);
    const __m256i second = _mm256_loadu2_m128i((const __m128i *)p[3], (const __m128i *)p[2]);
    return q8_window_of_pixels(_mm512_inserti64x4(_mm512_castsi256_si512(first), second, 1));
}

ALWAYS_INLINE q8_i32 q8_dot(q8_i32 sum, q8_x x, q8_w w)
{
    return _mm512_dpbusd_epi32(sum, x, w);
}

ALWAYS_INLINE q8_i32 q8_add_pixel(q8_i32 sum, const uint8_t *p)
{
    return _mm512_add_epi32(sum, _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p)));
}

typedef struct {
    __m512 scale;
    __m512 rest;
    __m512 offset;
    __m512i half;
    __m512 below;
    __m512i zero_point;
} q8_scaling;

ALWAYS_INLINE q8_scaling q8_load_scaling(const int32_t *p, int zero_point)
{
    return (q8_scaling){
        .scale = _mm512_loadu_ps(p + Q8_SCALE * Q8_BLOCK),
        .rest = _mm512_loadu_ps(p + Q8_REST * Q8_BLOCK),
        .offset = _mm512_loadu_ps(p + Q8_OFFSET * Q8_BLOCK),
        .half = _mm512_loadu_si512(p + Q8_HALF * Q8_BLOCK),
        .below = _mm512_loadu_ps(p + Q8_BELOW * Q8_BLOCK),
        .zero_point = _mm512_set1_epi32(zero_point),
    };
}

/* scale * x + (rest * y + offset) */
ALWAYS_INLINE __m512i q8_scale_down(__m512 x, __m512 scale, __m512 y, __m512 rest, __m512 offset)
{
    __m512 inner = _mm512_fmadd_round_ps(y, rest, offset, Q8_DOWN);
    return _mm512_cvt_roundps_epi32(_mm512_fmadd_round_ps(x, scale, inner, Q8_DOWN), Q8_DOWN);
}

ALWAYS_INLINE q8_i32 q8_step(q8_i32 sum, const q8_scaling *s)
{
    __m512 x = _mm512_cvtepi32_ps(sum);
    return q8_scale_down(x, s->scale, x, s->rest, s->offset);
}

ALWAYS_INLINE q8_i32 q8_step_below(q8_i32 sum, const q8_scaling *s)
{
    __m512 offset = _mm512_mask_blend_ps(_mm512_cmplt_epi32_mask(sum, s->half), s->offset, s->below);
    __m512 x = _mm512_cvtepi32_ps(sum);
    return _mm512_add_epi32(q8_scale_down(x, s->scale, x, s->rest, offset), s->zero_point);
}

ALWAYS_INLINE q8_bytes q8_all_bytes(int x)
{
    return _mm512_set1_epi8((char)x);
}

/* The lanes of four vectors as bytes, vector after vector in each lane of 128 bits. */
ALWAYS_INLINE __m512i q8_pack(const q8_i32 n[4])
{
    return _mm512_packus_epi16(_mm512_packs_epi32(n[0], n[1]), _mm512_packs_epi32(n[2], n[3]));
}

ALWAYS_INLINE void q8_store(uint8_t *out, const q8_i32 n[4], const int count, q8_bytes low, q8_bytes high)
{
    const __m512i pixels = q8_transpose_words(_mm512_min_epu8(_mm512_max_epu8(q8_pack(n), low), high));
    if (count == 4) {
        _mm512_storeu_si512(out, pixels);
    } else {
        _mm512_mask_storeu_epi32(out, (__mmask16)((1 << (4 * count)) - 1), pixels);
    }
}

static inline void q8_add_pixels(
        const struct q8_add *add, const uint8_t *bytes, const uint8_t *other, uint8_t *out, int pixels)
{
    int32_t factors;
    __builtin_memcpy(&factors, add->high_factors, sizeof factors);
    const __m512i high = _mm512_set1_epi32(factors);
    __builtin_memcpy(&factors, add->rest_factors, sizeof factors);
    const __m512i rest = _mm512_set1_epi32(factors);
    const __m512i base = _mm512_set1_epi32(add->base);
    const __m512 scale = _mm512_set1_ps(add->scale);
    const __m512 scale_rest = _mm512_set1_ps(add->scale_rest);
    const __m512 offset = _mm512_set1_ps(add->offset);
    const __m512i half = _mm512_set1_epi32(add->half);
    const __m512 below = _mm512_set1_ps(add->offset_below);
    const __m512i zero = _mm512_setzero_si512();
    for (int pixel = 0; pixel < pixels; pixel += 4) {
        const int count = pixels - pixel < 4 ? pixels - pixel : 4;
        const __mmask16 there = (__mmask16)((1u << (4 * count)) - 1);
        const ptrdiff_t at = (ptrdiff_t)pixel * Q8_BLOCK;
        const __m512i a = _mm512_maskz_loadu_epi32(there, bytes + at);
        const __m512i b = _mm512_maskz_loadu_epi32(there, other + at);
        const __m512i first = _mm512_unpacklo_epi8(a, b);
        const __m512i second = _mm512_unpackhi_epi8(a, b);
        /* Unpacked and packed in lanes of 128 bits, the bytes come back to where they were. */
        __m512i n[4] = {
            _mm512_unpacklo_epi8(first, zero),
            _mm512_unpackhi_epi8(first, zero),
            _mm512_unpacklo_epi8(second, zero),
            _mm512_unpackhi_epi8(second, zero),
        };
        UNROLL_ALL
        for (int i = 0; i < 4; i++) {
            __m512i sum = _mm512_dpwssd_epi32(base, n[i], high);
            __m512 rest_sum = _mm512_cvtepi32_ps(_mm512_madd_epi16(n[i], rest));
            __m512 from = _mm512_mask_blend_ps(_mm512_cmplt_epi32_mask(sum, half), offset, below);
            n[i] = q8_scale_down(_mm512_cvtepi32_ps(sum), scale, rest_sum, scale_rest, from);
        }
        _mm512_mask_storeu_epi32(out + at, there, q8_pack(n));
    }
}

/* Every instruction above says how it rounds. */
ALWAYS_INLINE int q8_round_down(void)
{
    return 0;
}

ALWAYS_INLINE void q8_restore_rounding(int mode)
{
    (void)mode;
}
