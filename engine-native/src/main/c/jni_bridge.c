/*
 * What NativeKernel and NativeLibrary declare native. Addresses come as longs, so that no array crosses; everything is
 * computed elsewhere.
 */
#include <jni.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu.h"
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
