/**
 * What turns an SSD's predictions into boxes: anchors, the code of boxes, scores, and the suppression of boxes that show the
 * same thing (Liu et al., arXiv 1512.02325, section 2).
 */
package dev.spindle.detection;
