/*
 * What becomes of a message after what was found out about who it is from: the
 * configuration's word on SPF and DMARC. Pure.
 */
#ifndef RINGPOST_RECEIVE_JUDGEMENT_H
#define RINGPOST_RECEIVE_JUDGEMENT_H

#include "base/arena.h"
#include "base/config.h"
#include "mail/reply.h"
#include "verify/authentication.h"

/* Slices are in the arena; the four words those of RFC 8601, static. */
struct judgement {
	enum config_judgement what;
	const char *spf, *dkim, *dmarc, *arc; /* NULL: not looked at */
	/* SPF or DMARC passed: what is told to the envelope sender reaches who sent
	 * the message, not somebody whose name was used. */
	bool authentic;
	struct slice domain;  /* whose it is, by DMARC, DKIM or SPF; empty: who knows */
	struct slice why;     /* not MARK: "dmarc=fail header.from=example.com" */
	struct reply refusal; /* REFUSE */
};

/* Its address has no name in DNS, or none that leads back. */
bool judgement_is_nameless(const struct reverse_name *caller);
/* Before the message comes: whether SPF alone refuses it. */
bool judgement_refuses_sender(const struct config_receive *config,
	const struct authentication *found, struct arena *arena, struct reply *reply_r);
void judgement_make(const struct config_receive *config,
	const struct authentication *found, struct arena *arena,
	struct judgement *judgement_r);

#endif
