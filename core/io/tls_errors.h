/*
 * OpenSSL's error queue, which is the thread's and so must never be left
 * filled across a suspension: clear it before a call, drain it right after.
 */
#ifndef RINGPOST_IO_TLS_ERRORS_H
#define RINGPOST_IO_TLS_ERRORS_H

#include <stdbool.h>

#include "base/failure.h"

void tls_errors_clear(void);
/* Fails with the text, ": " and the oldest queued reason in plain words; the
 * queue is empty then. Returns false. */
bool tls_errors_fail(enum failure_kind kind, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
