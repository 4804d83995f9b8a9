/*
 * Messages that tell what became of another one: delivery status notifications
 * (RFC 3464, 6533), complaints (ARF: RFC 5965, 6591), and what mail servers
 * write to people when they cannot deliver.
 *
 * What stands in them are claims of whoever sent them: who believes them has to
 * know why. Every text in a struct report is clean (text.h), of one line, and
 * cut to REPORT_TEXT_MAX.
 */
#ifndef RINGPOST_MAIL_REPORT_READ_H
#define RINGPOST_MAIL_REPORT_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"
#include "mail/dsn.h"

/* What of a message is read at the most; what stands behind may be left out. */
#define REPORT_BYTES_MAX      1048576
#define REPORT_RECIPIENTS_MAX 100
#define REPORT_ADDRESSES_MAX  100
#define REPORT_TEXT_MAX	      1000

enum report_kind {
	REPORT_NONE,	  /* mail like any other */
	REPORT_STATUS,	  /* of mail's delivery, for programs: RFC 3464 */
	REPORT_WORDS,	  /* the same in words, for people only */
	REPORT_COMPLAINT, /* somebody does not want the mail: RFC 5965 */
	REPORT_RECEIPT,	  /* it was read, or deleted: RFC 8098 */
	REPORT_ANSWER,	  /* by a machine: somebody is away (RFC 3834) */
};

/* Empty slices: not said. */
struct report_recipient {
	enum dsn_action action;
	struct slice address;	 /* "user@example.org", as the reporter knows it */
	struct slice original;	 /* … and as it was known here */
	struct slice status;	 /* "5.1.1" */
	int code;		 /* 550; 0: not said */
	struct slice diagnostic; /* the reply or its like, code and status taken off */
	struct slice host;	 /* that said so */
};

/* The message the report is about, as far as it was returned. */
struct report_original {
	struct slice header;	  /* its bytes, as they came: not clean; empty: none */
	struct slice message_id;  /* "<…@…>" */
	struct slice return_path; /* no brackets */
	struct slice from, subject;
	struct slice feedback_id; /* CFBL-Feedback-ID, RFC 9477 */
};

/* Of a complaint. */
struct report_complaint {
	struct slice type;	/* "abuse", "fraud", "not-spam", "opt-out", … */
	struct slice agent;	/* User-Agent */
	struct slice source;	/* Source-IP */
	struct slice mail_from; /* Original-Mail-From, no brackets */
	struct slice domain;	/* the first Reported-Domain */
	struct slice results;	/* the first Authentication-Results */
	uint64_t incidents;	/* at least 1 */
};

struct report {
	enum report_kind kind;
	const char *style; /* who writes like that: "rfc3464", "qmail", …; static */
	struct slice reporter;	  /* Reporting-MTA; of words, where it was said */
	struct slice envelope_id; /* Original-Envelope-Id */
	const struct report_recipient *recipients; /* who it is about; maybe none */
	size_t recipient_count;
	size_t recipients_more; /* those beyond the cap */
	struct report_original original;
	struct report_complaint complaint;
	/* Each address that may be the recipient's, likely ones first: of
	 * recipients, then of the original's header and of the text. */
	const struct slice *addresses;
	size_t address_count;
};

/*
 * Reads MESSAGE, header and body, lines ended by CRLF, which may be cut
 * anywhere. Never fails: what cannot be understood is REPORT_NONE. All that
 * *report_r holds lives in the arena or in MESSAGE.
 */
void report_read(struct arena *arena, struct slice message, struct report *report_r);

/* "status", "words", "complaint", …; static. */
const char *report_kind_name(enum report_kind kind);

#endif
