/* queue.lua as text, put in at build time. Inside the queue layer only. */
#ifndef RINGPOST_QUEUE_QUEUE_LIBRARY_H
#define RINGPOST_QUEUE_QUEUE_LIBRARY_H

#include <stddef.h>

#define QUEUE_SCHEMA 1 /* of the keys; the library is ringpost_SCHEMA */

extern const char queue_library_code[];
extern const size_t queue_library_size;

#endif
