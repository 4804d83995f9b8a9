/*
 * One DNS answer message (RFC 1035 4) read as the answer to one question,
 * with every bound checked. Pure: strings and records go to the arena given.
 */
#ifndef RINGPOST_IO_DNS_PARSE_H
#define RINGPOST_IO_DNS_PARSE_H

#include "io/dns.h"
#include "io/dns_name.h"

/* CNAMEs followed for one question, over all messages. */
#define DNS_CNAMES_MAX 8
/* Records in one message; a message with more is malformed to us. */
#define DNS_RECORDS_MAX 4096
/* How long each kind of answer is believed, seconds. */
#define DNS_TTL_MAX	      86400
#define DNS_TTL_NEGATIVE_MAX  3600
#define DNS_TTL_TEMPORARY_MAX 5

struct dns_question {
	uint16_t id;
	enum dns_type type;
	struct slice name; /* normalised */
};

struct dns_message {
	struct dns_answer answer; /* ttl_s is within its limits */
	unsigned cnames;	  /* how many were followed */
	/* The answer ends in a CNAME whose target it does not tell about:
	 * answer.canonical is the name to ask for next. */
	bool unfinished;
	/* Refused for its OPT record: ask again without (RFC 6891 7). */
	bool no_edns;
};

/*
 * Always fills *message_r: what cannot be understood is DNS_TEMPORARY with
 * answer.reason. Strings live in ARENA, none points into PACKET.
 */
void dns_parse(struct slice packet, const struct dns_question *question,
	struct arena *arena, struct dns_message *message_r);

/* Makes *ANSWER a temporary failure for that reason (copied). */
void dns_answer_set_temporary(struct dns_answer *answer, const char *reason);

#endif
