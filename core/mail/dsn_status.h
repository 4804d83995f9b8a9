/* The two parts of a notification that tell what happened. For dsn.c. */
#ifndef RINGPOST_MAIL_DSN_STATUS_H
#define RINGPOST_MAIL_DSN_STATUS_H

#include "mail/dsn.h"
#include "mail/dsn_write.h"

/* The content of message/delivery-status (RFC 3464 2.1). */
void dsn_put_status(struct dsn_writer *writer, const struct dsn *dsn);
/* The text for people. */
void dsn_put_text(struct dsn_writer *writer, const struct dsn *dsn);

#endif
