/*
 * GFLOP/s of each kernel on the layers of MobileNetV2 1.0 at 224, and their share of the measured multiply-add peak; then the
 * same of the int8 kernels.
 * "hot" runs one layer again and again; "cold" walks through copies of the weights that no cache but the last holds, as
 * a whole network does. Blocks are timed fused and layer by layer. Each figure is the best of many runs short enough to
 * fall between two interruptions.
 *
 *     kernel_bench [word]    only the kernels and layers whose line contains the word
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "cpu.h"
#include "peak.h"
#include "spindle.h"

enum { COLD_FLOATS = 1 << 21, STEM_K = 27 };

struct matmul_shape {
    int pixels;
    int inputs;
    int outputs;
};

static const struct matmul_shape POINTWISE[] = {
    {12544, 32, 16}, {12544, 16, 96}, {3136, 96, 24}, {3136, 24, 144}, {3136, 144, 24}, {784, 144, 32},
    {784, 32, 192},  {784, 192, 32},  {196, 192, 64}, {196, 64, 384},  {196, 384, 64},  {196, 384, 96},
    {196, 96, 576},  {196, 576, 96},  {49, 576, 160}, {49, 160, 960},  {49, 960, 160},  {49, 960, 320},
    {49, 320, 1280},
};

struct depthwise_shape {
    int size;
    int channels;
    int stride;
    int dilation;
};

/* Those of MobileNetV2 at 224x224, and of segmentation at 513x513. */
static const struct depthwise_shape DEPTHWISE[] = {
    {112, 32, 1, 1}, {112, 96, 2, 1}, {56, 144, 1, 1}, {56, 144, 2, 1}, {28, 192, 1, 1}, {28, 192, 2, 1},
    {14, 384, 1, 1}, {14, 576, 1, 1}, {14, 576, 2, 1}, {7, 960, 1, 1},  {33, 960, 1, 1}, {33, 960, 1, 2},
    {65, 384, 1, 1}, {65, 384, 1, 2}, {65, 384, 1, 4}, {65, 960, 1, 1},  {65, 960, 1, 4},
};

struct bench {
    const struct spindle_kernels *kernels;
    double peak;
    const char *word;
    float *weights;
    float *input;
    float *output;
    float *zeros;
};

static float *floats(size_t count)
{
    float *p = aligned_alloc(64, (count * sizeof(float) + 63) / 64 * 64);
    if (p == NULL) {
        fputs("out of memory\n", stderr);
        exit(1);
    }
    for (size_t i = 0; i < count; i++) {
        p[i] = (float)((int)(i * 2654435761u >> 24) - 128) / 256.0f;
    }
    return p;
}

struct pwconv_call {
    const struct spindle_kernels *kernels;
    struct f32_pwconv layer;
    const float *weights;
    size_t panel;
    int copies;
    int units;
};

static void call_pwconv(void *context, int number)
{
    struct pwconv_call *c = context;
    c->layer.weights = c->weights + c->panel * (size_t)(number % c->copies);
    c->kernels->pwconv(&c->layer, 0, c->units);
}

static int selected(const struct bench *b, const char *label)
{
    return b->word == NULL || strstr(label, b->word) != NULL;
}

static void bench_pwconv(const struct bench *b, struct matmul_shape s)
{
    int c = b->kernels->lanes;
    char label[64];
    snprintf(label, sizeof label, "%-7s pwconv %5d.%d.%d", b->kernels->name, s.pixels, s.inputs, s.outputs);
    if (!selected(b, label)) {
        return;
    }
    int blocks = ceil_div(s.outputs, c);
    struct pwconv_call call = {
        .kernels = b->kernels,
        .layer = {
            .bias = b->zeros,
            .input = b->input,
            .output = b->output,
            .input_block_stride = (ptrdiff_t)s.pixels * c,
            .output_block_stride = (ptrdiff_t)s.pixels * c,
            .inputs = s.inputs,
            .tiling = tiling_of(b->kernels->rows, blocks, s.pixels),
            .low = 0,
            .high = 0x40C00000,
        },
        .weights = b->weights,
        .panel = (size_t)blocks * (size_t)c * (size_t)s.inputs,
        .copies = 1,
    };
    call.units = count_units(&call.layer.tiling);
    double flops = 2.0 * s.pixels * s.inputs * s.outputs;
    double hot = flops / best_time(call_pwconv, &call);
    call.copies = (int)(COLD_FLOATS / call.panel);
    double cold = flops / best_time(call_pwconv, &call);
    printf("%-34s %6.1f GFLOP/s hot %3.0f %%   %6.1f cold %3.0f %%\n", label, hot * 1e-9, 100.0 * hot / b->peak,
            cold * 1e-9, 100.0 * cold / b->peak);
}

struct dwconv_call {
    const struct spindle_kernels *kernels;
    struct f32_dwconv layer;
    int units;
};

static void call_dwconv(void *context, int number)
{
    struct dwconv_call *c = context;
    (void)number;
    c->kernels->dwconv(&c->layer, 0, c->units);
}

static void bench_dwconv(const struct bench *b, struct depthwise_shape s)
{
    int c = b->kernels->lanes;
    int out = ceil_div(s.size, s.stride);
    char label[64];
    snprintf(label, sizeof label, "%-7s dwconv %dx%dx%d stride %d dilation %d", b->kernels->name, s.size, s.size,
            s.channels, s.stride, s.dilation);
    if (!selected(b, label)) {
        return;
    }
    struct dwconv_call call = {
        .kernels = b->kernels,
        .layer = {
            .weights = b->weights,
            .bias = b->zeros,
            .input = b->input,
            .zeros = b->zeros,
            .output = b->output,
            .input_block_stride = (ptrdiff_t)s.size * s.size * c,
            .output_block_stride = (ptrdiff_t)out * out * c,
            .height = s.size,
            .width = s.size,
            .output_height = out,
            .output_width = out,
            .stride = s.stride,
            .dilation = s.dilation,
            .pad_top = s.dilation,
            .pad_left = s.dilation,
            .interior_from = s.dilation,
            .interior_to = s.stride == 1 ? out - s.dilation : out,
            .low = 0,
            .high = 0x40C00000,
        },
        .units = ceil_div(s.channels, c) * out,
    };
    double rate = 18.0 * out * out * s.channels / best_time(call_dwconv, &call);
    printf("%-46s %6.1f GFLOP/s     %3.0f %%\n", label, rate * 1e-9, 100.0 * rate / b->peak);
}

/* An inverted residual by the size of the map that its depthwise convolution reads; without inputs, behind the stem. */
struct block_shape {
    int size;
    int inputs;
    int hidden;
    int outputs;
    int stride;
    bool residual;
};

static const struct block_shape BLOCKS[] = {
    {112, 0, 32, 16, 1, false},  {112, 16, 96, 24, 2, false}, {56, 24, 144, 24, 1, true},
    {56, 24, 144, 32, 2, false}, {28, 32, 192, 32, 1, true},
};

struct block_call {
    const struct spindle_kernels *kernels;
    struct f32_stem stem;
    struct f32_pwconv expand;
    struct f32_dwconv dwconv;
    struct f32_pwconv project;
    struct f32_fused_block fused;
    int hidden_blocks;
};

static void call_layers(void *context, int number)
{
    struct block_call *c = context;
    (void)number;
    if (c->expand.inputs == 0) {
        c->kernels->stem(&c->stem, 0, c->dwconv.height);
    } else {
        c->kernels->pwconv(&c->expand, 0, count_units(&c->expand.tiling));
    }
    c->kernels->dwconv(&c->dwconv, 0, c->hidden_blocks * c->dwconv.output_height);
    c->kernels->pwconv(&c->project, 0, count_units(&c->project.tiling));
}

static void call_fused(void *context, int number)
{
    struct block_call *c = context;
    (void)number;
    c->kernels->fused_block(&c->fused, 0, c->dwconv.output_height);
}

/* As dev.spindle.plan.Planner cuts a block: about 40 hidden channels a group, scratch of at most 40 K floats. */
static void plan_fused(struct f32_fused_block *block, int lanes, float *scratch)
{
    double tiles = 40.0 / (tile_vectors(&block->hidden, 0) * lanes);
    block->group_tiles = tiles < 1.5 ? 1 : (int)(tiles + 0.5);
    ptrdiff_t group = first_block(&block->hidden, block->group_tiles);
    ptrdiff_t buffer = 0;
    ptrdiff_t filtered = 0;
    for (int rows = block->dwconv.output_height; rows > 0; rows--) {
        block->step_rows = rows;
        buffer = (ptrdiff_t)((rows - 1) * block->dwconv.stride + 3) * block->dwconv.width * lanes;
        filtered = (ptrdiff_t)rows * block->dwconv.output_width * lanes;
        if (group * (buffer + filtered) <= 40 * 1024) {
            break;
        }
    }
    block->dwconv.input = scratch;
    block->dwconv.input_block_stride = buffer;
    block->dwconv.output = scratch + group * buffer;
    block->dwconv.output_block_stride = filtered;
    block->project.input = block->dwconv.output;
    block->project.input_block_stride = filtered;
}

static void bench_block(const struct bench *b, struct block_shape s)
{
    const int c = b->kernels->lanes;
    const int out = s.size / s.stride;
    char label[64];
    snprintf(label, sizeof label, "%-7s block %dx%d %d.%d.%d stride %d", b->kernels->name, s.size, s.size, s.inputs,
            s.hidden, s.outputs, s.stride);
    if (!selected(b, label)) {
        return;
    }
    const int hidden_blocks = ceil_div(s.hidden, c);
    const ptrdiff_t hidden_stride = (ptrdiff_t)s.size * s.size * c;
    const ptrdiff_t stride = (ptrdiff_t)out * out * c;
    float *hidden = b->output;
    float *filtered = hidden + hidden_blocks * hidden_stride;
    float *output = filtered + hidden_blocks * stride;
    struct block_call call = {
        .kernels = b->kernels,
        .hidden_blocks = hidden_blocks,
        .stem = {
            .weights = b->weights,
            .bias = b->zeros,
            .input = b->input,
            .output = hidden,
            .row_stride = (2 * s.size + 1) * 3,
            .output_block_stride = hidden_stride,
            .tiling = tiling_of(b->kernels->rows, hidden_blocks, s.size),
            .low = 0,
            .high = 0x40C00000,
        },
        .expand = {
            .weights = b->weights,
            .bias = b->zeros,
            .input = b->input,
            .output = hidden,
            .input_block_stride = hidden_stride,
            .output_block_stride = hidden_stride,
            .inputs = s.inputs,
            .tiling = tiling_of(b->kernels->rows, hidden_blocks, s.size * s.size),
            .low = 0,
            .high = 0x40C00000,
        },
        .dwconv = {
            .weights = b->weights,
            .bias = b->zeros,
            .input = hidden,
            .zeros = b->zeros,
            .output = filtered,
            .input_block_stride = hidden_stride,
            .output_block_stride = stride,
            .height = s.size,
            .width = s.size,
            .output_height = out,
            .output_width = out,
            .stride = s.stride,
            .dilation = 1,
            .pad_top = 1,
            .pad_left = 1,
            .interior_from = 1,
            .interior_to = s.stride == 1 ? out - 1 : out,
            .low = 0,
            .high = 0x40C00000,
        },
        .project = {
            .weights = b->weights,
            .bias = b->zeros,
            .input = filtered,
            .residual = s.residual ? b->input : NULL,
            .output = output,
            .input_block_stride = stride,
            .output_block_stride = stride,
            .inputs = s.hidden,
            .tiling = tiling_of(b->kernels->rows, ceil_div(s.outputs, c), out * out),
            .low = INT32_MIN,
            .high = INT32_MAX,
        },
    };
    double layers = best_time(call_layers, &call);
    struct f32_stem stem = call.stem;
    struct f32_pwconv expand = call.expand;
    call.fused = (struct f32_fused_block){
        .stem = s.inputs == 0 ? &stem : NULL,
        .expand = s.inputs == 0 ? NULL : &expand,
        .dwconv = call.dwconv,
        .project = call.project,
        .hidden = s.inputs == 0 ? stem.tiling : expand.tiling,
    };
    plan_fused(&call.fused, c, hidden);
    stem.output_block_stride = call.fused.dwconv.input_block_stride;
    expand.output_block_stride = call.fused.dwconv.input_block_stride;
    double fused = best_time(call_fused, &call);
    double flops = 2.0 * s.hidden
            * ((s.inputs == 0 ? STEM_K : s.inputs) * (double)(s.size * s.size) + (9 + s.outputs) * (double)(out * out));
    printf("%-40s %7.1f us layer by layer, %7.1f fused, %6.1f GFLOP/s %3.0f %%\n", label, layers * 1e6, fused * 1e6,
            flops / fused * 1e-9, 100.0 * flops / fused / b->peak);
}

struct stem_call {
    const struct spindle_kernels *kernels;
    struct f32_stem layer;
};

static void call_stem(void *context, int number)
{
    struct stem_call *c = context;
    (void)number;
    c->kernels->stem(&c->layer, 0, 112);
}

static void bench_stem(const struct bench *b)
{
    int c = b->kernels->lanes;
    char label[64];
    snprintf(label, sizeof label, "%-7s stem 224x224x3 to 32", b->kernels->name);
    if (!selected(b, label)) {
        return;
    }
    struct stem_call call = {
        .kernels = b->kernels,
        .layer = {
            .weights = b->weights,
            .bias = b->zeros,
            .input = b->input,
            .output = b->output,
            .row_stride = 225 * 3,
            .output_block_stride = (ptrdiff_t)112 * 112 * c,
            .tiling = tiling_of(b->kernels->rows, ceil_div(32, c), 112),
            .low = 0,
            .high = 0x40C00000,
        },
    };
    double rate = 2.0 * 112 * 112 * 32 * STEM_K / best_time(call_stem, &call);
    printf("%-46s %6.1f GFLOP/s     %3.0f %%\n", label, rate * 1e-9, 100.0 * rate / b->peak);
}

struct dense_call {
    const struct spindle_kernels *kernels;
    struct f32_dense layer;
};

static void call_dense(void *context, int number)
{
    struct dense_call *c = context;
    (void)number;
    int full = c->layer.blocks / c->layer.vectors;
    c->kernels->dense(&c->layer, 0, full + __builtin_popcount((unsigned)(c->layer.blocks % c->layer.vectors)));
}

static void bench_dense(const struct bench *b)
{
    int c = b->kernels->lanes;
    char label[64];
    snprintf(label, sizeof label, "%-7s dense 1280 to 1000", b->kernels->name);
    if (!selected(b, label)) {
        return;
    }
    struct dense_call call = {
        .kernels = b->kernels,
        .layer = {
            .weights = b->weights,
            .bias = b->zeros,
            .input = b->input,
            .output = b->output,
            .inputs = 1280,
            .blocks = ceil_div(1000, c),
            .vectors = b->kernels->dense_vectors,
        },
    };
    double seconds = best_time(call_dense, &call);
    printf("%-34s %6.1f us %6.1f GB/s of weights\n", label, seconds * 1e6, 4.0 * 1280 * 1000 / seconds * 1e-9);
}

struct peak_call {
    peak_function *run;
    double flops;
};

static void call_peak(void *context, int number)
{
    struct peak_call *c = context;
    (void)number;
    c->flops = c->run(10000);
}

int main(int argc, char **argv)
{
    static const struct {
        int isa;
        peak_function *peak;
    } ISAS[] = {
#if defined(__x86_64__)
        {SPINDLE_AVX2, spindle_peak_avx2},
        {SPINDLE_AVX512, spindle_peak_avx512},
#elif defined(__aarch64__)
        {SPINDLE_NEON, spindle_peak_neon},
#endif
    };
    struct bench b = {
        .word = argc > 1 ? argv[1] : NULL,
        .weights = floats(COLD_FLOATS),
        .input = floats(65 * 65 * 960),
        .output = floats(65 * 65 * 960),
        .zeros = floats(4096),
    };
    memset(b.zeros, 0, 4096 * sizeof(float));
    for (size_t i = 0; i < sizeof ISAS / sizeof ISAS[0]; i++) {
        int needs = spindle_cpu_needs(ISAS[i].isa);
        b.kernels = spindle_kernels_for(ISAS[i].isa);
        if ((spindle_cpu_features() & needs) != needs) {
            printf("%-7s is not there\n", b.kernels->name);
            continue;
        }
        struct peak_call peak = {.run = ISAS[i].peak};
        double seconds = best_time(call_peak, &peak);
        b.peak = peak.flops / seconds;
        printf("%-7s multiply-add peak %.1f GFLOP/s\n", b.kernels->name, b.peak * 1e-9);
        bench_stem(&b);
        for (size_t s = 0; s < sizeof POINTWISE / sizeof POINTWISE[0]; s++) {
            bench_pwconv(&b, POINTWISE[s]);
        }
        for (size_t s = 0; s < sizeof DEPTHWISE / sizeof DEPTHWISE[0]; s++) {
            bench_dwconv(&b, DEPTHWISE[s]);
        }
        for (size_t s = 0; s < sizeof BLOCKS / sizeof BLOCKS[0]; s++) {
            bench_block(&b, BLOCKS[s]);
        }
        bench_dense(&b);
    }
    free(b.weights);
    free(b.input);
    free(b.output);
    free(b.zeros);
    q8_bench(b.word);
    return 0;
}
