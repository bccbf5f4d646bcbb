/*
 * The int8 part of kernel_bench: GOP/s of every layer of MobileNetV2 1.0 at 224 hot, and the whole network, one layer after the
 * other with weights and maps of their own.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "cpu.h"
#include "spindle.h"

enum { ARENA_BYTES = 1 << 26, SIZE = 224, CLASSES = 1001 };

enum kind { STEM, PWCONV, DWCONV, GAVGPOOL };

struct op {
    enum kind kind;
    char label[48];
    double operations;
    int units;
    struct q8_stem stem;
    struct q8_pwconv pwconv;
    struct q8_dwconv dwconv;
    struct q8_gavgpool gavgpool;
};

enum { MAX_OPS = 64 };

struct network {
    const struct q8_kernels *kernels;
    int8_t *arena;
    size_t used;
    int count;
    struct op ops[MAX_OPS];
};

/* A map in the making. */
struct map {
    uint8_t *bytes;
    int size;
    int channels;
};

static void *take(struct network *n, size_t bytes)
{
    void *place = n->arena + n->used;
    n->used += (bytes + 63) / 64 * 64;
    if (n->used > ARENA_BYTES) {
        fputs("the arena is too small\n", stderr);
        exit(1);
    }
    return place;
}

static struct q8_rescale rescale_of(struct network *n, int blocks, enum q8_rounding rounding)
{
    int32_t *constants = take(n, (size_t)blocks * Q8_CONSTANTS * Q8_BLOCK * sizeof(int32_t));
    for (int i = 0; i < blocks * Q8_BLOCK; i++) {
        const float scale = 0x1.6p-9f;
        const float rest = 0x1p-35f;
        const float offset = 0x1p-11f;
        int32_t *at = constants + i / Q8_BLOCK * Q8_CONSTANTS * Q8_BLOCK + i % Q8_BLOCK;
        at[0] = 1000 + i;
        memcpy(at + 1 * Q8_BLOCK, &scale, sizeof scale);
        memcpy(at + 2 * Q8_BLOCK, &rest, sizeof rest);
        memcpy(at + 3 * Q8_BLOCK, &offset, sizeof offset);
        at[4 * Q8_BLOCK] = 1000;
        memcpy(at + 5 * Q8_BLOCK, &offset, sizeof offset);
    }
    return (struct q8_rescale){.constants = constants, .rounding = rounding, .low = 0, .high = 255};
}

static struct op *append(struct network *n, enum kind kind)
{
    if (n->count == MAX_OPS) {
        fputs("too many layers\n", stderr);
        exit(1);
    }
    struct op *op = &n->ops[n->count++];
    op->kind = kind;
    return op;
}

static struct map new_map(struct network *n, int size, int channels)
{
    size_t bytes = (size_t)ceil_div(channels, Q8_BLOCK) * Q8_BLOCK * (size_t)(size * size);
    return (struct map){.bytes = take(n, bytes), .size = size, .channels = channels};
}

static ptrdiff_t block_stride(struct map map)
{
    return (ptrdiff_t)map.size * map.size * Q8_BLOCK;
}

static struct map add_stem(struct network *n, int channels)
{
    struct op *op = append(n, STEM);
    struct map output = new_map(n, SIZE / 2, channels);
    const int blocks = ceil_div(channels, Q8_BLOCK);
    const int row = (SIZE + 1) * 3;
    op->stem = (struct q8_stem){
        .weights = take(n, (size_t)blocks * Q8_STEM_GROUPS * Q8_BLOCK * Q8_GROUP),
        .rescale = rescale_of(n, blocks, Q8_ONE_SIDED),
        .input = take(n, (size_t)(SIZE + 1) * (size_t)row),
        .output = output.bytes,
        .row_stride = row,
        .output_block_stride = block_stride(output),
        .tiling = tiling_of(n->kernels->rows, blocks, output.size),
    };
    op->units = output.size;
    op->operations = 2.0 * 27 * output.size * output.size * channels;
    snprintf(op->label, sizeof op->label, "stem %dx%dx3 to %d", SIZE, SIZE, channels);
    return output;
}

static struct map add_pwconv(
        struct network *n, struct map input, int channels, enum q8_rounding rounding, const uint8_t *residual)
{
    struct op *op = append(n, PWCONV);
    struct map output = new_map(n, input.size, channels);
    const int blocks = ceil_div(channels, Q8_BLOCK);
    const int groups = ceil_div(input.channels, Q8_GROUP);
    const int pixels = input.size * input.size;
    op->pwconv = (struct q8_pwconv){
        .weights = take(n, (size_t)blocks * Q8_BLOCK * (size_t)groups * Q8_GROUP),
        .rescale = rescale_of(n, blocks, rounding),
        .input = input.bytes,
        .output = output.bytes,
        .input_block_stride = block_stride(input),
        .output_block_stride = block_stride(output),
        .groups = groups,
        .tiling = tiling_of(n->kernels->rows, blocks, pixels),
        .add = {
            .other = residual,
            .high_factors = {12345, 9876},
            .rest_factors = {345, 76},
            .scale = 0x1p-14f,
            .scale_rest = 0x1p-29f,
        },
    };
    op->units = count_units(&op->pwconv.tiling);
    op->operations = 2.0 * pixels * input.channels * channels;
    snprintf(op->label, sizeof op->label, "pwconv %d.%d.%d%s", pixels, input.channels, channels,
            residual == NULL ? "" : " add");
    return output;
}

static struct map add_dwconv(struct network *n, struct map input, int stride)
{
    struct op *op = append(n, DWCONV);
    struct map output = new_map(n, input.size / stride, input.channels);
    if (input.size % stride != 0) {
        fputs("odd map\n", stderr);
        exit(1);
    }
    const int blocks = ceil_div(input.channels, Q8_BLOCK);
    op->dwconv = (struct q8_dwconv){
        .weights = take(n, (size_t)blocks * 3 * Q8_BLOCK * Q8_GROUP),
        .rescale = rescale_of(n, blocks, Q8_ONE_SIDED),
        .input = input.bytes,
        .zeros = take(n, (size_t)input.size * Q8_BLOCK),
        .output = output.bytes,
        .input_block_stride = block_stride(input),
        .output_block_stride = block_stride(output),
        .height = input.size,
        .width = input.size,
        .output_height = output.size,
        .output_width = output.size,
        .stride = stride,
        .dilation = 1,
        .pad_top = stride == 1 ? 1 : 0,
        .pad_left = stride == 1 ? 1 : 0,
    };
    op->units = blocks * output.size;
    op->operations = 18.0 * output.size * output.size * output.channels;
    snprintf(op->label, sizeof op->label, "dwconv %dx%dx%d stride %d", input.size, input.size, input.channels, stride);
    return output;
}

static struct map add_block(struct network *n, struct map input, int expansion, int channels, int stride)
{
    const bool residual = stride == 1 && input.channels == channels;
    struct map hidden = input;
    if (expansion > 1) {
        hidden = add_pwconv(n, input, input.channels * expansion, Q8_ONE_SIDED, NULL);
    }
    struct map filtered = add_dwconv(n, hidden, stride);
    return add_pwconv(n, filtered, channels, Q8_TWO_SIDED, residual ? input.bytes : NULL);
}

static void build(struct network *n, const struct q8_kernels *kernels)
{
    static const struct {
        int expansion;
        int channels;
        int repeats;
        int stride;
    } STAGES[] = {
        {1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1},
    };
    n->kernels = kernels;
    n->used = 0;
    n->count = 0;
    struct map map = add_stem(n, 32);
    for (size_t s = 0; s < sizeof STAGES / sizeof STAGES[0]; s++) {
        for (int i = 0; i < STAGES[s].repeats; i++) {
            const int stride = i == 0 ? STAGES[s].stride : 1;
            map = add_block(n, map, STAGES[s].expansion, STAGES[s].channels, stride);
        }
    }
    map = add_pwconv(n, map, 1280, Q8_ONE_SIDED, NULL);
    struct op *pool = append(n, GAVGPOOL);
    struct map mean = new_map(n, 1, map.channels);
    pool->gavgpool = (struct q8_gavgpool){
        .input = map.bytes,
        .output = mean.bytes,
        .pixels = map.size * map.size,
        .scales = 1,
        .multiplier = 1 << 30,
        .shift = -4,
    };
    pool->units = map.channels / Q8_BLOCK;
    pool->operations = (double)map.channels * map.size * map.size;
    snprintf(pool->label, sizeof pool->label, "mean %dx%dx%d", map.size, map.size, map.channels);
    add_pwconv(n, mean, CLASSES, Q8_TWO_SIDED, NULL);
}

static void run_op(const struct network *n, const struct op *op)
{
    const struct q8_kernels *k = n->kernels;
    switch (op->kind) {
    case STEM:
        k->stem(&op->stem, 0, op->units);
        break;
    case PWCONV:
        k->pwconv(&op->pwconv, 0, op->units);
        break;
    case DWCONV:
        k->dwconv(&op->dwconv, 0, op->units);
        break;
    case GAVGPOOL:
        k->gavgpool(&op->gavgpool, 0, op->units);
        break;
    }
}

struct op_call {
    const struct network *network;
    const struct op *op;
};

static void call_op(void *context, int number)
{
    const struct op_call *c = context;
    (void)number;
    run_op(c->network, c->op);
}

static void call_network(void *context, int number)
{
    const struct network *n = context;
    (void)number;
    for (int i = 0; i < n->count; i++) {
        run_op(n, &n->ops[i]);
    }
}

struct products_call {
    const struct q8_kernels *kernels;
    double operations;
};

static void call_products(void *context, int number)
{
    struct products_call *c = context;
    (void)number;
    c->operations = c->kernels->products(10000);
}

static void bench_kernels(struct network *n, const struct q8_kernels *kernels, const char *word)
{
    struct products_call products = {.kernels = kernels};
    const double seconds = best_time(call_products, &products);
    const double peak = products.operations / seconds;
    printf("%-10s peak %.1f GOP/s of products of bytes\n", kernels->name, peak * 1e-9);
    build(n, kernels);
    double operations = 0.0;
    double sum = 0.0;
    for (int i = 0; i < n->count; i++) {
        const struct op *op = &n->ops[i];
        operations += op->operations;
        char label[80];
        snprintf(label, sizeof label, "%-10s %s", kernels->name, op->label);
        if (word == NULL || strstr(label, word) != NULL) {
            struct op_call call = {n, op};
            const double time = best_time(call_op, &call);
            sum += time;
            printf("%-48s %7.1f us %7.1f GOP/s %3.0f %%\n", label, time * 1e6, op->operations / time * 1e-9,
                    100.0 * op->operations / time / peak);
        }
    }
    const double time = best_time(call_network, n);
    printf("%-10s network %.1f us, %.1f GOP/s %.0f %%; the layers above, hot, %.1f us\n", kernels->name, time * 1e6,
            operations / time * 1e-9, 100.0 * operations / time / peak, sum * 1e6);
}

void q8_bench(const char *word)
{
    static const struct {
        int needs;
        const struct q8_kernels *kernels;
    } KERNELS[] = {
#if defined(__x86_64__)
        {SPINDLE_CPU_AVX2, &q8_kernels_avx2},
        {SPINDLE_CPU_AVX512VNNI, &q8_kernels_avx512vnni},
#elif defined(__aarch64__)
        {SPINDLE_CPU_NEON, &q8_kernels_neon},
        {SPINDLE_CPU_NEON_DOT, &q8_kernels_neondot},
#endif
    };
    static struct network network;
    network.arena = aligned_alloc(64, ARENA_BYTES);
    if (network.arena == NULL) {
        fputs("out of memory\n", stderr);
        exit(1);
    }
    for (size_t i = 0; i < ARENA_BYTES; i++) {
        network.arena[i] = (int8_t)(i * 2654435761u >> 24);
    }
    for (size_t i = 0; i < sizeof KERNELS / sizeof KERNELS[0]; i++) {
        if ((spindle_cpu_features() & KERNELS[i].needs) != 0) {
            bench_kernels(&network, KERNELS[i].kernels, word);
        } else {
            printf("%-10s is not there\n", KERNELS[i].kernels->name);
        }
    }
    free(network.arena);
}
