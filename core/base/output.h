/* Text to a C stream, as a program's output. */
#ifndef RINGPOST_BASE_OUTPUT_H
#define RINGPOST_BASE_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/slice.h"

/* All of TEXT, which may be empty and without an address. False, and errno is
 * set, when not all of it was taken. */
bool output_text(struct slice text, FILE *file);

#endif
