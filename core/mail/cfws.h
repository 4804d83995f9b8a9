/* White space, folds and comments, which nest (RFC 5322 3.2.2), between the words of a
 * field. */
#ifndef RINGPOST_MAIL_CFWS_H
#define RINGPOST_MAIL_CFWS_H

#include <stdbool.h>

#include "base/slice.h"

/* Over all there is; false: a comment has no end, and *rest is empty. */
bool cfws_skip(struct slice *rest);
/* BYTE, with what may stand in front of it; false: it is not there. */
bool cfws_take_byte(struct slice *rest, char byte);
/* Over the comment that *rest begins with; false: it has no end. */
bool cfws_skip_comment(struct slice *rest);

#endif
