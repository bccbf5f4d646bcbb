/* AArch64 has 32 registers of 4 floats: accumulators, a vector of activations for each row, and the weights of one step. */
#define SIMD_LANES 4
#define SIMD_COLUMNS_1 4
#define SIMD_COLUMNS_2 8
#define SIMD_COLUMNS_3 12
#define SIMD_COLUMNS_4 16
#define SIMD_COLUMNS_8 32
#define SIMD_STEP 4

#define SIMD_ROWS_1 12
#define SIMD_TILES_1(T) \
    T(1, 1) T(2, 1) T(3, 1) T(4, 1) T(5, 1) T(6, 1) T(7, 1) T(8, 1) T(9, 1) T(10, 1) T(11, 1) T(12, 1)
#define SIMD_ROWS_2 8
#define SIMD_TILES_2(T) T(1, 2) T(2, 2) T(3, 2) T(4, 2) T(5, 2) T(6, 2) T(7, 2) T(8, 2)
#define SIMD_ROWS_3 6
#define SIMD_TILES_3(T) T(1, 3) T(2, 3) T(3, 3) T(4, 3) T(5, 3) T(6, 3)
