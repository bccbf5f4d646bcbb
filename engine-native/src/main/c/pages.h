#ifndef SPINDLE_PAGES_H
#define SPINDLE_PAGES_H

#include <stdint.h>

/*
 * Asks the system for huge pages under what lies from address `from` to `to`, where it has them. Weights are read from end to
 * end in every call: on small pages they need more entries than the second TLB has, and where these pages happen to lie decides
 * how many of them the last cache keeps. A request that is refused changes nothing.
 */
void spindle_ask_for_huge_pages(uintptr_t from, uintptr_t to);

#endif
