/*
 * What the kernel templates are written with. An instruction set has a header of shapes, which defines
 *
 *   SIMD_LANES            floats a vector
 *   SIMD_COLUMNS_n        n * SIMD_LANES as a literal, for names
 *   SIMD_STEP             elements of K that one load of activations brings: 1, or the lanes where multiply-adds can
 *                         take one lane of a vector
 *   SIMD_ROWS_n           most rows of a tile of n vectors
 *   SIMD_TILES_n(T)       T(rows, n) for every number of rows that such a tile may have
 *
 * and a header of instructions, which includes the shapes and this file and adds
 *
 *   SIMD_ISA              suffix of every name
 *   simd_f32, simd_i32    a vector of floats, and of bounds on their bits
 *   simd_load, simd_store unaligned
 *   simd_all(x), simd_all_bits(x)
 *   simd_add, simd_mul, simd_fma(a, b, c) = a * b + c in one rounding
 *   simd_clamp(v, low, high) on the bits, see dev.spindle.kernel.Clamp
 *   simd_keep(v)          v, in a register from here on: compilers would load it anew for every use
 *   simd_load_step(p)     SIMD_STEP activations
 *   simd_fma_step(w, x, lane, c) = w * x[lane] + c
 */
#ifndef SPINDLE_SIMD_H
#define SPINDLE_SIMD_H

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* Ahead of loops that must vanish (their bounds are constants after inlining), and of loops over K. */
#ifdef SIMD_ROLLED
#define UNROLL_ALL
#define UNROLL_4
#elif defined(__clang__)
#define UNROLL_ALL _Pragma("clang loop unroll(full)")
#define UNROLL_4 _Pragma("clang loop unroll_count(4)")
#else
#define UNROLL_ALL _Pragma("GCC unroll 32")
#define UNROLL_4 _Pragma("GCC unroll 4")
#endif

/* NAME(f32_pwconv_6x16) is f32_pwconv_6x16__avx2. */
#define SIMD_PASTE(a, b) a##__##b
#define SIMD_EXPAND(a, b) SIMD_PASTE(a, b)
#define NAME(function) SIMD_EXPAND(function, SIMD_ISA)

#endif
