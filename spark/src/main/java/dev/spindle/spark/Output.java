package dev.spindle.spark;

import dev.spindle.Classification;
import dev.spindle.Segmentation;
import java.util.List;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;

/** What a column may hold of a {@link Prediction}; null where the prediction has nothing of it. */
enum Output {
    /** The most probable class's name. */
    LABEL(DataTypes.StringType) {
        @Override
        Object of(Prediction prediction) {
            return prediction.classes() == null ? null : prediction.classes().getFirst().label();
        }
    },
    /** The most probable class's probability. */
    SCORE(DataTypes.FloatType) {
        @Override
        Object of(Prediction prediction) {
            return prediction.classes() == null ? null : prediction.classes().getFirst().probability();
        }
    },
    /** The most probable classes, best first. */
    TOP_K(DataTypes.createArrayType(
            DataTypes.createStructType(List.of(
                    DataTypes.createStructField("index", DataTypes.IntegerType, false),
                    DataTypes.createStructField("label", DataTypes.StringType, false),
                    DataTypes.createStructField("score", DataTypes.FloatType, false))),
            false)) {
        @Override
        Object of(Prediction prediction) {
            return prediction.classes() == null
                    ? null
                    : prediction.classes().stream().map(Output::row).toArray(Row[]::new);
        }
    },
    /** The features, an ML vector. */
    EMBEDDING(SQLDataTypes.VectorType()) {
        @Override
        Object of(Prediction prediction) {
            float[] features = prediction.features();
            if (features == null) {
                return null;
            }
            double[] values = new double[features.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = features[i];
            }
            return Vectors.dense(values);
        }
    },
    /** The class of each pixel, a byte each, row by row. */
    MASK(DataTypes.createStructType(List.of(
            DataTypes.createStructField("width", DataTypes.IntegerType, false),
            DataTypes.createStructField("height", DataTypes.IntegerType, false),
            DataTypes.createStructField("classes", DataTypes.BinaryType, false)))) {
        @Override
        Object of(Prediction prediction) {
            Segmentation mask = prediction.mask();
            return mask == null ? null : RowFactory.create(mask.width(), mask.height(), mask.toMask());
        }
    },
    /** Why the image could not be used. */
    ERROR(DataTypes.StringType) {
        @Override
        Object of(Prediction prediction) {
            return prediction.error();
        }
    };

    private final DataType type;

    Output(DataType type) {
        this.type = type;
    }

    /** The column's type. */
    DataType type() {
        return type;
    }

    /** The column's value. */
    abstract Object of(Prediction prediction);

    private static Row row(Classification found) {
        return RowFactory.create(found.index(), found.label(), found.probability());
    }
}
