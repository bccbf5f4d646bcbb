/* AVX2: two registers hold the 16 lanes of a block. Bytes are widened, for pairs of their products do not fit 16 bits. */
#if !defined(__AVX2__) || !defined(__FMA__)
#error "this file is to be compiled with -mavx2 -mfma"
#endif

#include <immintrin.h>

#include "q8_simd.h"

#define SIMD_ISA avx2
#define Q8_BIAS Q8_BIAS_UNSIGNED

/* 8 accumulators, 4 registers of weights and 2 of an activation. */
#define Q8_VECTORS 1
#define Q8_ROWS 4
#define Q8_ROWS_1 16
#define Q8_ROWS_2 16
#define Q8_ROWS_3 16

/* The rounding mode in the control register, and what it is for down. */
enum { Q8_MXCSR_ROUNDING = 0x6000, Q8_MXCSR_DOWN = 0x2000 };

typedef struct {
    __m256i v[2];
} q8_i32;

/* Elements 0 and 2, and 1 and 3, of each lane, as words. */
typedef struct {
    __m256i even[2];
    __m256i odd[2];
} q8_x;

typedef q8_x q8_w;

typedef __m128i q8_pixel;

typedef __m256i q8_bytes;

ALWAYS_INLINE q8_i32 q8_load_i32(const int32_t *p)
{
    return (q8_i32){{_mm256_loadu_si256((const __m256i *)p), _mm256_loadu_si256((const __m256i *)p + 1)}};
}

ALWAYS_INLINE void q8_store_i32(int32_t *p, q8_i32 v)
{
    _mm256_storeu_si256((__m256i *)p, v.v[0]);
    _mm256_storeu_si256((__m256i *)p + 1, v.v[1]);
}

ALWAYS_INLINE q8_i32 q8_keep(q8_i32 v)
{
    __asm__("" : "+x"(v.v[0]), "+x"(v.v[1]));
    return v;
}

ALWAYS_INLINE q8_w q8_widen_w(__m256i low, __m256i high)
{
    return (q8_w){
        .even = {_mm256_srai_epi16(_mm256_slli_epi16(low, 8), 8), _mm256_srai_epi16(_mm256_slli_epi16(high, 8), 8)},
        .odd = {_mm256_srai_epi16(low, 8), _mm256_srai_epi16(high, 8)},
    };
}

ALWAYS_INLINE q8_w q8_load_w(const int8_t *p)
{
    return q8_widen_w(_mm256_loadu_si256((const __m256i *)p), _mm256_loadu_si256((const __m256i *)p + 1));
}

ALWAYS_INLINE q8_w q8_next_w(const int8_t *p)
{
    return q8_widen_w(
            _mm256_slli_epi32(_mm256_loadu_si256((const __m256i *)p), 8),
            _mm256_slli_epi32(_mm256_loadu_si256((const __m256i *)p + 1), 8));
}

ALWAYS_INLINE q8_x q8_widen_x(__m256i low, __m256i high)
{
    const __m256i bytes = _mm256_set1_epi16(0xFF);
    return (q8_x){
        .even = {_mm256_and_si256(low, bytes), _mm256_and_si256(high, bytes)},
        .odd = {_mm256_srli_epi16(low, 8), _mm256_srli_epi16(high, 8)},
    };
}

ALWAYS_INLINE q8_x q8_all_x(const uint8_t *p)
{
    int32_t four;
    __builtin_memcpy(&four, p, sizeof four);
    const __m256i all = _mm256_set1_epi32(four);
    return q8_widen_x(all, all);
}

/* Four pixels of a block to one channel a lane. */
ALWAYS_INLINE q8_x q8_window_of_pixels(q8_pixel p0, q8_pixel p1, q8_pixel p2, q8_pixel p3)
{
    const __m128i low01 = _mm_unpacklo_epi8(p0, p1);
    const __m128i low23 = _mm_unpacklo_epi8(p2, p3);
    const __m128i high01 = _mm_unpackhi_epi8(p0, p1);
    const __m128i high23 = _mm_unpackhi_epi8(p2, p3);
    return q8_widen_x(
            _mm256_set_m128i(_mm_unpackhi_epi16(low01, low23), _mm_unpacklo_epi16(low01, low23)),
            _mm256_set_m128i(_mm_unpackhi_epi16(high01, high23), _mm_unpacklo_epi16(high01, high23)));
}

ALWAYS_INLINE q8_pixel q8_load_pixel(const uint8_t *p)
{
    return _mm_loadu_si128((const __m128i *)p);
}

#include "q8_windows.h"

ALWAYS_INLINE q8_i32 q8_dot(q8_i32 sum, q8_x x, q8_w w)
{
    UNROLL_ALL
    for (int i = 0; i < 2; i++) {
        const __m256i even = _mm256_madd_epi16(x.even[i], w.even[i]);
        sum.v[i] = _mm256_add_epi32(sum.v[i], _mm256_add_epi32(even, _mm256_madd_epi16(x.odd[i], w.odd[i])));
    }
    /* Compilers would take the products of many groups before they add them, and lack registers for that. */
    return q8_keep(sum);
}

ALWAYS_INLINE q8_i32 q8_add_pixel(q8_i32 sum, const uint8_t *p)
{
    const __m128i pixel = q8_load_pixel(p);
    return (q8_i32){{
        _mm256_add_epi32(sum.v[0], _mm256_cvtepu8_epi32(pixel)),
        _mm256_add_epi32(sum.v[1], _mm256_cvtepu8_epi32(_mm_srli_si128(pixel, 8))),
    }};
}

typedef struct {
    __m256 scale[2];
    __m256 rest[2];
    __m256 offset[2];
    __m256i half[2];
    __m256 below[2];
    __m256i zero_point;
} q8_scaling;

ALWAYS_INLINE q8_scaling q8_load_scaling(const int32_t *p, int zero_point)
{
    q8_scaling s;
    s.zero_point = _mm256_set1_epi32(zero_point);
    UNROLL_ALL
    for (int i = 0; i < 2; i++) {
        const float *at = (const float *)p + 8 * i;
        s.scale[i] = _mm256_loadu_ps(at + Q8_SCALE * Q8_BLOCK);
        s.rest[i] = _mm256_loadu_ps(at + Q8_REST * Q8_BLOCK);
        s.offset[i] = _mm256_loadu_ps(at + Q8_OFFSET * Q8_BLOCK);
        s.half[i] = _mm256_castps_si256(_mm256_loadu_ps(at + Q8_HALF * Q8_BLOCK));
        s.below[i] = _mm256_loadu_ps(at + Q8_BELOW * Q8_BLOCK);
    }
    return s;
}

/* scale * x + (rest * y + offset); rounds as the control register says: down. */
ALWAYS_INLINE __m256i q8_scale_down(__m256 x, __m256 scale, __m256 y, __m256 rest, __m256 offset)
{
    return _mm256_cvtps_epi32(_mm256_fmadd_ps(x, scale, _mm256_fmadd_ps(y, rest, offset)));
}

ALWAYS_INLINE q8_i32 q8_step(q8_i32 sum, const q8_scaling *s)
{
    UNROLL_ALL
    for (int i = 0; i < 2; i++) {
        const __m256 x = _mm256_cvtepi32_ps(sum.v[i]);
        sum.v[i] = q8_scale_down(x, s->scale[i], x, s->rest[i], s->offset[i]);
    }
    return sum;
}

ALWAYS_INLINE q8_i32 q8_step_below(q8_i32 sum, const q8_scaling *s)
{
    UNROLL_ALL
    for (int i = 0; i < 2; i++) {
        const __m256 below = _mm256_castsi256_ps(_mm256_cmpgt_epi32(s->half[i], sum.v[i]));
        const __m256 offset = _mm256_blendv_ps(s->offset[i], s->below[i], below);
        const __m256 x = _mm256_cvtepi32_ps(sum.v[i]);
        const __m256i floor = q8_scale_down(x, s->scale[i], x, s->rest[i], offset);
        sum.v[i] = _mm256_add_epi32(floor, s->zero_point);
    }
    return sum;
}

ALWAYS_INLINE q8_bytes q8_all_bytes(int x)
{
    return _mm256_set1_epi8((char)x);
}

/* The lanes of four registers as bytes, register after register in each lane of 128 bits. */
ALWAYS_INLINE __m256i q8_pack(__m256i a, __m256i b, __m256i c, __m256i d)
{
    return _mm256_packus_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
}

ALWAYS_INLINE __m256i q8_clamp(__m256i bytes, q8_bytes low, q8_bytes high)
{
    return _mm256_min_epu8(_mm256_max_epu8(bytes, low), high);
}

ALWAYS_INLINE void q8_store(uint8_t *out, const q8_i32 n[4], const int count, q8_bytes low, q8_bytes high)
{
    /* The words of 32 bits are four pixels of channels 0 to 3, then of channels 4 to 7; and so on. */
    const __m256i a = q8_clamp(q8_pack(n[0].v[0], n[1].v[0], n[2].v[0], n[3].v[0]), low, high);
    const __m256i b = q8_clamp(q8_pack(n[0].v[1], n[1].v[1], n[2].v[1], n[3].v[1]), low, high);
    const __m256i even = _mm256_permute2x128_si256(a, b, 0x20);
    const __m256i odd = _mm256_permute2x128_si256(a, b, 0x31);
    const __m256i first = _mm256_permute4x64_epi64(_mm256_unpacklo_epi32(even, odd), 0xD8);
    const __m256i second = _mm256_permute4x64_epi64(_mm256_unpackhi_epi32(even, odd), 0xD8);
    if (count == 1) {
        _mm_storeu_si128((__m128i *)out, _mm256_castsi256_si128(first));
    } else {
        _mm256_storeu_si256((__m256i *)out, first);
    }
    if (count == 3) {
        _mm_storeu_si128((__m128i *)(out + 2 * Q8_BLOCK), _mm256_castsi256_si128(second));
    } else if (count == 4) {
        _mm256_storeu_si256((__m256i *)(out + 2 * Q8_BLOCK), second);
    }
}

/* Constants of struct q8_add. */
struct q8_add_factors {
    __m256i high;
    __m256i rest;
    __m256i base;
    __m256 scale;
    __m256 scale_rest;
    __m256 offset;
    __m256i half;
    __m256 below;
};

ALWAYS_INLINE __m256i q8_add_two_pixels(__m256i a, __m256i b, const struct q8_add_factors *f)
{
    const __m256i zero = _mm256_setzero_si256();
    const __m256i first = _mm256_unpacklo_epi8(a, b);
    const __m256i second = _mm256_unpackhi_epi8(a, b);
    /* Unpacked and packed in lanes of 128 bits, the bytes come back to where they were. */
    __m256i n[4] = {
        _mm256_unpacklo_epi8(first, zero),
        _mm256_unpackhi_epi8(first, zero),
        _mm256_unpacklo_epi8(second, zero),
        _mm256_unpackhi_epi8(second, zero),
    };
    UNROLL_ALL
    for (int i = 0; i < 4; i++) {
        const __m256i sum = _mm256_add_epi32(f->base, _mm256_madd_epi16(n[i], f->high));
        const __m256 rest_sum = _mm256_cvtepi32_ps(_mm256_madd_epi16(n[i], f->rest));
        const __m256 below = _mm256_castsi256_ps(_mm256_cmpgt_epi32(f->half, sum));
        const __m256 offset = _mm256_blendv_ps(f->offset, f->below, below);
        n[i] = q8_scale_down(_mm256_cvtepi32_ps(sum), f->scale, rest_sum, f->scale_rest, offset);
    }
    return q8_pack(n[0], n[1], n[2], n[3]);
}

static inline void q8_add_pixels(
        const struct q8_add *add, const uint8_t *bytes, const uint8_t *other, uint8_t *out, int pixels)
{
    int32_t high;
    int32_t rest;
    __builtin_memcpy(&high, add->high_factors, sizeof high);
    __builtin_memcpy(&rest, add->rest_factors, sizeof rest);
    const struct q8_add_factors factors = {
        .high = _mm256_set1_epi32(high),
        .rest = _mm256_set1_epi32(rest),
        .base = _mm256_set1_epi32(add->base),
        .scale = _mm256_set1_ps(add->scale),
        .scale_rest = _mm256_set1_ps(add->scale_rest),
        .offset = _mm256_set1_ps(add->offset),
        .half = _mm256_set1_epi32(add->half),
        .below = _mm256_set1_ps(add->offset_below),
    };
    int pixel = 0;
    for (; pixel + 2 <= pixels; pixel += 2) {
        const ptrdiff_t at = (ptrdiff_t)pixel * Q8_BLOCK;
        const __m256i a = _mm256_loadu_si256((const __m256i *)(bytes + at));
        const __m256i b = _mm256_loadu_si256((const __m256i *)(other + at));
        _mm256_storeu_si256((__m256i *)(out + at), q8_add_two_pixels(a, b, &factors));
    }
    if (pixel < pixels) {
        const ptrdiff_t at = (ptrdiff_t)pixel * Q8_BLOCK;
        const __m256i a = _mm256_castsi128_si256(q8_load_pixel(bytes + at));
        const __m256i b = _mm256_castsi128_si256(q8_load_pixel(other + at));
        const __m256i sum = q8_add_two_pixels(a, b, &factors);
        _mm_storeu_si128((__m128i *)(out + at), _mm256_castsi256_si128(sum));
    }
}

ALWAYS_INLINE int q8_round_down(void)
{
    const unsigned mode = _mm_getcsr();
    _mm_setcsr((mode & ~(unsigned)Q8_MXCSR_ROUNDING) | Q8_MXCSR_DOWN);
    return (int)mode;
}

ALWAYS_INLINE void q8_restore_rounding(int mode)
{
    _mm_setcsr((unsigned)mode);
}
