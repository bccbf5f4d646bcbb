package dev.spindle.bench;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Locale;

/** How much of the machine other processes used: figures taken beside much of it are not worth comparing. */
final class OtherLoad {

    private final OperatingSystemMXBean system =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    /** Starts now. */
    OtherLoad() {
        share();
    }

    /** The share of all processors' time since the last call, 0 to 1; NaN where the system does not tell. */
    double share() {
        double all = system.getCpuLoad();
        double own = system.getProcessCpuLoad();
        return all < 0 || own < 0 ? Double.NaN : Math.max(0, all - own);
    }

    /** One line for people. */
    static String line(double share) {
        return String.format(Locale.ROOT, "Other processes used %.0f %% of the processors meanwhile", 100 * share);
    }
}
