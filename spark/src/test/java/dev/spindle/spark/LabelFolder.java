package dev.spindle.spark;

import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** Labels a folder of pictures. */
public final class LabelFolder {

    private LabelFolder() {}

    /**
     * Runs.
     *
     * @param args the model, the folder, and a folder to be made for the labels
     */
    public static void main(String[] args) {
        SparkSession spark = SparkSession.builder().getOrCreate();
        SpindleTransformer spindle = new SpindleTransformer().setModel(args[0]).setTopKCol("top").setK(3);
        Dataset<Row> images = spark.read().format("binaryFile").option("recursiveFileLookup", true).load(args[1]);
        spindle.transform(images).drop("content").write().json(args[2]);
        System.out.println(spindle.metrics());
    }
}
