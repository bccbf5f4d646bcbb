/*
 * Runs the suites named on the command line, or all of them, on every set of kernels that can run here, one line each;
 * exit code 1 where a check failed. The environment variable SPINDLE_REQUIRE lists instruction sets (avx2,avx512) whose
 * absence is a failure, too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu.h"
#include "q8_test.h"
#include "test.h"
#include "test_main.h"

extern const struct spindle_kernels spindle_kernels_portable4;
extern const struct spindle_kernels spindle_kernels_portable8;
extern const struct spindle_kernels spindle_kernels_portable16;

static const struct {
    const char *name;
    void (*run)(const struct subject *subject);
} SUITES[] = {
    {"tiling", test_tiling}, {"stem", test_stem},         {"pwconv", test_pwconv},
    {"dense", test_dense},   {"dwconv", test_dwconv},     {"fused", test_fused},
    {"clamp", test_clamp},   {"gavgpool", test_gavgpool}, {"refusal", test_refusal},
};

static const struct {
    const char *name;
    void (*run)(const struct q8_subject *subject);
} Q8_SUITES[] = {
    {"q8rescale", q8_test_rescale}, {"q8stem", q8_test_stem}, {"q8pwconv", q8_test_pwconv},
    {"q8dwconv", q8_test_dwconv},   {"q8add", q8_test_add},   {"q8gavgpool", q8_test_gavgpool},
    {"q8refusal", q8_test_refusal},
};

static const struct {
    int isa;
    /* Of cpu.h, beyond what the instruction set needs. */
    int feature;
} Q8_KERNELS[] = {
    {SPINDLE_AVX2, 0},
    {SPINDLE_AVX512, SPINDLE_CPU_AVX512VNNI},
    {SPINDLE_NEON, 0},
    {SPINDLE_NEON, SPINDLE_CPU_NEON_DOT},
};

static const struct {
    const char *name;
    void (*run)(void);
} PLAIN_SUITES[] = {
    {"softmax", test_softmax},
    {"cpu", test_cpu},
};

enum { MAX_SUBJECTS = 8 };

/* Whether `list`, separated by commas, names `word`. */
static bool lists(const char *list, const char *word)
{
    size_t length = strlen(word);
    while (list != NULL && *list != '\0') {
        size_t item = strcspn(list, ",");
        if (item == length && strncmp(list, word, length) == 0) {
            return true;
        }
        list += item + (list[item] == ',' ? 1 : 0);
    }
    return false;
}

static bool wanted(int count, char **names, const char *suite)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(names[i], suite) == 0) {
            return true;
        }
    }
    return count == 0;
}

static bool report(const char *suite, const char *kernels)
{
    bool passed = counted_failures() == 0 && counted_checks() > 0;
    printf("%-4s %-8s %-10s %ld checks, %ld failed\n", passed ? "ok" : "FAIL", suite, kernels, counted_checks(),
            counted_failures());
    fflush(stdout);
    return passed;
}

int main(int argc, char **argv)
{
    struct subject subjects[MAX_SUBJECTS] = {
        {"portable4", &spindle_kernels_portable4},
        {"portable8", &spindle_kernels_portable8},
        {"portable16", &spindle_kernels_portable16},
    };
    int count = 3;
    bool passed = true;
    static const char *const ISA_NAMES[] = {"avx2", "avx512", "neon"};
    for (int isa = SPINDLE_AVX2; isa <= SPINDLE_NEON; isa++) {
        const struct spindle_kernels *kernels = spindle_kernels_for(isa);
        int needs = spindle_cpu_needs(isa);
        if (kernels != NULL && (spindle_cpu_features() & needs) == needs) {
            subjects[count++] = (struct subject){ISA_NAMES[isa], kernels};
        } else {
            bool required = lists(getenv("SPINDLE_REQUIRE"), ISA_NAMES[isa]);
            printf("%-4s %s cannot run here\n", required ? "FAIL" : "skip", ISA_NAMES[isa]);
            passed &= !required;
        }
    }

    int ran = 0;
    for (size_t s = 0; s < sizeof SUITES / sizeof SUITES[0]; s++) {
        for (int i = 0; i < count && wanted(argc - 1, argv + 1, SUITES[s].name); i++) {
            counts_reset();
            SUITES[s].run(&subjects[i]);
            passed &= report(SUITES[s].name, subjects[i].name);
            ran++;
        }
    }
    struct q8_subject q8_subjects[sizeof Q8_KERNELS / sizeof Q8_KERNELS[0]];
    int q8_count = 0;
    for (size_t i = 0; i < sizeof Q8_KERNELS / sizeof Q8_KERNELS[0]; i++) {
        int needs = spindle_cpu_needs(Q8_KERNELS[i].isa) | Q8_KERNELS[i].feature;
        const struct q8_kernels *kernels = q8_kernels_for(Q8_KERNELS[i].isa, needs);
        if (kernels != NULL && (spindle_cpu_features() & needs) == needs) {
            q8_subjects[q8_count++] = (struct q8_subject){kernels};
        } else if (kernels != NULL) {
            printf("skip q8 %s cannot run here\n", kernels->name);
        }
    }
    for (size_t s = 0; s < sizeof Q8_SUITES / sizeof Q8_SUITES[0]; s++) {
        for (int i = 0; i < q8_count && wanted(argc - 1, argv + 1, Q8_SUITES[s].name); i++) {
            counts_reset();
            Q8_SUITES[s].run(&q8_subjects[i]);
            passed &= report(Q8_SUITES[s].name, q8_subjects[i].kernels->name);
            ran++;
        }
    }
    for (size_t s = 0; s < sizeof PLAIN_SUITES / sizeof PLAIN_SUITES[0]; s++) {
        if (wanted(argc - 1, argv + 1, PLAIN_SUITES[s].name)) {
            counts_reset();
            PLAIN_SUITES[s].run();
            passed &= report(PLAIN_SUITES[s].name, "");
            ran++;
        }
    }
    if (ran == 0) {
        fprintf(stderr, "no suite has any of these names\n");
        passed = false;
    }
    return passed ? 0 : 1;
}
