/*
 * What SEARCH, SORT and THREAD ask for (RFC 9051 6.4.4, RFC 5256, RFC 5032, RFC
 * 7162, RFC 8474, RFC 8514): a tree of keys, whose texts are UTF-8.
 */
#ifndef RINGPOST_IMAP_SEARCH_KEYS_H
#define RINGPOST_IMAP_SEARCH_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "imap/set.h"

#define IMAP_SEARCH_DEPTH 50
#define IMAP_SEARCH_KEYS  5000
#define IMAP_SORT_KEYS	  32

enum imap_key_kind {
	IMAP_KEY_AND, /* of children, maybe none: ALL */
	IMAP_KEY_OR,  /* of two */
	IMAP_KEY_NOT, /* of one */
	IMAP_KEY_SEQUENCE,
	IMAP_KEY_UID,
	IMAP_KEY_FLAG,	  /* flag; of enum imap_flag */
	IMAP_KEY_KEYWORD, /* text */
	IMAP_KEY_LARGER,  /* than number */
	IMAP_KEY_SMALLER,
	IMAP_KEY_MODSEQ, /* at least number */
	IMAP_KEY_BEFORE, /* day, of the internal date */
	IMAP_KEY_ON,
	IMAP_KEY_SINCE,
	IMAP_KEY_OLDER, /* than number seconds */
	IMAP_KEY_YOUNGER,
	IMAP_KEY_SAVED_BEFORE,
	IMAP_KEY_SAVED_ON,
	IMAP_KEY_SAVED_SINCE,
	IMAP_KEY_SAVE_DATE_SUPPORTED,
	IMAP_KEY_EMAILID, /* text */
	IMAP_KEY_THREADID,
	/* From here on it needs the message's facts … */
	IMAP_KEY_SENT_BEFORE,
	IMAP_KEY_SENT_ON,
	IMAP_KEY_SENT_SINCE,
	IMAP_KEY_FROM, /* text */
	IMAP_KEY_TO,
	IMAP_KEY_CC,
	IMAP_KEY_BCC,
	IMAP_KEY_SUBJECT,
	/* … its header … */
	IMAP_KEY_HEADER, /* name, text; empty: that there is one */
	/* … all of it. */
	IMAP_KEY_BODY,
	IMAP_KEY_TEXT,
};

struct imap_key {
	enum imap_key_kind kind;
	struct imap_key *first, *next; /* children */
	struct imap_set set;
	struct slice text, name;
	uint64_t number;
	int64_t day;
	uint8_t flag;
};

enum imap_return {
	IMAP_RETURN_MIN = 1,
	IMAP_RETURN_MAX = 2,
	IMAP_RETURN_ALL = 4,
	IMAP_RETURN_COUNT = 8,
	IMAP_RETURN_SAVE = 16,
	IMAP_RETURN_PARTIAL = 32, /* RFC 9394 */
};

enum imap_sort_kind {
	IMAP_SORT_ARRIVAL,
	IMAP_SORT_CC,
	IMAP_SORT_DATE,
	IMAP_SORT_FROM,
	IMAP_SORT_SIZE,
	IMAP_SORT_SUBJECT,
	IMAP_SORT_TO,
	IMAP_SORT_DISPLAYFROM, /* RFC 5957 */
	IMAP_SORT_DISPLAYTO,
};

struct imap_sort_key {
	enum imap_sort_kind kind;
	bool reverse;
};

/* RFC 10022: of the batches, from the newest on, those from FIRST to LAST. */
struct imap_batches {
	uint32_t size, first, last;
};

enum imap_thread_by { IMAP_THREAD_REFERENCES, IMAP_THREAD_ORDEREDSUBJECT };

struct imap_search {
	bool extended;	  /* there was RETURN: the answer is an ESEARCH */
	unsigned returns; /* of enum imap_return; RETURN () is ALL */
	int64_t partial_first, partial_last; /* from 1, from the end below 0 */
	struct imap_key *keys;		     /* an AND */
	size_t key_count;
	bool modseq;			  /* one of them is MODSEQ */
	bool uses_saved;		  /* one of them is "$" */
	bool uses_numbers;		  /* one of them is a set of numbers */
	const struct imap_sort_key *sort; /* SORT's */
	size_t sort_count;
	enum imap_thread_by thread; /* THREAD's */
};

#endif
