/* The int8 arithmetic of the few numbers, and where no quick form is proved: as TensorFlow Lite writes it, one by one. */
#ifndef SPINDLE_Q8_INTEGERS_H
#define SPINDLE_Q8_INTEGERS_H

#include "spindle.h"

/* The bytes of one pixel's sums, bias included; constants are the block's, of the form Q8_INTEGERS. */
void q8_rescale_integers(
        const int32_t sums[Q8_BLOCK], const struct q8_rescale *rescale, const int32_t *constants, uint8_t out[Q8_BLOCK]);

/* The table of struct q8_add for some pixels of a block; `out` may be either source. */
void q8_add_table(const struct q8_add *add, const uint8_t *bytes, const uint8_t *other, uint8_t *out, int pixels);

/* The byte of a channel's average. */
uint8_t q8_mean(const struct q8_gavgpool *layer, int32_t sum);

#endif
