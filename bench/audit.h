/* `ringpost-bench audit`: what was acknowledged against what arrived. */
#ifndef RINGPOST_BENCH_AUDIT_H
#define RINGPOST_BENCH_AUDIT_H

/* ARGUMENTS behind "audit"; the exit status. */
int audit_main(char **arguments);

#endif
