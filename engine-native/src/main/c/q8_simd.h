/*
 * What the int8 kernel templates are written with, on top of simd.h. A header of instructions defines, for vectors of one
 * 32-bit lane for each of the 16 channels of a block,
 *
 *   SIMD_ISA                    suffix of every name
 *   Q8_BIAS                     which of q8_rescale.constants is the bias
 *   Q8_ROWS_n                   most rows of a tile of n blocks
 *   Q8_VECTORS                  most blocks that are computed at once: 3, or 1 where registers are few
 *   Q8_TILES_n(T)               with 3 blocks at once, T(rows, n) for each number of rows
 *   Q8_ROWS                     with 1, the rows that are computed at once
 *   q8_i32, q8_x, q8_w          sums; four activations a lane; four weights a lane
 *   q8_load_i32, q8_store_i32
 *   q8_keep(v)                  v, in a register from here on
 *   q8_load_w(p)                64 bytes of weights
 *   q8_next_w(p)                the same, every lane moved up by one byte: (0, w0, w1, w2)
 *   q8_all_x(p)                 the four bytes at p in every lane
 *   q8_inside, q8_inside_of(left, width)
 *                               which of the pixels left to left + 3 are in [0, width), one of them at least
 *   q8_window(p, inside, zeros) lane c holds channel c of the four pixels at p; `zeros` stands for those that are not inside
 *   q8_window_of(p)             the same of the pixels at p[0] to p[3]
 *   q8_dot(sum, x, w)           sum + the four products
 *   q8_add_pixel(sum, p)        sum + the 16 bytes at p
 *   q8_scaling                  constants of a block for q8_step and q8_step_below
 *   q8_load_scaling(p, zero_point)
 *                               from q8_rescale.constants
 *   q8_step(sum, s)             the floor of the quick form, Q8_ONE_SIDED
 *   q8_step_below(sum, s)       Q8_TWO_SIDED
 *   q8_bytes                    bounds for q8_store
 *   q8_all_bytes(x)
 *   q8_store(out, n, count, low, high)
 *                               clamps the lanes of count (1 to 4) vectors and stores 16 bytes for each
 *   q8_add_pixels(add, bytes, other, out, pixels)
 *                               the quick form of struct q8_add for some pixels of a block
 *   q8_round_down(), q8_restore_rounding(mode)
 *                               around everything that multiplies floats
 */
#ifndef SPINDLE_Q8_SIMD_H
#define SPINDLE_Q8_SIMD_H

#include "simd.h"
#include "spindle.h"

/* Where constants stand. */
enum { Q8_BIAS_UNSIGNED, Q8_SCALE, Q8_REST, Q8_OFFSET, Q8_HALF, Q8_BELOW, Q8_BIAS_SIGNED };

#define Q8_COLUMNS_1 16
#define Q8_COLUMNS_2 32
#define Q8_COLUMNS_3 48

/* Ahead of a loop that is to stay one. */
#if defined(__clang__)
#define KEEP_ROLLED _Pragma("clang loop unroll(disable)")
#else
#define KEEP_ROLLED _Pragma("GCC unroll 1")
#endif

#define Q8_TO_1(T, n) T(1, n)
#define Q8_TO_2(T, n) Q8_TO_1(T, n) T(2, n)
#define Q8_TO_3(T, n) Q8_TO_2(T, n) T(3, n)
#define Q8_TO_4(T, n) Q8_TO_3(T, n) T(4, n)
#define Q8_TO_5(T, n) Q8_TO_4(T, n) T(5, n)
#define Q8_TO_6(T, n) Q8_TO_5(T, n) T(6, n)
#define Q8_TO_7(T, n) Q8_TO_6(T, n) T(7, n)
#define Q8_TO_8(T, n) Q8_TO_7(T, n) T(8, n)
#define Q8_TO_9(T, n) Q8_TO_8(T, n) T(9, n)
#define Q8_TO_10(T, n) Q8_TO_9(T, n) T(10, n)
#define Q8_TO_11(T, n) Q8_TO_10(T, n) T(11, n)
#define Q8_TO_12(T, n) Q8_TO_11(T, n) T(12, n)
#define Q8_TO_13(T, n) Q8_TO_12(T, n) T(13, n)
#define Q8_TO_14(T, n) Q8_TO_13(T, n) T(14, n)

#endif
