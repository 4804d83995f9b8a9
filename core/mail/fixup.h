/*
 * What a submission server adds to a message and takes out of it (RFC 5321
 * 4.4, RFC 6409 8): Received in front, Date and Message-ID where missing, no
 * Bcc, no Return-Path, no line of mbox. What else exists is passed on byte for
 * byte. With what another server adds: Received alone.
 */
#ifndef RINGPOST_MAIL_FIXUP_H
#define RINGPOST_MAIL_FIXUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"
#include "mail/header.h"

/*
 * What is known about how the message came. Empty slices: not known, or not to
 * be shown. Bytes that may not stand in a Received field are replaced by '?',
 * and texts cut after FIXUP_TEXT_MAX bytes.
 */
#define FIXUP_TEXT_MAX 320

struct fixup_facts {
	struct slice hostname;	     /* ours */
	struct slice helo;	     /* as the client said it */
	struct slice client_name;    /* its verified reverse name */
	struct slice client_address; /* "192.0.2.1", "2001:db8::1" */
	struct slice protocol;	     /* fixup_protocol, or "HTTP", … */
	struct slice tls_version;    /* "TLSv1.3"; empty: no TLS */
	struct slice tls_cipher;     /* "TLS_AES_256_GCM_SHA384" */
	struct slice account;	     /* who logged in */
	struct slice queue_id;
	struct slice recipient; /* "user@example.org", if exactly one */
	int64_t date_ms;	/* wall clock at acceptance */
	int64_t release_ms;	/* of a held message (RFC 4865): Date, if it is added */
	int priority;		/* RFC 6710 4.1: said in Received unless it is 0 … */
	bool priority_field;	/* … and in a field MT-Priority (RFC 6758) */
	bool utf8;		/* SMTPUTF8: UTF-8 may stand in Received */
	struct slice added;	/* complete fields that the message gets besides */
	bool passed_on; /* it was submitted elsewhere: Received is all that is added,
			   and Bcc is not ours to take out */
};

/*
 * The word behind "with" (RFC 3848, RFC 6531 4.3): "SMTP" after HELO, else
 * "ESMTP" or "UTF8SMTP" with S for TLS and A for AUTH. Static.
 */
struct slice fixup_protocol(bool extended, bool utf8, bool tls, bool authenticated);

/*
 * The Received field with its CRLF, in the arena; lines below 78 bytes where
 * the words allow it. A TLS cipher by its IANA name is given in the clause of
 * RFC 8314 4.3.
 */
struct slice fixup_received(struct arena *arena, const struct fixup_facts *facts);

struct fixup {
	const struct slice *pieces; /* the new header in order, the blank line
				       last; the body follows it unchanged */
	size_t count;
	uint64_t size;		 /* bytes of all pieces */
	struct slice message_id; /* "<…>", its own or the one added; empty: its
				    own is malformed */
	bool message_id_added, date_added;
	bool from_missing;
	unsigned removed;    /* fields left out */
	uint32_t duplicates; /* header_duplicates, for the caller to judge */
};

/*
 * The list and what is new live in the arena, the rest in the header's block.
 * A message without header gets one.
 */
void fixup_build(struct arena *arena, const struct header *header,
	const struct fixup_facts *facts, struct fixup *fixup_r);

#endif
