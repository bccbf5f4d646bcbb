package dev.spindle.kernel;

/**
 * The cut of a matrix product into register tiles. Units count tiles, channel tiles outside, pixel tiles inside, so that
 * a run of units reuses a panel of weights.
 *
 * @param blocks output channel blocks
 * @param triples leading channel tiles that are three blocks wide; see {@link Layout#triples}
 * @param pixels output pixels
 * @param rows1 most pixels of a tile one block wide
 * @param rows2 most pixels of a tile two blocks wide
 * @param rows3 most pixels of a tile three blocks wide
 */
public record Tiling(int blocks, int triples, int pixels, int rows1, int rows2, int rows3) {

    /** The cut that a layout asks for. */
    public static Tiling of(Layout layout, int blocks, int pixels) {
        return new Tiling(blocks, layout.triples(blocks), pixels, layout.rows1(), layout.rows2(), layout.rows3());
    }

    /** Tiles across output channels. */
    public int channelTiles() {
        return triples + (blocks - 3 * triples + 1) / 2;
    }

    /** The first block of a channel tile; of {@link #channelTiles} itself, the number of blocks. */
    public int firstBlock(int tile) {
        return tile <= triples ? 3 * tile : Math.min(blocks, 3 * triples + 2 * (tile - triples));
    }

    /** How many blocks wide a channel tile is. */
    public int vectors(int tile) {
        return tile < triples ? 3 : Math.min(2, blocks - firstBlock(tile));
    }

    /** Most pixels of a tile {@code vectors} blocks wide. */
    public int rows(int vectors) {
        return vectors == 1 ? rows1 : vectors == 2 ? rows2 : rows3;
    }

    /** Tiles across pixels, for channel tiles {@code vectors} blocks wide; they differ by at most one pixel. */
    public int pixelTiles(int vectors) {
        return tiles(pixels, rows(vectors));
    }

    /** The first pixel of a pixel tile out of {@code tiles}. */
    public int firstPixel(int tile, int tiles) {
        return first(tile, tiles, pixels);
    }

    /** The fewest tiles of at most {@code rows} that hold {@code pixels}. */
    public static int tiles(int pixels, int rows) {
        return (pixels + rows - 1) / rows;
    }

    /** The first pixel of a tile where {@code pixels} are cut evenly into {@code tiles}. */
    public static int first(int tile, int tiles, int pixels) {
        return (int) ((long) pixels * tile / tiles);
    }

    /** All tiles. */
    public int units() {
        return firstUnit(channelTiles());
    }

    /** The first unit of a channel tile; of {@link #channelTiles} itself, the number of units. */
    public int firstUnit(int channelTile) {
        int wide = Math.min(channelTile, triples);
        int pairs = Math.min(channelTile - wide, (blocks - 3 * triples) / 2);
        return units(wide, 3) + units(pairs, 2) + units(channelTile - wide - pairs, 1);
    }

    /** The channel tile that a unit belongs to. */
    public int channelTile(int unit) {
        int wide = units(triples, 3);
        if (unit < wide) {
            return unit / pixelTiles(3);
        }
        return Math.min(triples + (unit - wide) / pixelTiles(2), triples + (blocks - 3 * triples) / 2);
    }

    private int units(int channelTiles, int vectors) {
        return channelTiles == 0 ? 0 : channelTiles * pixelTiles(vectors);
    }
}
