/* The walk over the register tiles of a matrix product, as dev.spindle.kernel.Tiling numbers them. */
#ifndef SPINDLE_TILING_H
#define SPINDLE_TILING_H

#include <stdbool.h>

#include "spindle.h"

/* Pixel tiles across one channel tile: their sizes differ by at most one. */
struct pixel_cut {
    int tiles;
    int tile;
    /* The tile's pixels. */
    int first;
    int rows;
    int whole;
    int rest;
    int carry;
};

static inline int channel_tiles(const struct tiling *t)
{
    return t->triples + (t->blocks - 3 * t->triples + 1) / 2;
}

/* The first block of a channel tile; behind the last tile, the number of blocks. */
static inline int first_block(const struct tiling *t, int tile)
{
    int block = tile <= t->triples ? 3 * tile : 3 * t->triples + 2 * (tile - t->triples);
    return block < t->blocks ? block : t->blocks;
}

static inline int tile_vectors(const struct tiling *t, int tile)
{
    if (tile < t->triples) {
        return 3;
    }
    return t->blocks - first_block(t, tile) < 2 ? 1 : 2;
}

static inline int pixel_tiles(const struct tiling *t, int vectors)
{
    int rows = t->rows[vectors - 1];
    return (t->pixels + rows - 1) / rows;
}

static inline void pixel_cut_measure(struct pixel_cut *cut)
{
    cut->rows = cut->whole + (cut->carry + cut->rest >= cut->tiles ? 1 : 0);
}

/* Starts at a tile: its first pixel is floor(pixels * tile / tiles). */
static inline struct pixel_cut pixel_cut_at(const struct tiling *t, int vectors, int tile)
{
    struct pixel_cut cut;
    cut.tiles = pixel_tiles(t, vectors);
    cut.tile = tile;
    cut.whole = t->pixels / cut.tiles;
    cut.rest = t->pixels % cut.tiles;
    int64_t rests = (int64_t)cut.rest * tile;
    cut.carry = (int)(rests % cut.tiles);
    cut.first = cut.whole * tile + (int)(rests / cut.tiles);
    pixel_cut_measure(&cut);
    return cut;
}

/* Steps to the next tile without a division. */
static inline void pixel_cut_next(struct pixel_cut *cut)
{
    cut->first += cut->rows;
    cut->carry += cut->rest;
    if (cut->carry >= cut->tiles) {
        cut->carry -= cut->tiles;
    }
    cut->tile++;
    pixel_cut_measure(cut);
}

/* The channel tile that a unit belongs to; *tile becomes its pixel tile. */
static inline int seek_unit(const struct tiling *t, int unit, int *tile)
{
    int tiles3 = t->triples == 0 ? 1 : pixel_tiles(t, 3);
    if (unit < t->triples * tiles3) {
        *tile = unit % tiles3;
        return unit / tiles3;
    }
    unit -= t->triples * tiles3;
    int pairs = (t->blocks - 3 * t->triples) / 2;
    int tiles2 = pixel_tiles(t, 2);
    if (unit < pairs * tiles2) {
        *tile = unit % tiles2;
        return t->triples + unit / tiles2;
    }
    *tile = unit - pairs * tiles2;
    return t->triples + pairs;
}

/* All tiles. */
static inline int count_units(const struct tiling *t)
{
    int rest = t->blocks - 3 * t->triples;
    int units = t->triples == 0 ? 0 : t->triples * pixel_tiles(t, 3);
    units += rest / 2 * pixel_tiles(t, 2);
    return units + rest % 2 * pixel_tiles(t, 1);
}

/* The cut of some of the channel tiles, and of other pixels, alone. */
static inline struct tiling part_of_tiling(const struct tiling *t, int from_tile, int to_tile, int pixels)
{
    struct tiling part = *t;
    part.blocks = first_block(t, to_tile) - first_block(t, from_tile);
    part.triples = to_tile < t->triples ? to_tile - from_tile : from_tile < t->triples ? t->triples - from_tile : 0;
    part.pixels = pixels;
    return part;
}

/* Whether there is a register tile for every tile of the cut. */
static inline bool tiling_fits(const struct tiling *t, const int *most_rows)
{
    for (int i = 0; i < SPINDLE_MAX_VECTORS; i++) {
        bool used = i < 2 || t->triples > 0;
        if (used && (t->rows[i] < 1 || t->rows[i] > most_rows[i])) {
            return false;
        }
    }
    return true;
}

#endif
