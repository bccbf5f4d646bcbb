#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "test.h"
#include "test_main.h"

enum { SHOWN_FAILURES = 5, REGION_BYTES = 1 << 20 };

static long checks;
static long failures;
static uint64_t random_state;

void counts_reset(void)
{
    checks = 0;
    failures = 0;
    random_state = 0x9E3779B97F4A7C15u;
}

long counted_checks(void)
{
    return checks;
}

long counted_failures(void)
{
    return failures;
}

bool check_that(bool condition, const char *file, int line, const char *format, ...)
{
    checks++;
    if (!condition && failures++ < SHOWN_FAILURES) {
        va_list arguments;
        va_start(arguments, format);
        printf("%s:%d: ", file, line);
        vprintf(format, arguments);
        printf("\n");
        va_end(arguments);
    }
    return condition;
}

int clamp_low(enum activation activation)
{
    return activation == LINEAR ? INT32_MIN : 0;
}

int clamp_high(enum activation activation)
{
    return activation == RELU6 ? 0x40C00000 : INT32_MAX;
}

float clamp(float value, enum activation activation)
{
    int32_t bits;
    memcpy(&bits, &value, sizeof bits);
    bits = bits < clamp_low(activation) ? clamp_low(activation) : bits;
    bits = bits > clamp_high(activation) ? clamp_high(activation) : bits;
    memcpy(&value, &bits, sizeof bits);
    return value;
}

static uint32_t random_bits(void)
{
    /* Marsaglia's xorshift64. */
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 32);
}

int random_int(int from, int to)
{
    return from + (int)(random_bits() % (uint32_t)(to - from + 1));
}

float random_float(enum data data)
{
    if (data == SMALL_INTEGERS) {
        return (float)random_int(-4, 4);
    }
    return ldexpf((float)random_int(-(1 << 24), (1 << 24) - 1), -24);
}

float canary(void)
{
    uint32_t bits = 0x7FCACACAu;
    float value;
    memcpy(&value, &bits, sizeof bits);
    return value;
}

bool same_bits(float a, float b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

bool is_canary(float value)
{
    return same_bits(value, canary());
}

static struct {
    char *start;
    char *placed;
    size_t bytes;
} regions[REGIONS];

static char *region_start(enum region region)
{
    if (regions[region].start == NULL) {
        size_t page = (size_t)sysconf(_SC_PAGESIZE);
        char *map = mmap(NULL, REGION_BYTES + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (map == MAP_FAILED || mprotect(map + page, REGION_BYTES, PROT_READ | PROT_WRITE) != 0) {
            perror("mmap");
            exit(2);
        }
        regions[region].start = map + page;
    }
    return regions[region].start;
}

void *place_bytes(enum region region, enum against against, size_t bytes)
{
    char *start = region_start(region);
    if (bytes > REGION_BYTES) {
        fprintf(stderr, "%zu bytes are too many for a region\n", bytes);
        exit(2);
    }
    const float value = canary();
    for (size_t i = 0; i < REGION_BYTES; i += sizeof value) {
        memcpy(start + i, &value, sizeof value);
    }
    regions[region].placed = against == BEFORE ? start : start + REGION_BYTES - bytes;
    regions[region].bytes = bytes;
    return regions[region].placed;
}

float *place(enum region region, enum against against, size_t count)
{
    return place_bytes(region, against, count * sizeof(float));
}

/* Whether the bytes from `p` to `end` of a region that begins at `start` are the canary's. */
static bool holds_canaries(const char *start, const char *p, const char *end)
{
    const float value = canary();
    while (p < end) {
        const size_t within = (size_t)(p - start) % sizeof value;
        const size_t left = (size_t)(end - p);
        const size_t bytes = left < sizeof value - within ? left : sizeof value - within;
        if (memcmp(p, (const char *)&value + within, bytes) != 0) {
            return false;
        }
        p += bytes;
    }
    return true;
}

bool untouched_bytes(enum region region, size_t from, size_t to)
{
    return holds_canaries(regions[region].start, regions[region].placed + from, regions[region].placed + to);
}

bool untouched_around(enum region region)
{
    const char *start = regions[region].start;
    const char *placed = regions[region].placed;
    return holds_canaries(start, start, placed)
            && holds_canaries(start, placed + regions[region].bytes, start + REGION_BYTES);
}

int blocks_for(const struct spindle_kernels *kernels, int channels)
{
    return (channels + kernels->lanes - 1) / kernels->lanes;
}

struct tiling tiling_for(const int *rows, int blocks, int pixels)
{
    struct tiling tiling = {
        .blocks = blocks,
        .triples = blocks % 2 == 0 || blocks == 1 ? 0 : blocks % 3 == 0 ? blocks / 3 : 1,
        .pixels = pixels,
    };
    memcpy(tiling.rows, rows, sizeof tiling.rows);
    return tiling;
}

static int pixel_tiles_of(const struct tiling *tiling, int vectors)
{
    int rows = tiling->rows[vectors - 1];
    return (tiling->pixels + rows - 1) / rows;
}

int tiling_units(const struct tiling *tiling)
{
    int units = 0;
    for (int block = 0; block < tiling->blocks;) {
        int vectors = block < 3 * tiling->triples ? 3 : tiling->blocks - block >= 2 ? 2 : 1;
        units += pixel_tiles_of(tiling, vectors);
        block += vectors;
    }
    return units;
}

struct tile_place tile_place(const struct tiling *tiling, int unit)
{
    struct tile_place place = {0};
    for (;;) {
        place.vectors = place.first_block < 3 * tiling->triples ? 3
                : tiling->blocks - place.first_block >= 2 ? 2
                                                          : 1;
        int tiles = pixel_tiles_of(tiling, place.vectors);
        if (unit < tiles) {
            place.first_pixel = (int)((int64_t)tiling->pixels * unit / tiles);
            place.rows = (int)((int64_t)tiling->pixels * (unit + 1) / tiles) - place.first_pixel;
            return place;
        }
        unit -= tiles;
        place.first_block += place.vectors;
    }
}

static int max(int a, int b)
{
    return a > b ? a : b;
}

static int min(int a, int b)
{
    return a < b ? a : b;
}

static int ceil_div(int a, int b)
{
    return (a + b - 1) / b;
}

/* As dev.spindle.network.Padding.before. */
static int pad_before(enum padding padding, int size, int stride, int dilation)
{
    int reach = 2 * dilation;
    if (padding == SYMMETRIC) {
        return reach / 2;
    }
    return max(0, (ceil_div(size, stride) - 1) * stride + reach + 1 - size) / 2;
}

struct f32_dwconv dwconv_geometry(
        int lanes, int height, int width, int stride, int dilation, enum padding padding)
{
    struct f32_dwconv layer = {
        .input_block_stride = (ptrdiff_t)height * width * lanes,
        .height = height,
        .width = width,
        .output_height = ceil_div(height, stride),
        .output_width = ceil_div(width, stride),
        .stride = stride,
        .dilation = dilation,
        .pad_top = pad_before(padding, height, stride, dilation),
        .pad_left = pad_before(padding, width, stride, dilation),
    };
    layer.output_block_stride = (ptrdiff_t)layer.output_height * layer.output_width * lanes;
    /* As dev.spindle.kernel.Depthwise finds the columns whose taps all lie in the map. */
    int room = width - 1 - 2 * dilation + layer.pad_left;
    int to = room < 0 ? 0 : room / stride + 1;
    layer.interior_from = min(layer.output_width, ceil_div(layer.pad_left, stride));
    layer.interior_to = max(layer.interior_from, min(layer.output_width, to));
    return layer;
}

struct sum sum_start(float bias)
{
    return (struct sum){.fused = bias, .exact = bias, .magnitude = fabs(bias)};
}

void sum_add(struct sum *sum, float w, float x)
{
    sum->fused = fmaf(w, x, sum->fused);
    sum->exact += (double)w * x;
    sum->magnitude += fabs((double)w * x);
    sum->terms++;
}

void check_sum(float got, const struct sum *sum, enum activation activation, const char *what)
{
    float expected = clamp(sum->fused, activation);
    CHECK(same_bits(got, expected), "%s: %.9g, expected the fused sum %.9g", what, (double)got, (double)expected);
    double exact = activation == LINEAR ? sum->exact : fmax(sum->exact, 0.0);
    exact = activation == RELU6 ? fmin(exact, 6.0) : exact;
    double tolerance = 2.0 * (sum->terms + 1) * (FLT_EPSILON / 2) * sum->magnitude;
    CHECK(fabs(got - exact) <= tolerance, "%s: %.9g, expected %.9g within %.3g", what, (double)got, exact, tolerance);
}
