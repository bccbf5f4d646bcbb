package dev.spindle.kernel;

import java.util.Objects;
import java.util.function.Supplier;

/**
 * A backend that may or may not run here.
 *
 * @param name the backend's name
 * @param isa the vector width it needs
 * @param availability whether it runs here, or what is to blame
 * @param reason one line for people: what it is where it runs, why not where it does not
 * @param factory makes the kernel; called once at most, and only where it runs
 */
public record KernelCandidate(
        String name, Isa isa, Availability availability, String reason, Supplier<Kernel> factory) {

    /** Whether a backend runs here. */
    public enum Availability {
        /** It runs. */
        SUPPORTED,
        /** It would, but a module, a flag or a library is missing: users can change that. */
        MISSING,
        /** This machine cannot run it, or a cap forbids it. */
        UNSUPPORTED
    }

    /** Checks that nothing is null. */
    public KernelCandidate {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(isa, "isa");
        Objects.requireNonNull(availability, "availability");
        Objects.requireNonNull(reason, "reason");
        Objects.requireNonNull(factory, "factory");
    }

    /** A backend that runs here; {@code what} describes it. */
    public static KernelCandidate supported(String name, Isa isa, String what, Supplier<Kernel> factory) {
        return new KernelCandidate(name, isa, Availability.SUPPORTED, what, factory);
    }

    /** A backend that users could have; {@code why} says what is missing. */
    public static KernelCandidate missing(String name, Isa isa, String why) {
        return refused(name, isa, Availability.MISSING, why);
    }

    /** A backend that cannot run here; {@code why} says what forbids it. */
    public static KernelCandidate unsupported(String name, Isa isa, String why) {
        return refused(name, isa, Availability.UNSUPPORTED, why);
    }

    private static KernelCandidate refused(String name, Isa isa, Availability availability, String why) {
        return new KernelCandidate(name, isa, availability, why, () -> {
            throw new IllegalStateException("backend " + name + " cannot run here: " + why);
        });
    }

    /** Whether it runs here. */
    public boolean supported() {
        return availability == Availability.SUPPORTED;
    }
}
