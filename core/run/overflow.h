/*
 * Stack overflows: said in words before the process ends.
 *
 * Private to run/.
 */
#ifndef RINGPOST_RUN_OVERFLOW_H
#define RINGPOST_RUN_OVERFLOW_H

/* For the calling thread, as long as it runs a worker. */
void overflow_watch(void);
void overflow_unwatch(void);

#endif
