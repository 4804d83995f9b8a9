/* The arguments of commands, but for FETCH's and SEARCH's. Names are UTF-8. */
#ifndef RINGPOST_IMAP_MAILBOX_COMMANDS_H
#define RINGPOST_IMAP_MAILBOX_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "imap/flags.h"
#include "imap/set.h"

struct imap_id {			    /* RFC 2971; at most 30 */
	const struct slice *names, *values; /* a value's at NULL: NIL */
	size_t count;
};

struct imap_words {
	const struct slice *at;
	size_t count;
};

struct imap_authenticate {
	struct slice mechanism;
	bool has_initial;     /* RFC 4959 */
	struct slice initial; /* base64; empty for "=" */
};

struct imap_login {
	struct slice user, password;
};

struct imap_select {
	struct slice mailbox;
	bool condstore;
	bool qresync; /* RFC 7162 3.2.5 */
	uint32_t uidvalidity;
	uint64_t modseq;
	bool has_known;
	struct uid_set known;			  /* UIDs */
	struct uid_set match_numbers, match_uids; /* none: count 0 */
};

struct imap_create {
	struct slice mailbox; /* without the '/' at its end */
	uint32_t uses;	      /* of enum imap_attribute */
};

struct imap_rename {
	struct slice from, to;
};

enum imap_status_item {
	IMAP_STATUS_MESSAGES = 1,
	IMAP_STATUS_RECENT = 2,
	IMAP_STATUS_UIDNEXT = 4,
	IMAP_STATUS_UIDVALIDITY = 8,
	IMAP_STATUS_UNSEEN = 16,
	IMAP_STATUS_DELETED = 32,
	IMAP_STATUS_SIZE = 64,
	IMAP_STATUS_HIGHESTMODSEQ = 128,
	IMAP_STATUS_MAILBOXID = 256,
	IMAP_STATUS_APPENDLIMIT = 512,
	IMAP_STATUS_DELETED_STORAGE = 1024, /* RFC 9208 */
};

struct imap_status {
	struct slice mailbox;
	unsigned items;
};

struct imap_list { /* RFC 5258, RFC 5819, RFC 6154 */
	struct slice reference;
	const struct slice *patterns;
	size_t pattern_count;
	bool extended; /* anything beyond RFC 3501's form */
	bool select_subscribed, select_remote, select_recursive, select_special;
	bool return_subscribed, return_children, return_special, return_myrights;
	unsigned status; /* RETURN (STATUS (…)) */
};

/* One message of an APPEND: what stands before its bytes. */
struct imap_append {
	struct imap_set replaced; /* REPLACE's: a number, or '*' */
	struct slice mailbox;	  /* of the first only */
	struct imap_flags flags;
	bool has_date;
	int64_t internal_ms;
	uint64_t size;
	bool binary; /* a literal8: NULs may be in it */
	bool utf8;   /* "UTF8 (…)" (RFC 6855): a ')' follows the bytes */
};

struct imap_quota { /* RFC 9208 */
	struct slice root;
	bool has_storage, has_message;
	uint64_t storage, message; /* SETQUOTA's limits; storage in 1024 octets */
};

struct imap_acl { /* RFC 4314 */
	struct slice mailbox, identifier, rights;
	char how; /* SETACL's '+', '-'; 0: these and no others */
};

enum imap_store_how { IMAP_STORE_SET, IMAP_STORE_ADD, IMAP_STORE_REMOVE };

struct imap_store {
	struct imap_set set;
	enum imap_store_how how;
	bool silent;
	struct imap_flags flags;
	bool unchanged_since; /* RFC 7162 */
	uint64_t since;
};

struct imap_copy {
	struct imap_set set;
	struct slice mailbox;
};

#endif
