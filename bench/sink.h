/* `ringpost-bench sink`: takes mail, or misbehaves by rule. */
#ifndef RINGPOST_BENCH_SINK_H
#define RINGPOST_BENCH_SINK_H

/* ARGUMENTS behind "sink"; the exit status. */
int sink_main(char **arguments);

#endif
