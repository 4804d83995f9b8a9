/* `ringpost-bench source`: sends mail and measures what became of it. */
#ifndef RINGPOST_BENCH_SOURCE_H
#define RINGPOST_BENCH_SOURCE_H

/* ARGUMENTS behind "source"; the exit status. */
int source_main(char **arguments);

#endif
