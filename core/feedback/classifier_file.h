/*
 * deploy/bounces.yaml, made part of the program when it is built.
 */
#ifndef RINGPOST_FEEDBACK_CLASSIFIER_FILE_H
#define RINGPOST_FEEDBACK_CLASSIFIER_FILE_H

#include <stddef.h>

extern const char classifier_file_code[];
extern const size_t classifier_file_size;

#endif
