/*
 * deploy/shaping.yaml, made part of the program when it is built.
 */
#ifndef RINGPOST_SHAPING_SHAPING_FILE_H
#define RINGPOST_SHAPING_SHAPING_FILE_H

#include <stddef.h>

extern const char shaping_file_code[];
extern const size_t shaping_file_size;

#endif
