/* What was found out about a message, as a value, and for people. */
#ifndef RINGPOST_REPORT_VERIFY_VALUE_H
#define RINGPOST_REPORT_VERIFY_VALUE_H

#include "base/buffer.h"
#include "verify/authentication.h"

#include "report/value.h"

/* Of a result that authenticator_finish has completed. */
struct value *verify_value_make(const struct authentication *found);

/* verify.c: the same for an 80 column terminal. */
void report_verify(const struct value *verify, struct buffer *into);

#endif
