/*
 * Whether a message is what a search looks for (RFC 9051 6.4.4), from what is known
 * of it so far: its record first, then its facts, its header, all of it. Who
 * searches asks with the little he has, for many messages, and gets more only for
 * those of which that cannot be told yet. Nothing here waits.
 */
#ifndef RINGPOST_IMAP_SEARCH_H
#define RINGPOST_IMAP_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"
#include "imap/flags.h"
#include "imap/search_keys.h"
#include "mime/facts.h"

struct search_record {
	uint32_t sequence, uid;
	uint32_t keywords; /* which set of them: for the world's has_keyword */
	uint8_t flags;	   /* of enum imap_flag */
	uint64_t size, modseq;
	uint64_t file; /* for the world's has_object */
	int64_t internal_ms;
	int64_t saved_ms; /* 0: not known; the internal date is taken */
};

/* The mailbox that is searched. */
struct search_world {
	uint32_t largest_sequence, largest_uid;
	int64_t now_ms;
	struct uid_set saved; /* "$": UIDs, resolved */
	bool (*has_keyword)(void *context, uint32_t keywords, struct slice keyword);
	/* KIND is IMAP_KEY_EMAILID or THREADID. */
	bool (*has_object)(void *context, const struct search_record *record,
		enum imap_key_kind kind, struct slice id);
	void *context;
};

struct search; /* a search made ready */

/* In the arena; KEYS and what they point at are used as long. WORLD is copied. */
struct search *search_make(struct arena *arena, const struct imap_key *keys,
	const struct search_world *world);

/* In the order of their cost. */
enum search_answer {
	SEARCH_NO,
	SEARCH_YES,
	SEARCH_NEEDS_FACTS,
	SEARCH_NEEDS_HEADER,
	SEARCH_NEEDS_MESSAGE,
};

struct search_message {
	const struct search_record *record;
	const struct facts *facts; /* NULL: not at hand */
	struct slice header;  /* at NULL: not at hand; with its blank line or not */
	struct slice message; /* at NULL: not at hand; else the header is not needed */
	struct arena *arena;  /* for this message's decoded texts */
	struct search_texts *texts; /* private; NULL at first */
};

/* --- What an index may know --- */

enum search_where {
	SEARCH_IN_FROM,
	SEARCH_IN_TO, /* or Cc, or Bcc */
	SEARCH_IN_SUBJECT,
	SEARCH_IN_IDS, /* Message-ID, In-Reply-To */
	SEARCH_IN_HEADER,
	SEARCH_IN_PARTS,
	SEARCH_IN_ALL, /* the last two */
};
/* A text that is looked for. */
struct search_text {
	enum search_where where;
	struct slice key; /* as unicode_key makes it, not empty */
	/* Whether the message may have it: false is certain. NULL: it may. From any
	 * thread. */
	bool (*may_have)(const void *known, const struct search_record *record);
	const void *known;
	struct search_text *next;
};
/* All of the search's, for who knows something to fill it in. */
struct search_text *search_texts(const struct search *search);

enum search_answer search_match(
	const struct search *search, struct search_message *message);
/* The most it may ever answer that it needs; SEARCH_YES: the record is enough. */
enum search_answer search_needs(const struct search *search);

#endif
