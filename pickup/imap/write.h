/*
 * Responses (RFC 9051 7), written into a buffer. Names and texts are UTF-8; UTF8:
 * the client takes it as it is (UTF8=ACCEPT, IMAP4rev2), else names are in UTF-7
 * and other text in literals.
 */
#ifndef RINGPOST_IMAP_WRITE_H
#define RINGPOST_IMAP_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "imap/flags.h"
#include "imap/mailbox_commands.h"
#include "imap/set.h"

/* --- Words --- */

/* A string: quoted, or a literal where it cannot be. at NULL: NIL. */
void imap_write_nstring(struct buffer *out, struct slice text, bool utf8);
/* The same, or an atom where it can be one. */
void imap_write_astring(struct buffer *out, struct slice text, bool utf8);
void imap_write_mailbox(struct buffer *out, struct slice name, bool utf8);

/* --- States: "TAG OK [CODE] TEXT" --- */

/* TAG "*": untagged. KIND: "OK", "NO", "BAD", "BYE", "PREAUTH". CODE may be empty. */
void imap_write_state(struct buffer *out, struct slice tag, const char *kind,
	struct slice code, const char *text);
/* Codes, without their brackets. */
void imap_code_appenduid(
	struct buffer *code, uint32_t uidvalidity, const struct uid_set *uids);
void imap_code_copyuid(struct buffer *code, uint32_t uidvalidity,
	const struct uid_set *from, const struct uid_set *to);

/* --- Untagged data, one line each --- */

/* "* 12 EXISTS" */
void imap_write_number(struct buffer *out, uint32_t number, const char *name);
/* "* ENABLED CONDSTORE UTF8=ACCEPT" */
void imap_write_words(
	struct buffer *out, const char *name, const struct slice *words, size_t count);
void imap_write_flags(struct buffer *out, const struct imap_flags *flags);
/* … with "\*", if new keywords may be made. */
void imap_write_permanent_flags(
	struct buffer *out, const struct imap_flags *flags, bool more);
/* A response to ID; fields as read. */
void imap_write_id(struct buffer *out, const struct imap_id *id);

struct imap_listed {
	const char *name;    /* "LIST", "LSUB", "XLIST" */
	uint32_t attributes; /* of enum imap_attribute */
	struct slice mailbox;
	bool child_subscribed; /* CHILDINFO ("SUBSCRIBED") */
	struct slice old;      /* OLDNAME, if not empty (RFC 9051) */
	struct slice rights;   /* MYRIGHTS, if at is not NULL (RFC 8440) */
};
void imap_write_list(struct buffer *out, const struct imap_listed *listed, bool utf8);

struct imap_status_values {
	uint32_t messages, recent, uidnext, uidvalidity, unseen, deleted;
	uint64_t size, highest_modseq, append_limit, deleted_storage;
	struct slice mailbox_id;
};
void imap_write_status(struct buffer *out, struct slice mailbox, unsigned items,
	const struct imap_status_values *values, bool utf8);

/* "* SEARCH 2 84 882"; "(MODSEQ 917162500)" unless it is 0. */
void imap_write_numbers(struct buffer *out, const char *name, const uint32_t *numbers,
	size_t count, uint64_t modseq);

struct imap_found { /* RFC 9051 7.3.4, RFC 7162, RFC 9394 */
	struct slice tag;
	bool uid;
	unsigned returns;  /* of enum imap_return */
	uint32_t min, max; /* 0: nothing was found */
	uint64_t count;
	uint64_t modseq; /* 0: not said */
	int64_t partial_first, partial_last;
	struct uid_range *ranges; /* for ALL or PARTIAL, in their order */
	size_t range_count;
};
void imap_write_esearch(struct buffer *out, const struct imap_found *found);
void imap_write_vanished(struct buffer *out, const struct uid_set *uids, bool earlier);

/* Prefixes of other users' and shared names, ASCII; empty: there are none. */
void imap_write_namespace(struct buffer *out, struct slice others, struct slice shared);

struct imap_usage {
	bool has_storage, has_message;				 /* limits there are */
	uint64_t storage, storage_limit, message, message_limit; /* 1024 octets */
};
void imap_write_quota(
	struct buffer *out, struct slice root, const struct imap_usage *usage);
void imap_write_quotaroot(
	struct buffer *out, struct slice mailbox, struct slice root, bool utf8);

struct imap_entry {
	struct slice identifier, rights;
};
void imap_write_acl(struct buffer *out, struct slice mailbox,
	const struct imap_entry *entries, size_t count, bool utf8);
/* ALWAYS: what cannot be taken away; then each that can be given. */
void imap_write_listrights(struct buffer *out, struct slice mailbox,
	struct slice identifier, struct slice always, struct slice optional, bool utf8);
void imap_write_myrights(
	struct buffer *out, struct slice mailbox, struct slice rights, bool utf8);

#endif
