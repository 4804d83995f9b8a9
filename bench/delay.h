/* `ringpost-bench delay`. */
#ifndef RINGPOST_BENCH_DELAY_H
#define RINGPOST_BENCH_DELAY_H

/* ARGUMENTS without program and command, NULL at the end; the exit status. */
int delay_main(char **arguments);

#endif
