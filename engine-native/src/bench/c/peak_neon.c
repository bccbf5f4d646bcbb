#include "simd_neon.h"

#include "peak.inc"
