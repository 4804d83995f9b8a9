/* queue.lua as text, put in at build time. Inside the queue layer only. */
#ifndef RINGPOST_QUEUE_QUEUE_LIBRARY_H
#define RINGPOST_QUEUE_QUEUE_LIBRARY_H

#include <stddef.h>

/* Of the keys. Schema 1, without flows, is taken over as it is. */
#define QUEUE_SCHEMA	    2
#define QUEUE_SCHEMA_OLDEST 1

extern const char queue_library_code[];
extern const size_t queue_library_size;

#endif
