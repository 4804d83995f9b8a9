/* The base of a subject (RFC 5256 2.1): what answers and forwards have in common. */
#ifndef RINGPOST_MIME_SUBJECT_H
#define RINGPOST_MIME_SUBJECT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/slice.h"

/* VALUE is the field's, encoded words and all. In the arena, UTF-8. *answer_r:
 * it says it is an answer or a forward. */
struct slice subject_base(struct arena *arena, struct slice value, bool *answer_r);

#endif
