package dev.spindle.spark;

import java.nio.file.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** One local Spark of two cores for all tests of a JVM: it takes seconds to start. */
final class TestSpark {

    private TestSpark() {}

    static SparkSession session() {
        return SparkSession.builder()
                .master("local[2]")
                .appName("spindle-spark's tests")
                .config("spark.ui.enabled", false)
                .config("spark.driver.bindAddress", "127.0.0.1")
                .config("spark.driver.host", "127.0.0.1")
                .config("spark.sql.shuffle.partitions", 2)
                .config("spark.sql.warehouse.dir", Path.of("target", "warehouse").toUri().toString())
                .getOrCreate();
    }

    /** The files of a folder, as Spark reads them. */
    static Dataset<Row> images(Path folder) {
        return session().read().format("binaryFile").load(folder.toString());
    }
}
