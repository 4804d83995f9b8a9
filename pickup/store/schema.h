/* schema.sql, in the program. */
#ifndef RINGPOST_STORE_SCHEMA_H
#define RINGPOST_STORE_SCHEMA_H

#include <stddef.h>

extern const char schema_code[];
extern const size_t schema_size;

#endif
