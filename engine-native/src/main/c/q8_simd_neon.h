/*
 * AArch64 NEON: four registers hold the 16 lanes of a block. The file that includes this one says with Q8_NEON_DOT whether the
 * CPU has the dot products of Armv8.2; these, and the plain form, too, multiply signed bytes.
 */
#if !defined(__aarch64__) || !defined(__ARM_NEON) || (Q8_NEON_DOT && !defined(__ARM_FEATURE_DOTPROD))
#error "this file is to be compiled for AArch64, with dot products where it is to use them"
#endif

#include <arm_neon.h>

#include "q8_simd.h"

#if Q8_NEON_DOT
#define SIMD_ISA neondot
#else
#define SIMD_ISA neon
#endif
#define Q8_BIAS Q8_BIAS_SIGNED

/* 24 accumulators, 4 registers of weights and one of an activation. */
#define Q8_VECTORS 1
#define Q8_ROWS 6
#define Q8_ROWS_1 12
#define Q8_ROWS_2 12
#define Q8_ROWS_3 12

/* The rounding mode in the control register, and what it is for down. */
#define Q8_FPCR_ROUNDING (UINT64_C(3) << 22)
#define Q8_FPCR_DOWN (UINT64_C(2) << 22)

enum { Q8_REGISTERS = 4 };

typedef struct {
    int32x4_t v[Q8_REGISTERS];
} q8_i32;

typedef struct {
    int8x16_t v[Q8_REGISTERS];
} q8_x;

typedef q8_x q8_w;

typedef uint8x16_t q8_pixel;

typedef uint8x16_t q8_bytes;

ALWAYS_INLINE q8_i32 q8_load_i32(const int32_t *p)
{
    return (q8_i32){{vld1q_s32(p), vld1q_s32(p + 4), vld1q_s32(p + 8), vld1q_s32(p + 12)}};
}

ALWAYS_INLINE void q8_store_i32(int32_t *p, q8_i32 v)
{
    UNROLL_ALL
    for (int i = 0; i < Q8_REGISTERS; i++) {
        vst1q_s32(p + 4 * i, v.v[i]);
    }
}

ALWAYS_INLINE q8_i32 q8_keep(q8_i32 v)
{
    __asm__("" : "+w"(v.v[0]), "+w"(v.v[1]), "+w"(v.v[2]), "+w"(v.v[3]));
    return v;
}

ALWAYS_INLINE q8_w q8_load_w(const int8_t *p)
{
    return (q8_w){{vld1q_s8(p), vld1q_s8(p + 16), vld1q_s8(p + 32), vld1q_s8(p + 48)}};
}

ALWAYS_INLINE q8_w q8_next_w(const int8_t *p)
{
    q8_w w = q8_load_w(p);
    UNROLL_ALL
    for (int i = 0; i < Q8_REGISTERS; i++) {
        w.v[i] = vreinterpretq_s8_s32(vshlq_n_s32(vreinterpretq_s32_s8(w.v[i]), 8));
    }
    return w;
}

/* u - 128 */
ALWAYS_INLINE int8x16_t q8_signed(uint8x16_t u)
{
    return vreinterpretq_s8_u8(veorq_u8(u, vdupq_n_u8(0x80)));
}

ALWAYS_INLINE q8_x q8_all_x(const uint8_t *p)
{
    uint32_t four;
    __builtin_memcpy(&four, p, sizeof four);
    const int8x16_t all = q8_signed(vreinterpretq_u8_u32(vdupq_n_u32(four)));
    return (q8_x){{all, all, all, all}};
}

/* Four pixels of a block to one channel a lane. */
ALWAYS_INLINE q8_x q8_window_of_pixels(q8_pixel p0, q8_pixel p1, q8_pixel p2, q8_pixel p3)
{
    const uint8x16x2_t p01 = vzipq_u8(p0, p1);
    const uint8x16x2_t p23 = vzipq_u8(p2, p3);
    q8_x x;
    UNROLL_ALL
    for (int i = 0; i < 2; i++) {
        const uint16x8x2_t four = vzipq_u16(vreinterpretq_u16_u8(p01.val[i]), vreinterpretq_u16_u8(p23.val[i]));
        x.v[2 * i] = q8_signed(vreinterpretq_u8_u16(four.val[0]));
        x.v[2 * i + 1] = q8_signed(vreinterpretq_u8_u16(four.val[1]));
    }
    return x;
}

ALWAYS_INLINE q8_pixel q8_load_pixel(const uint8_t *p)
{
    return vld1q_u8(p);
}

#include "q8_windows.h"

ALWAYS_INLINE q8_i32 q8_dot(q8_i32 sum, q8_x x, q8_w w)
{
    UNROLL_ALL
    for (int i = 0; i < Q8_REGISTERS; i++) {
#if Q8_NEON_DOT
        sum.v[i] = vdotq_s32(sum.v[i], x.v[i], w.v[i]);
#else
        const int16x8_t low = vmull_s8(vget_low_s8(x.v[i]), vget_low_s8(w.v[i]));
        const int16x8_t high = vmull_high_s8(x.v[i], w.v[i]);
        sum.v[i] = vaddq_s32(sum.v[i], vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high)));
#endif
    }
    /* Compilers would take the products of many groups before they add them, and lack registers for that. */
    return q8_keep(sum);
}

ALWAYS_INLINE q8_i32 q8_add_pixel(q8_i32 sum, const uint8_t *p)
{
    const uint8x16_t pixel = vld1q_u8(p);
    const uint16x8_t low = vmovl_u8(vget_low_u8(pixel));
    const uint16x8_t high = vmovl_high_u8(pixel);
    sum.v[0] = vreinterpretq_s32_u32(vaddw_u16(vreinterpretq_u32_s32(sum.v[0]), vget_low_u16(low)));
    sum.v[1] = vreinterpretq_s32_u32(vaddw_high_u16(vreinterpretq_u32_s32(sum.v[1]), low));
    sum.v[2] = vreinterpretq_s32_u32(vaddw_u16(vreinterpretq_u32_s32(sum.v[2]), vget_low_u16(high)));
    sum.v[3] = vreinterpretq_s32_u32(vaddw_high_u16(vreinterpretq_u32_s32(sum.v[3]), high));
    return sum;
}

/* Too many registers to hold: the constants come from memory. */
typedef struct {
    const int32_t *constants;
    int zero_point;
} q8_scaling;

ALWAYS_INLINE q8_scaling q8_load_scaling(const int32_t *p, int zero_point)
{
    return (q8_scaling){p, zero_point};
}

ALWAYS_INLINE float32x4_t q8_load_constants(const q8_scaling *s, int which, int part)
{
    return vreinterpretq_f32_s32(vld1q_s32(s->constants + which * Q8_BLOCK + 4 * part));
}

/* Rounds as the control register says: down. */
ALWAYS_INLINE int32x4_t q8_scale_down(int32x4_t sum, const q8_scaling *s, int part, float32x4_t offset)
{
    const float32x4_t x = vcvtq_f32_s32(sum);
    const float32x4_t inner = vfmaq_f32(offset, x, q8_load_constants(s, Q8_REST, part));
    return vcvtmq_s32_f32(vfmaq_f32(inner, x, q8_load_constants(s, Q8_SCALE, part)));
}

ALWAYS_INLINE q8_i32 q8_step(q8_i32 sum, const q8_scaling *s)
{
    UNROLL_ALL
    for (int i = 0; i < Q8_REGISTERS; i++) {
        sum.v[i] = q8_scale_down(sum.v[i], s, i, q8_load_constants(s, Q8_OFFSET, i));
    }
    return sum;
}

ALWAYS_INLINE q8_i32 q8_step_below(q8_i32 sum, const q8_scaling *s)
{
    UNROLL_ALL
    for (int i = 0; i < Q8_REGISTERS; i++) {
        const int32x4_t half = vld1q_s32(s->constants + Q8_HALF * Q8_BLOCK + 4 * i);
        const float32x4_t offset =
                vbslq_f32(vcltq_s32(sum.v[i], half), q8_load_constants(s, Q8_BELOW, i), q8_load_constants(s, Q8_OFFSET, i));
        sum.v[i] = vaddq_s32(q8_scale_down(sum.v[i], s, i, offset), vdupq_n_s32(s->zero_point));
    }
    return sum;
}

ALWAYS_INLINE q8_bytes q8_all_bytes(int x)
{
    return vdupq_n_u8((uint8_t)x);
}

ALWAYS_INLINE uint8x16_t q8_pack(q8_i32 n)
{
    const int16x8_t first = vcombine_s16(vqmovn_s32(n.v[0]), vqmovn_s32(n.v[1]));
    const int16x8_t second = vcombine_s16(vqmovn_s32(n.v[2]), vqmovn_s32(n.v[3]));
    return vcombine_u8(vqmovun_s16(first), vqmovun_s16(second));
}

ALWAYS_INLINE void q8_store(uint8_t *out, const q8_i32 n[4], const int count, q8_bytes low, q8_bytes high)
{
    UNROLL_ALL
    for (int i = 0; i < 4; i++) {
        if (i < count) {
            vst1q_u8(out + i * Q8_BLOCK, vminq_u8(vmaxq_u8(q8_pack(n[i]), low), high));
        }
    }
}

static inline void q8_add_pixels(
        const struct q8_add *add, const uint8_t *bytes, const uint8_t *other, uint8_t *out, int pixels)
{
    for (ptrdiff_t at = 0; at < (ptrdiff_t)pixels * Q8_BLOCK; at += Q8_BLOCK) {
        const uint8x16_t a = vld1q_u8(bytes + at);
        const uint8x16_t b = vld1q_u8(other + at);
        const int16x8_t a_words[2] = {
            vreinterpretq_s16_u16(vmovl_u8(vget_low_u8(a))), vreinterpretq_s16_u16(vmovl_high_u8(a))};
        const int16x8_t b_words[2] = {
            vreinterpretq_s16_u16(vmovl_u8(vget_low_u8(b))), vreinterpretq_s16_u16(vmovl_high_u8(b))};
        q8_i32 n;
        UNROLL_ALL
        for (int i = 0; i < Q8_REGISTERS; i++) {
            const int16x4_t x = i % 2 == 0 ? vget_low_s16(a_words[i / 2]) : vget_high_s16(a_words[i / 2]);
            const int16x4_t y = i % 2 == 0 ? vget_low_s16(b_words[i / 2]) : vget_high_s16(b_words[i / 2]);
            int32x4_t high_sum = vmlal_n_s16(vdupq_n_s32(add->base), x, add->high_factors[0]);
            high_sum = vmlal_n_s16(high_sum, y, add->high_factors[1]);
            int32x4_t rest_sum = vmull_n_s16(x, add->rest_factors[0]);
            rest_sum = vmlal_n_s16(rest_sum, y, add->rest_factors[1]);
            const uint32x4_t below = vcltq_s32(high_sum, vdupq_n_s32(add->half));
            const float32x4_t offset = vbslq_f32(below, vdupq_n_f32(add->offset_below), vdupq_n_f32(add->offset));
            const float32x4_t inner = vfmaq_n_f32(offset, vcvtq_f32_s32(rest_sum), add->scale_rest);
            n.v[i] = vcvtmq_s32_f32(vfmaq_n_f32(inner, vcvtq_f32_s32(high_sum), add->scale));
        }
        vst1q_u8(out + at, q8_pack(n));
    }
}

ALWAYS_INLINE int q8_round_down(void)
{
    uint64_t mode;
    __asm__ volatile("mrs %0, fpcr" : "=r"(mode)::"memory");
    const uint64_t down = (mode & ~Q8_FPCR_ROUNDING) | Q8_FPCR_DOWN;
    __asm__ volatile("msr fpcr, %0" ::"r"(down) : "memory");
    return (int)mode;
}

ALWAYS_INLINE void q8_restore_rounding(int mode)
{
    __asm__ volatile("msr fpcr, %0" ::"r"((uint64_t)(unsigned)mode) : "memory");
}
