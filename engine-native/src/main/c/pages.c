/* madvise is no part of C11. */
#define _DEFAULT_SOURCE

#include "pages.h"

#if defined(__linux__)
#include <sys/mman.h>

/* Of Linux 6.1; the headers may be older. */
#if !defined(MADV_COLLAPSE)
#define MADV_COLLAPSE 25
#endif

/* What x86 and AArch64 with pages of 4 KiB call huge; any other page size divides it. */
enum { HUGE_PAGE = 1 << 21 };

void spindle_ask_for_huge_pages(uintptr_t from, uintptr_t to)
{
    from = (from + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    to = to / HUGE_PAGE * HUGE_PAGE;
    if (from < to) {
        /* The first has the system do it in its own time; the second, where it is known, at once. */
        (void)madvise((void *)from, to - from, MADV_HUGEPAGE);
        (void)madvise((void *)from, to - from, MADV_COLLAPSE);
    }
}
#else
void spindle_ask_for_huge_pages(uintptr_t from, uintptr_t to)
{
    (void)from;
    (void)to;
}
#endif
