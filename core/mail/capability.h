/*
 * What an SMTP server can do: the EHLO reply, read (client) and written (server).
 *
 * RFC 5321 section 4.1.1.1 and the extensions' own; LIMITS is RFC 9422.
 */
#ifndef RINGPOST_MAIL_CAPABILITY_H
#define RINGPOST_MAIL_CAPABILITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/slice.h"
#include "mail/reply.h"

struct capabilities {
	bool esmtp; /* EHLO was answered; all else is false after HELO */
	bool pipelining;
	bool eight_bit; /* 8BITMIME */
	bool smtputf8;
	bool chunking;
	bool binarymime; /* only with chunking, RFC 3030 3 */
	bool dsn;
	bool starttls;
	bool enhanced_codes;
	bool requiretls;
	bool size;		   /* SIZE is known … */
	uint64_t size_max;	   /* … and this is the largest; 0: no fixed one */
	unsigned auth;		   /* SASL_BIT of the mechanisms known to sasl.h */
	bool auth_offered;	   /* any AUTH at all */
	uint64_t mail_max;	   /* LIMITS MAILMAX: transactions a session; 0: none */
	uint64_t rcpt_max;	   /* LIMITS RCPTMAX: recipients a transaction */
	uint64_t rcpt_domain_max;  /* LIMITS RCPTDOMAINMAX: domains a transaction */
	bool xclient;		   /* offered only: whole, as xclient.h knows it */
	bool future_release;	   /* offered only: FUTURERELEASE, with … */
	uint64_t hold_for_max_s;   /* … the longest, and */
	int64_t hold_until_max_ms; /* … the latest since 1970, RFC 4865 4 */
	bool deliver_by;	   /* DELIVERBY … */
	uint64_t deliver_by_min_s; /* … at least, RFC 2852 4; 0: any */
	bool mt_priority;	   /* MT-PRIORITY … */
	const char
		*priority_policy; /* … offered only: "MIXER", RFC 6710 3; NULL: none */
};

/*
 * Reads a positive reply to EHLO (its text, first line the greeting). Unknown
 * keywords and malformed values are passed over; it cannot fail.
 */
void capabilities_parse(const struct reply *reply, struct capabilities *capabilities_r);

/*
 * Appends the whole 250 reply to EHLO offering what is set in OFFERED. SIZE is
 * followed by its number, also when that is 0 (RFC 1870 4). False with
 * FAILURE_LIMIT when the buffer is full.
 */
bool capabilities_format(struct buffer *buffer, struct slice hostname,
	const struct capabilities *offered);

#endif
