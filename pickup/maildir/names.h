/* Names in a Maildir++: what they say of a message, of a mailbox. Pure. */
#ifndef RINGPOST_MAILDIR_NAMES_H
#define RINGPOST_MAILDIR_NAMES_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/slice.h"

#define LETTERS 26 /* keywords a folder may have */

struct message_name {
	uint8_t flags;	     /* store/state.h */
	bool forwarded;	     /* P */
	uint32_t letters;    /* a bit for each of a … z */
	int64_t internal_ms; /* 0: it does not say */
};

/* "1700000000.M1P2.host,S=5:2,FS" */
struct message_name message_name_read(struct slice name);
/* What stands behind the ':': "2,FS". */
void message_name_write_info(struct buffer *out, const struct message_name *name);

/* ".A.B" as "A/B", in the arena. False: no mailbox may be called so. */
bool folder_name_read(struct slice folder, struct arena *arena, struct slice *name_r);
/* "A/B" as ".A.B"; a '.' in it as "\2e", as Dovecot's listescape does. */
void folder_name_write(struct buffer *out, struct slice name);

#endif
