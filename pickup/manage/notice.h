/* What an account is told whose mailboxes are nearly full: a message into its INBOX. */
#ifndef RINGPOST_MANAGE_NOTICE_H
#define RINGPOST_MANAGE_NOTICE_H

#include "base/buffer.h"
#include "store/quota_watch.h"

/* The message. */
void notice_write(const struct quota_crossing *crossing, struct slice hostname,
	int64_t now_ms, struct buffer *out);
/* What it is placed under: once a day for each share. */
void notice_write_key(
	const struct quota_crossing *crossing, int64_t now_ms, struct buffer *out);

#endif
