/* suppression.lua as text, put in at build time. Inside the folder only. */
#ifndef RINGPOST_FEEDBACK_SUPPRESSION_LIBRARY_H
#define RINGPOST_FEEDBACK_SUPPRESSION_LIBRARY_H

#include <stddef.h>

extern const char suppression_library_code[];
extern const size_t suppression_library_size;

#endif
