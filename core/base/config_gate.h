/*
 * The gate's section: what outgoing mail is looked at for, and what is done
 * about what is missing. Member names are the YAML's.
 */
#ifndef RINGPOST_BASE_CONFIG_GATE_H
#define RINGPOST_BASE_CONFIG_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config_items.h"

enum config_gate_verdict {
	CONFIG_GATE_OFF,    /* not looked at */
	CONFIG_GATE_WARN,   /* told in the event */
	CONFIG_GATE_REFUSE, /* the message is refused */
	CONFIG_GATE_FIX,    /* put right; where that cannot be, told */
};

struct config_gate {
	/* What DNS says of the sender's domain and of our addresses: */
	enum config_gate_verdict spf, dkim, dmarc, ptr, domain;
	/* What the message says: */
	enum config_gate_verdict author, message_id, date, single, unsubscribe;
	enum config_gate_verdict phishing;
	struct config_texts addresses; /* the world sees mail come from; none: the
					  sources', or this machine's own */
	char *signing_domain;	       /* signs where "dkim: fix" has to; or NULL */
	char *unsubscribe_url;	       /* a template; or NULL */
	struct config_texts streams;  /* of bulk mail; none: submission's bulk_stream */
	struct config_texts protect;  /* domains that others may not look like */
	uint64_t phishing_score;      /* from which on it is suspicious */
	uint64_t suspicious_per_hour; /* of an account, then refused; 0: no limit */
	uint64_t look_size;	      /* so much of a body is looked at */
	int64_t fresh_ms;	      /* an answer is believed */
	int64_t wait_ms;	      /* for the first, where it may refuse */
	uint64_t domains;	      /* remembered by each worker */
};

struct config_section;

extern const struct config_section gate_section; /* config_schema_gate.c */

#endif
