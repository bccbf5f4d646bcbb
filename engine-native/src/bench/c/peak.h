#ifndef SPINDLE_PEAK_H
#define SPINDLE_PEAK_H

/* Runs `rounds` rounds of independent multiply-adds on registers; returns how many floating-point operations it did. */
typedef double peak_function(long rounds);

peak_function spindle_peak_avx2;
peak_function spindle_peak_avx512;
peak_function spindle_peak_neon;

#endif
