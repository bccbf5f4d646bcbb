/**
 * From a picture to the input tensor of a network: decoding with the JDK's ImageIO, orientation, resizing that agrees
 * with Pillow's, cropping, and the scale that a network was trained with.
 */
package dev.spindle.image;
