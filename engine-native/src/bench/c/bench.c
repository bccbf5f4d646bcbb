#include "bench.h"

#include <time.h>

enum { RUNS = 100 };

static const double RUN_SECONDS = 0.001;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double best_time(call_function *call, void *context)
{
    double best = 1e9;
    int calls = 1;
    for (int run = 0; run < RUNS;) {
        double start = now();
        for (int i = 0; i < calls; i++) {
            call(context, i);
        }
        double seconds = now() - start;
        if (seconds < RUN_SECONDS) {
            calls *= 2;
            continue;
        }
        best = seconds / calls < best ? seconds / calls : best;
        run++;
    }
    return best;
}

int ceil_div(int a, int b)
{
    return (a + b - 1) / b;
}

struct tiling tiling_of(const int *rows, int blocks, int pixels)
{
    struct tiling t = {.blocks = blocks, .pixels = pixels, .rows = {rows[0], rows[1], rows[2]}};
    t.triples = blocks % 2 == 0 || blocks == 1 ? 0 : blocks % 3 == 0 ? blocks / 3 : 1;
    return t;
}
