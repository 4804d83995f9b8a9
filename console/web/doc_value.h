/* A document that came from outside as a value for admin commands. */
#ifndef RINGPOST_WEB_DOC_VALUE_H
#define RINGPOST_WEB_DOC_VALUE_H

#include "api/doc.h"
#include "report/value.h"

/* Shares nothing with it. Fractions become texts; members and elements that are null
 * are left out. NULL: it is null. */
struct value *value_from_doc(const struct doc *doc);

#endif
