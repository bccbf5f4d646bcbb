package dev.spindle.network;

import java.util.List;

/** Height and width of a map or a picture. */
public record MapSize(int rows, int columns) {

    /** The size of what a convolution makes of it. */
    public MapSize behind(Conv conv) {
        return new MapSize(Padding.outputSize(rows, conv.stride()), Padding.outputSize(columns, conv.stride()));
    }

    /** The size of what convolutions make of it, one after another. */
    public MapSize behind(List<Conv> convolutions) {
        MapSize size = this;
        for (Conv conv : convolutions) {
            size = size.behind(conv);
        }
        return size;
    }
}
