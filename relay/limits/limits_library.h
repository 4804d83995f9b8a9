/* limits.lua as text, put in at build time. */
#ifndef RINGPOST_LIMITS_LIMITS_LIBRARY_H
#define RINGPOST_LIMITS_LIMITS_LIBRARY_H

#include <stddef.h>

extern const char limits_library_code[];
extern const size_t limits_library_size;

#endif
