/*
 * Flags of messages and uses of mailboxes: their names (RFC 9051 2.3.2, 7.3.1,
 * RFC 6154).
 */
#ifndef RINGPOST_IMAP_FLAGS_H
#define RINGPOST_IMAP_FLAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/slice.h"

#define IMAP_KEYWORD_MAX 255 /* octets */

/* The five that are kept are the store's bits. */
enum imap_flag {
	IMAP_SEEN = 1,
	IMAP_ANSWERED = 2,
	IMAP_FLAGGED = 4,
	IMAP_DELETED = 8,
	IMAP_DRAFT = 16,
	IMAP_RECENT = 32, /* of a session */
};

struct imap_flags {
	uint8_t system; /* of enum imap_flag */
	const struct slice *keywords;
	size_t keyword_count;
};

/* "\Seen" in any case; 0: none of these. */
uint8_t imap_flag_of(struct slice name);
/* "(\Seen \Deleted $Forwarded)" */
void imap_flags_write(struct buffer *out, const struct imap_flags *flags);

/* Sets of keywords as the store keeps them: words with a space between. */
void imap_flags_write_words(struct buffer *out, uint8_t system, struct slice words);
struct slice imap_keywords_join(struct arena *arena, const struct imap_flags *flags);
/* In any case of its letters. */
bool imap_keywords_have(struct slice words, struct slice keyword);

/* Special uses, and what else LIST says of a mailbox. */
enum imap_attribute {
	IMAP_USE_ALL = 1,
	IMAP_USE_ARCHIVE = 2,
	IMAP_USE_DRAFTS = 4,
	IMAP_USE_FLAGGED = 8,
	IMAP_USE_JUNK = 16,
	IMAP_USE_SENT = 32,
	IMAP_USE_TRASH = 64,
	IMAP_USE_IMPORTANT = 128, /* RFC 8457 */
	IMAP_USES = 255,
	IMAP_NONEXISTENT = 256,
	IMAP_NOSELECT = 512,
	IMAP_NOINFERIORS = 1024,
	IMAP_HASCHILDREN = 2048,
	IMAP_HASNOCHILDREN = 4096,
	IMAP_MARKED = 8192,
	IMAP_UNMARKED = 16384,
	IMAP_SUBSCRIBED = 32768,
	IMAP_REMOTE = 65536,
};

/* "\Drafts" in any case, of the special uses; 0: none of them. */
uint32_t imap_use_of(struct slice name);
/* "(\HasNoChildren \Sent)" */
void imap_attributes_write(struct buffer *out, uint32_t attributes);

#endif
