package dev.spindle.image;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * What a JPEG file's markers say and ImageIO does not (ITU-T T.81, annex B; JFIF 1.02; Adobe technical note 5116):
 * which colours its components are, by libjpeg's rules, and how the camera was held.
 *
 * @param colours what the components are
 * @param orientation of the Exif segment
 */
record JpegHeader(Colours colours, Orientation orientation) {

    /** What the components are. */
    enum Colours {
        GREY, YCC, RGB, CMYK, YCCK, UNKNOWN
    }

    private static final byte[] JFIF = {'J', 'F', 'I', 'F', 0};
    private static final byte[] EXIF = {'E', 'x', 'i', 'f', 0, 0};
    private static final byte[] ADOBE = {'A', 'd', 'o', 'b', 'e'};

    private static final int APP0 = 0xE0;
    private static final int APP1 = 0xE1;
    private static final int APP14 = 0xEE;
    private static final int START_OF_IMAGE = 0xD8;
    private static final int END_OF_IMAGE = 0xD9;
    private static final int START_OF_SCAN = 0xDA;

    /** Offset of the transform byte in Adobe's segment. */
    private static final int ADOBE_TRANSFORM = 11;

    /** Offset of the component count in a frame header, and of the first component's identifier after it. */
    private static final int FRAME_COMPONENTS = 5;

    private static final int NO_ADOBE = -1;

    /** Whether a file starts as JPEG files do. */
    static boolean startsAt(byte[] file) {
        return file.length >= 3 && (file[0] & 0xFF) == 0xFF && (file[1] & 0xFF) == START_OF_IMAGE && file[2] == file[0];
    }

    /**
     * Reads the segments before the first scan; a segment that does not fit ends the walk, and the decoder will say why.
     *
     * @param file all bytes of a JPEG file
     */
    static JpegHeader of(byte[] file) {
        Walk walk = new Walk();
        int at = 2;
        while (at <= file.length - 4 && (file[at] & 0xFF) == 0xFF) {
            int marker = file[at + 1] & 0xFF;
            if (marker == START_OF_SCAN || marker == END_OF_IMAGE) {
                break;
            }
            if (marker == 0xFF) {
                at++;
                continue;
            }
            int length = (file[at + 2] & 0xFF) << 8 | file[at + 3] & 0xFF;
            if (length < 2 || length > file.length - at - 2) {
                break;
            }
            walk.segment(marker, ByteBuffer.wrap(file, at + 4, length - 2).slice());
            at += 2 + length;
        }
        return new JpegHeader(walk.colours(), walk.orientation);
    }

    private static final class Walk {
        private Orientation orientation = Orientation.TOP_LEFT;
        private boolean exif;
        private boolean jfif;
        private int adobeTransform = NO_ADOBE;
        private byte[] components = {};

        void segment(int marker, ByteBuffer content) {
            if (marker == APP0 && startsWith(content, JFIF)) {
                jfif = true;
            } else if (marker == APP1 && !exif && startsWith(content, EXIF)) {
                exif = true;
                orientation = Orientation.ofExif(content.position(EXIF.length));
            } else if (marker == APP14 && startsWith(content, ADOBE) && content.limit() > ADOBE_TRANSFORM) {
                adobeTransform = content.get(ADOBE_TRANSFORM);
            } else if (isFrame(marker) && content.limit() > FRAME_COMPONENTS) {
                readComponents(content);
            }
        }

        private void readComponents(ByteBuffer frame) {
            int count = frame.get(FRAME_COMPONENTS) & 0xFF;
            if (frame.limit() >= FRAME_COMPONENTS + 1 + 3 * count) {
                components = new byte[count];
                for (int i = 0; i < count; i++) {
                    components[i] = frame.get(FRAME_COMPONENTS + 1 + 3 * i);
                }
            }
        }

        Colours colours() {
            return switch (components.length) {
                case 1 -> Colours.GREY;
                case 3 -> threeColours();
                case 4 -> adobeTransform == NO_ADOBE || adobeTransform == 0 ? Colours.CMYK : Colours.YCCK;
                default -> Colours.UNKNOWN;
            };
        }

        private Colours threeColours() {
            if (jfif) {
                return Colours.YCC;
            }
            boolean rgb = adobeTransform == NO_ADOBE
                    ? new String(components, StandardCharsets.ISO_8859_1).equals("RGB")
                    : adobeTransform == 0;
            return rgb ? Colours.RGB : Colours.YCC;
        }

        /** SOF0 to SOF15 without DHT, JPG and DAC, which share the range. */
        private static boolean isFrame(int marker) {
            return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
        }

        private static boolean startsWith(ByteBuffer content, byte[] prefix) {
            return content.limit() >= prefix.length
                    && content.slice(0, prefix.length).equals(ByteBuffer.wrap(prefix));
        }
    }
}
