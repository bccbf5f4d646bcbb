/* AVX-512 has 32 registers of 16 floats: 28 accumulators, the weights and an activation. */
#define SIMD_LANES 16
#define SIMD_COLUMNS_1 16
#define SIMD_COLUMNS_2 32
#define SIMD_COLUMNS_3 48
#define SIMD_COLUMNS_4 64
#define SIMD_COLUMNS_8 128
#define SIMD_STEP 1

#define SIMD_ROWS_1 14
#define SIMD_TILES_1(T) \
    T(1, 1) T(2, 1) T(3, 1) T(4, 1) T(5, 1) T(6, 1) T(7, 1) T(8, 1) T(9, 1) T(10, 1) T(11, 1) T(12, 1) T(13, 1) T(14, 1)
#define SIMD_ROWS_2 14
#define SIMD_TILES_2(T) \
    T(1, 2) T(2, 2) T(3, 2) T(4, 2) T(5, 2) T(6, 2) T(7, 2) T(8, 2) T(9, 2) T(10, 2) T(11, 2) T(12, 2) T(13, 2) T(14, 2)
#define SIMD_ROWS_3 9
#define SIMD_TILES_3(T) T(1, 3) T(2, 3) T(3, 3) T(4, 3) T(5, 3) T(6, 3) T(7, 3) T(8, 3) T(9, 3)
