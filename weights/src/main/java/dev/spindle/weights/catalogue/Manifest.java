package dev.spindle.weights.catalogue;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.spindle.InvalidInputException;
import dev.spindle.image.Preprocessing;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The JSON form of a part of the catalogue: one publisher's models, and what they share. */
record Manifest(
        @JsonProperty(required = true) String source,
        @JsonProperty(required = true) String page,
        @JsonProperty(required = true) String licence,
        String labels,
        Pictures preprocessing,
        @JsonProperty(required = true) List<Published> models) {

    private static final ObjectReader JSON = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build()
            .readerFor(Manifest.class);

    Manifest {
        Objects.requireNonNull(source, "source");
        Objects.requireNonNull(page, "page");
        Objects.requireNonNull(licence, "licence");
        models = List.copyOf(models);
    }

    /** How pictures become inputs; the resize before the crop belongs to each model. */
    record Pictures(@JsonProperty(required = true) String preset, String interpolation) {
        Pictures {
            Objects.requireNonNull(preset, "preset");
        }
    }

    /** One model. {@code file} defaults to the last part of the address, {@code resize} is the short side in pixels. */
    record Published(
            @JsonProperty(required = true) String name,
            @JsonProperty(required = true) String address,
            String file,
            String sha256,
            Long bytes,
            Integer inputSize,
            Integer resize,
            Double top1,
            Double top5) {
        Published {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(address, "address");
        }
    }

    /**
     * Reads a manifest.
     *
     * @param name of the file, for messages
     * @param json its content
     * @return its models
     */
    static List<CatalogueEntry> read(String name, byte[] json) {
        Manifest manifest;
        try {
            manifest = JSON.readValue(json);
        } catch (JsonProcessingException e) {
            throw new InvalidInputException(
                    name + ": line " + e.getLocation().getLineNr() + ": expected a manifest of models, found: "
                            + e.getOriginalMessage().lines().findFirst().orElse("no JSON"),
                    e);
        } catch (IOException e) {
            throw new IllegalStateException("bytes in memory cannot fail to be read", e);
        }
        List<CatalogueEntry> entries = new ArrayList<>();
        for (Published model : manifest.models) {
            try {
                entries.add(manifest.entry(model));
            } catch (IllegalArgumentException e) {
                throw new InvalidInputException(name + ": model " + model.name + ": " + e.getMessage(), e);
            }
        }
        return entries;
    }

    private CatalogueEntry entry(Published model) {
        URI address = uri(model.address);
        return new CatalogueEntry(
                model.name,
                source,
                uri(page),
                licence,
                address,
                model.file == null ? lastPart(address) : model.file,
                Optional.ofNullable(model.sha256).map(Checksum::new),
                model.bytes == null ? OptionalLong.empty() : OptionalLong.of(model.bytes),
                model.inputSize == null ? OptionalInt.empty() : OptionalInt.of(model.inputSize),
                Optional.ofNullable(preprocessing).map(pictures -> preprocessing(pictures, model)),
                Optional.ofNullable(labels).map(Manifest::labelSet),
                model.top1 == null ? OptionalDouble.empty() : OptionalDouble.of(model.top1),
                model.top5 == null ? OptionalDouble.empty() : OptionalDouble.of(model.top5));
    }

    private static URI uri(String text) {
        try {
            return new URI(text);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    private static String lastPart(URI address) {
        String path = address.getPath();
        return path == null ? "" : path.substring(path.lastIndexOf('/') + 1);
    }

    private static LabelSet labelSet(String id) {
        return named("labels", id, Arrays.stream(LabelSet.values()), LabelSet::id);
    }

    private static Preprocessing preprocessing(Pictures pictures, Published model) {
        Preprocessing preset = named(
                "preset",
                pictures.preset,
                Stream.of(Preprocessing.TORCH, Preprocessing.TF, Preprocessing.CAFFE),
                Preprocessing::name);
        Preprocessing.Interpolation interpolation = pictures.interpolation == null
                ? preset.interpolation()
                : named(
                        "interpolation",
                        pictures.interpolation,
                        Arrays.stream(Preprocessing.Interpolation.values()),
                        filter -> filter.name().toLowerCase(Locale.ROOT));
        double ratio = preset.resizeRatio();
        if (model.resize != null) {
            if (model.inputSize == null) {
                throw new IllegalArgumentException("resize without input_size");
            }
            ratio = (double) model.resize / model.inputSize;
        }
        return new Preprocessing(
                preset.name(), ratio, interpolation, preset.channelOrder(), preset.mean(), preset.scale());
    }

    private static <T> T named(
            String what, String name, Stream<T> all, Function<T, String> nameOf) {
        List<T> candidates = all.toList();
        Supplier<IllegalArgumentException> unknown = () -> new IllegalArgumentException(
                what + " " + name + ", expected one of "
                        + candidates.stream().map(nameOf).collect(Collectors.joining(", ")));
        return candidates.stream()
                .filter(candidate -> nameOf.apply(candidate).equals(name))
                .findFirst()
                .orElseThrow(unknown);
    }
}
