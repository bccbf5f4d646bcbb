/*
 * What NativeKernel and NativeLibrary declare native. Addresses come as longs, so that no array crosses; everything is
 * computed elsewhere.
 */
#include <jni.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu.h"
#include "pages.h"
#include "spindle.h"

#define JAVA(type, class_name, method) JNIEXPORT type JNICALL Java_dev_spindle_engine_jni_##class_name##_##method

static const float *source(jlong address)
{
    return (const float *)(intptr_t)address;
}

static float *target(jlong address)
{
    return (float *)(intptr_t)address;
}

JAVA(jint, NativeLibrary, probeCpu)(JNIEnv *env, jclass owner)
{
    (void)env;
    (void)owner;
    return spindle_cpu_features();
}

JAVA(jint, NativeLibrary, cpuNeeds)(JNIEnv *env, jclass owner, jint isa)
{
    (void)env;
    (void)owner;
    return spindle_cpu_needs(isa);
}

JAVA(void, NativeKernel, askForHugePages)(JNIEnv *env, jclass owner, jlong address, jlong bytes)
{
    (void)env;
    (void)owner;
    spindle_ask_for_huge_pages((uintptr_t)address, (uintptr_t)address + (uintptr_t)bytes);
}

JAVA(jint, NativeKernel, lanes)(JNIEnv *env, jclass owner, jint isa)
{
    (void)env;
    (void)owner;
    const struct spindle_kernels *kernels = spindle_kernels_for(isa);
    return kernels == NULL ? SPINDLE_NO_KERNELS : kernels->lanes;
}

JAVA(jint, NativeKernel, rows)(JNIEnv *env, jclass owner, jint isa, jint vectors)
{
    (void)env;
    (void)owner;
    const struct spindle_kernels *kernels = spindle_kernels_for(isa);
    if (kernels == NULL) {
        return SPINDLE_NO_KERNELS;
    }
    return vectors < 1 || vectors > SPINDLE_MAX_VECTORS ? SPINDLE_NO_TILE : kernels->rows[vectors - 1];
}

JAVA(jint, NativeKernel, denseVectors)(JNIEnv *env, jclass owner, jint isa)
{
    (void)env;
    (void)owner;
    const struct spindle_kernels *kernels = spindle_kernels_for(isa);
    return kernels == NULL ? SPINDLE_NO_KERNELS : kernels->dense_vectors;
}

JAVA(jint, NativeKernel, stem)
(JNIEnv *env,
        jclass owner,
        jint isa,
        jlong weights,
        jlong bias,
        jlong input,
        jlong output,
        jint row_stride,
        jint output_block_stride,
        jint blocks,
        jint triples,
        jint pixels,
        jint rows1,
        jint rows2,
        jint rows3,
        jint low,
        jint high,
        jint from,
        jint to)
{
    (void)env;
    (void)owner;
    const struct spindle_kernels *kernels = spindle_kernels_for(isa);
    if (kernels == NULL) {
        return SPINDLE_NO_KERNELS;
    }
    const struct f32_stem layer = {
        .weights = source(weights),
        .bias = source(bias),
        .input = source(input),
        .output = target(output),
        .row_stride = row_stride,
        .output_block_stride = output_block_stride,
        .tiling = {.blocks = blocks, .triples = triples, .pixels = pixels, .rows = {rows1, rows2, rows3}},
        .low = low,
        .high = high,
    };
    return kernels->stem(&layer, from, to);
}

JAVA(jint, NativeKernel, pointwise)
(JNIEnv *env,
        jclass owner,
        jint isa,
        jlong weights,
        jlong bias,
        jlong input,
        jlong residual,
        jlong output,
        jint inputs,
        jint input_block_stride,
        jint output_block_stride,
        jint blocks,
        jint triples,
        jint pixels,
        jint rows1,
        jint rows2,
        jint rows3,
        jint low,
        jint high,
        jint from,
        jint to)
{
    (void)env;
    (void)owner;
    const struct spindle_kernels *kernels = spindle_kernels_for(isa);
    if (kernels == NULL) {
        return SPINDLE_NO_KERNELS;
    }
    const struct f32_pwconv layer = {
        .weights = source(weights),
        .bias = source(bias),
        .input = source(input),
        .residual = source(residual),
        .output = target(output),
        .inputs = inputs,
        .input_block_stride = input_block_stride,
        .output_block_stride = output_block_stride,
        .tiling = {.blocks = blocks, .triples = triples, .pixels = pixels, .rows = {rows1, rows2, rows3}},
        .low = low,
        .high = high,
    };
    return kernels->pwconv(&layer, from, to);
}

JAVA(jint, NativeKernel, depthwise)
(JNIEnv *env,
        jclass owner,
        jint isa,
        jlong weights,
        jlong bias,
        jlong input,
        jlong zeros,
        jlong output,
        jint input_block_stride,
        jint output_block_stride,
        jint height,
        jint width,
        jint output_height,
        jint output_width,
        jint stride,
        jint dilation,
        jint pad_top,
        jint pad_left,
        jint interior_from,
        jint interior_to,
        jint low,
        jint high,
        jint from,
        jint to)
{
    (void)env;
    (void)owner;
    const struct spindle_kernels *kernels = spindle_kernels_for(isa);
    if (kernels == NULL) {
        return SPINDLE_NO_KERNELS;
    }
    const struct f32_dwconv layer = {
        .weights = source(weights),
        .bias = source(bias),
        .input = source(input),
        .zeros = source(zeros),
        .output = target(output),
        .input_block_stride = input_block_stride,
        .output_block_stride = output_block_stride,
        .height = height,
        .width = width,
        .output_height = output_height,
        .output_width = output_width,
        .stride = stride,
        .dilation = dilation,
        .pad_top = pad_top,
        .pad_left = pad_left,
        .interior_from = interior_from,
        .interior_to = interior_to,
        .low = low,
        .high = high,
    };
    return kernels->dwconv(&layer, from, to);
}

JAVA(jint, NativeKernel, fusedBlock)
(JNIEnv *env,
        jclass owner,
        jint isa,
        jboolean has_stem,
        jboolean has_expand,
        jlong first_weights,
        jlong first_bias,
        jlong first_input,
        jint first_inputs,
        jint first_input_stride,
        jint first_low,
        jint first_high,
        jlong buffer,
        jint buffer_block_stride,
        jint hidden_blocks,
        jint hidden_triples,
        jint hidden_rows1,
        jint hidden_rows2,
        jint hidden_rows3,
        jint group_tiles,
        jint step_rows,
        jlong depthwise_weights,
        jlong depthwise_bias,
        jlong depthwise_input,
        jlong zeros,
        jint depthwise_input_block_stride,
        jint height,
        jint width,
        jint output_height,
        jint output_width,
        jint stride,
        jint dilation,
        jint pad_top,
        jint pad_left,
        jint interior_from,
        jint interior_to,
        jint depthwise_low,
        jint depthwise_high,
        jlong filtered,
        jint filtered_block_stride,
        jlong project_weights,
        jlong project_bias,
        jlong residual,
        jlong output,
        jint project_inputs,
        jint output_block_stride,
        jint project_blocks,
        jint project_triples,
        jint project_rows1,
        jint project_rows2,
        jint project_rows3,
        jint project_low,
        jint project_high,
        jint from,
        jint to)
{
    (void)env;
    (void)owner;
    const struct spindle_kernels *kernels = spindle_kernels_for(isa);
    if (kernels == NULL) {
        return SPINDLE_NO_KERNELS;
    }
    const struct f32_stem stem = {
        .weights = source(first_weights),
        .bias = source(first_bias),
        .input = source(first_input),
        .output = target(buffer),
        .row_stride = first_input_stride,
        .output_block_stride = buffer_block_stride,
        .low = first_low,
        .high = first_high,
    };
    const struct f32_pwconv expand = {
        .weights = source(first_weights),
        .bias = source(first_bias),
        .input = source(first_input),
        .output = target(buffer),
        .input_block_stride = first_input_stride,
        .output_block_stride = buffer_block_stride,
        .inputs = first_inputs,
        .low = first_low,
        .high = first_high,
    };
    const struct f32_fused_block layer = {
        .stem = has_stem ? &stem : NULL,
        .expand = has_expand ? &expand : NULL,
        .dwconv = {
            .weights = source(depthwise_weights),
            .bias = source(depthwise_bias),
            .input = source(depthwise_input),
            .zeros = source(zeros),
            .output = target(filtered),
            .input_block_stride = depthwise_input_block_stride,
            .output_block_stride = filtered_block_stride,
            .height = height,
            .width = width,
            .output_height = output_height,
            .output_width = output_width,
            .stride = stride,
            .dilation = dilation,
            .pad_top = pad_top,
            .pad_left = pad_left,
            .interior_from = interior_from,
            .interior_to = interior_to,
            .low = depthwise_low,
            .high = depthwise_high,
        },
        .project = {
            .weights = source(project_weights),
            .bias = source(project_bias),
            .input = source(filtered),
            .residual = source(residual),
            .output = target(output),
            .input_block_stride = filtered_block_stride,
            .output_block_stride = output_block_stride,
            .inputs = project_inputs,
            .tiling = {
                .blocks = project_blocks,
                .triples = project_triples,
                .rows = {project_rows1, project_rows2, project_rows3},
            },
            .low = project_low,
            .high = project_high,
        },
        .hidden = {
            .blocks = hidden_blocks,
            .triples = hidden_triples,
            .rows = {hidden_rows1, hidden_rows2, hidden_rows3},
        },
        .group_tiles = group_tiles,
        .step_rows = step_rows,
    };
    return kernels->fused_block(&layer, from, to);
}

JAVA(jint, NativeKernel, globalAverage)
(JNIEnv *env, jclass owner, jint isa, jlong input, jlong output, jint pixels, jint from, jint to)
{
    (void)env;
    (void)owner;
    const struct spindle_kernels *kernels = spindle_kernels_for(isa);
    if (kernels == NULL) {
        return SPINDLE_NO_KERNELS;
    }
    const struct f32_gavgpool layer = {.input = source(input), .output = target(output), .pixels = pixels};
    return kernels->gavgpool(&layer, from, to);
}

JAVA(jint, NativeKernel, dense)
(JNIEnv *env,
        jclass owner,
        jint isa,
        jlong weights,
        jlong bias,
        jlong input,
        jlong output,
        jint inputs,
        jint blocks,
        jint vectors,
        jint from,
        jint to)
{
    (void)env;
    (void)owner;
    const struct spindle_kernels *kernels = spindle_kernels_for(isa);
    if (kernels == NULL) {
        return SPINDLE_NO_KERNELS;
    }
    const struct f32_dense layer = {
        .weights = source(weights),
        .bias = source(bias),
        .input = source(input),
        .output = target(output),
        .inputs = inputs,
        .blocks = blocks,
        .vectors = vectors,
    };
    return kernels->dense(&layer, from, to);
}

JAVA(void, NativeKernel, softmax)(JNIEnv *env, jclass owner, jlong input, jlong output, jint count)
{
    (void)env;
    (void)owner;
    f32_softmax(source(input), target(output), count);
}
