/* The counts behind CHECK, for the program that runs the suites. */
#ifndef SPINDLE_TEST_MAIN_H
#define SPINDLE_TEST_MAIN_H

/* Starts the random numbers anew, too: a suite has the same ones wherever it runs. */
void counts_reset(void);
long counted_checks(void);
long counted_failures(void);

#endif
