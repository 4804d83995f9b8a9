/* What is remembered of DNS, held against one message. For gate.c. */
#ifndef RINGPOST_GATE_JUDGE_H
#define RINGPOST_GATE_JUDGE_H

#include "gate/memory.h"
#include "mail/domain.h"

struct judging {
	struct gate_memory *memory;
	const struct gate_question *question;
	uint64_t addresses;	    /* the message may leave from: bits */
	struct slice sender_domain; /* of the envelope sender as it will be sent, or
				       empty */
	char text[DOMAIN_MAX + 1];  /* … there */
	uint64_t spf_wrong;	    /* addresses that SPF does not pass for: bits */
	bool unaligned;		    /* DMARC: there is a record, and nothing aligned */
	struct slice sign_as;	    /* where another than the author's domain signs */
};

/*
 * Which of WANTED (of those that ask DNS) fails: bits. Waits for DNS where one
 * of REFUSED is not known yet. FIXED: DKIM is put right, so that signing_domain
 * signs.
 */
uint32_t judge(struct judging *judging, uint32_t wanted, struct deadline deadline);

/* Why the message is refused for CHECK, in ARENA. */
struct slice judge_words(
	const struct judging *judging, enum gate_check check, struct arena *arena);

#endif
