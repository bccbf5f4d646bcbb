/*
 * Loads the JNI library, without a JVM, in a program of whatever C library this one is compiled for, and calls it:
 *
 *     load_library libspindle.so
 */
#include <dlfcn.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>

typedef int32_t probe_cpu(void *env, void *owner);
typedef void softmax(void *env, void *owner, int64_t input, int64_t output, int32_t count);

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: load_library LIBRARY\n");
        return 2;
    }
    void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    probe_cpu *probe = (probe_cpu *)dlsym(library, "Java_dev_spindle_engine_jni_NativeLibrary_probeCpu");
    softmax *run = (softmax *)dlsym(library, "Java_dev_spindle_engine_jni_NativeKernel_softmax");
    if (probe == NULL || run == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    enum { COUNT = 2 };
    const float logits[COUNT] = {0.0f, -1.0f};
    float found[COUNT];
    run(NULL, NULL, (int64_t)(intptr_t)logits, (int64_t)(intptr_t)found, COUNT);
    if (fabsf(found[0] - 0.7310586f) > 1e-6f || fabsf(found[1] - 0.2689414f) > 1e-6f) {
        fprintf(stderr, "softmax of 0 and -1: found %.7f and %.7f\n", (double)found[0], (double)found[1]);
        return 1;
    }
    printf("loaded; the probe gives %#x\n", (unsigned)probe(NULL, NULL));
    return 0;
}
