package dev.spindle.weights;

import java.util.List;

/** The classes of PASCAL VOC 2012 segmentation, in the order of every published network's outputs. */
final class PascalVoc {

    static final List<String> LABELS = List.of(
            "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
            "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor");

    private PascalVoc() {}
}
