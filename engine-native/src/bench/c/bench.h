/* What the benchmarks share. */
#ifndef SPINDLE_BENCH_H
#define SPINDLE_BENCH_H

#include "tiling.h"

/* Seconds a call: the best of several runs of many calls. The call gets a running number. */
typedef void call_function(void *context, int number);
double best_time(call_function *call, void *context);

int ceil_div(int a, int b);

/* As Layout.triples cuts. */
struct tiling tiling_of(const int *rows, int blocks, int pixels);

/* The int8 part of kernel_bench. */
void q8_bench(const char *word);

#endif
