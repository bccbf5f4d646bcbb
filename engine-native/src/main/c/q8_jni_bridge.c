/* What NativeQuantisedKernel declares native, under the rules of jni_bridge.c. */
#include <jni.h>
#include <stddef.h>
#include <stdint.h>

#include "spindle.h"

#define JAVA(type, method) JNIEXPORT type JNICALL Java_dev_spindle_engine_jni_NativeQuantisedKernel_##method

static const void *source(jlong address)
{
    return (const void *)(intptr_t)address;
}

static void *target(jlong address)
{
    return (void *)(intptr_t)address;
}

JAVA(jstring, instructions)(JNIEnv *env, jclass owner, jint isa, jint features)
{
    (void)owner;
    const struct q8_kernels *kernels = q8_kernels_for(isa, features);
    return kernels == NULL ? NULL : (*env)->NewStringUTF(env, kernels->name);
}

JAVA(jint, rows)(JNIEnv *env, jclass owner, jint isa, jint features, jint vectors)
{
    (void)env;
    (void)owner;
    const struct q8_kernels *kernels = q8_kernels_for(isa, features);
    if (kernels == NULL) {
        return SPINDLE_NO_KERNELS;
    }
    return vectors < 1 || vectors > SPINDLE_MAX_VECTORS ? SPINDLE_NO_TILE : kernels->rows[vectors - 1];
}

JAVA(jdouble, products)(JNIEnv *env, jclass owner, jint isa, jint features, jint rounds)
{
    (void)env;
    (void)owner;
    const struct q8_kernels *kernels = q8_kernels_for(isa, features);
    return kernels == NULL ? SPINDLE_NO_KERNELS : kernels->products(rounds);
}

static struct q8_rescale rescale_of(jlong constants, jint rounding, jint zero_point, jint low, jint high)
{
    return (struct q8_rescale){
        .constants = source(constants),
        .rounding = (enum q8_rounding)rounding,
        .zero_point = zero_point,
        .low = low,
        .high = high,
    };
}

static struct q8_extra extra_of(jlong starts, jlong groups, jlong weights)
{
    return (struct q8_extra){.starts = source(starts), .groups = source(groups), .weights = source(weights)};
}

JAVA(jint, stem)
(JNIEnv *env,
        jclass owner,
        jint isa,
        jint features,
        jlong weights,
        jlong extra_starts,
        jlong extra_groups,
        jlong extra_weights,
        jlong constants,
        jint rounding,
        jint zero_point,
        jint low,
        jint high,
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
        jint from,
        jint to)
{
    (void)env;
    (void)owner;
    const struct q8_kernels *kernels = q8_kernels_for(isa, features);
    if (kernels == NULL) {
        return SPINDLE_NO_KERNELS;
    }
    const struct q8_stem layer = {
        .weights = source(weights),
        .extra = extra_of(extra_starts, extra_groups, extra_weights),
        .rescale = rescale_of(constants, rounding, zero_point, low, high),
        .input = source(input),
        .output = target(output),
        .row_stride = row_stride,
        .output_block_stride = output_block_stride,
        .tiling = {.blocks = blocks, .triples = triples, .pixels = pixels, .rows = {rows1, rows2, rows3}},
    };
    return kernels->stem(&layer, from, to);
}

JAVA(jint, pointwise)
(JNIEnv *env,
        jclass owner,
        jint isa,
        jint features,
        jlong weights,
        jlong extra_starts,
        jlong extra_groups,
        jlong extra_weights,
        jlong constants,
        jint rounding,
        jint zero_point,
        jint low,
        jint high,
        jlong input,
        jlong output,
        jint groups,
        jint input_block_stride,
        jint output_block_stride,
        jint blocks,
        jint triples,
        jint pixels,
        jint rows1,
        jint rows2,
        jint rows3,
        jlong other,
        jlong table,
        jint own_factor,
        jint other_factor,
        jint own_rest,
        jint other_rest,
        jint base,
        jfloat scale,
        jfloat scale_rest,
        jfloat offset,
        jint half,
        jfloat offset_below,
        jint from,
        jint to)
{
    (void)env;
    (void)owner;
    const struct q8_kernels *kernels = q8_kernels_for(isa, features);
    if (kernels == NULL) {
        return SPINDLE_NO_KERNELS;
    }
    const struct q8_pwconv layer = {
        .weights = source(weights),
        .extra = extra_of(extra_starts, extra_groups, extra_weights),
        .rescale = rescale_of(constants, rounding, zero_point, low, high),
        .input = source(input),
        .output = target(output),
        .input_block_stride = input_block_stride,
        .output_block_stride = output_block_stride,
        .groups = groups,
        .tiling = {.blocks = blocks, .triples = triples, .pixels = pixels, .rows = {rows1, rows2, rows3}},
        .add = {
            .other = source(other),
            .table = source(table),
            .high_factors = {(int16_t)own_factor, (int16_t)other_factor},
            .rest_factors = {(int16_t)own_rest, (int16_t)other_rest},
            .base = base,
            .scale = scale,
            .scale_rest = scale_rest,
            .offset = offset,
            .half = half,
            .offset_below = offset_below,
        },
    };
    return kernels->pwconv(&layer, from, to);
}

JAVA(jint, depthwise)
(JNIEnv *env,
        jclass owner,
        jint isa,
        jint features,
        jlong weights,
        jlong extra_starts,
        jlong extra_groups,
        jlong extra_weights,
        jlong constants,
        jint rounding,
        jint zero_point,
        jint low,
        jint high,
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
        jint from,
        jint to)
{
    (void)env;
    (void)owner;
    const struct q8_kernels *kernels = q8_kernels_for(isa, features);
    if (kernels == NULL) {
        return SPINDLE_NO_KERNELS;
    }
    const struct q8_dwconv layer = {
        .weights = source(weights),
        .extra = extra_of(extra_starts, extra_groups, extra_weights),
        .rescale = rescale_of(constants, rounding, zero_point, low, high),
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
    };
    return kernels->dwconv(&layer, from, to);
}

JAVA(jint, globalAverage)
(JNIEnv *env,
        jclass owner,
        jint isa,
        jint features,
        jlong input,
        jlong output,
        jint pixels,
        jboolean scales,
        jint multiplier,
        jint shift,
        jint zero_in,
        jint zero_out,
        jint pivot,
        jint from,
        jint to)
{
    (void)env;
    (void)owner;
    const struct q8_kernels *kernels = q8_kernels_for(isa, features);
    if (kernels == NULL) {
        return SPINDLE_NO_KERNELS;
    }
    const struct q8_gavgpool layer = {
        .input = source(input),
        .output = target(output),
        .pixels = pixels,
        .scales = scales,
        .multiplier = multiplier,
        .shift = shift,
        .zero_in = zero_in,
        .zero_out = zero_out,
        .pivot = pivot,
    };
    return kernels->gavgpool(&layer, from, to);
}
