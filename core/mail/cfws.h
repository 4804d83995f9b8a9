/* White space, folds and comments, which nest (RFC 5322 3.2.2), between the words of a
 * field. */
#ifndef RINGPOST_MAIL_CFWS_H
#define RINGPOST_MAIL_CFWS_H

#include <stdbool.h>

#include "base/slice.h"

/* Over all there is; false: a comment has no end, and *rest is empty. */
bool cfws_skip(struct slice *rest);
/* Over the comment that *rest begins with; false: it has no end. */
bool cfws_skip_comment(struct slice *rest);

#endif
