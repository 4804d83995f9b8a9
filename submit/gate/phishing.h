/*
 * A look for phishing at what is submitted: signs, each with a weight, and the
 * score they add up to. No proof: a reason to look at an account. Pure.
 */
#ifndef RINGPOST_GATE_PHISHING_H
#define RINGPOST_GATE_PHISHING_H

#include "base/arena.h"
#include "gate/lookalike.h"
#include "mail/header.h"

enum phishing_sign {
	PHISHING_NAME_ADDRESS,	  /* From's display name shows an address elsewhere */
	PHISHING_NAME_DOMAIN,	  /* … or one of the domains guarded */
	PHISHING_FROM_LOOKS,	  /* From's domain reads like one of them */
	PHISHING_FROM_TYPO,	  /* … but for a letter */
	PHISHING_MIXED,		  /* From's domain mixes scripts */
	PHISHING_REPLY_LOOKS,	  /* Reply-To reads like one of them */
	PHISHING_REPLY_ELSEWHERE, /* Reply-To is at another organization */
	PHISHING_LINK_SHOWS,	  /* a link shows one site and leads to another */
	PHISHING_LINKS_SHOW,	  /* … several do */
	PHISHING_LINK_LOOKS,	  /* a link leads where it reads like one of them */
	PHISHING_LINK_USER,	  /* … has a name before its host */
	PHISHING_LINK_ADDRESS,	  /* … leads to an address instead of a name */
	PHISHING_SIGNS,
};

/* The weights of SIGNS (bits) together. */
unsigned phishing_score(uint32_t signs);
/* "name_address", … of SIGNS in their order into NAMES; how many. */
size_t phishing_names(uint32_t signs, struct slice names[PHISHING_SIGNS]);

/* Signs of the header. AUTHOR: From's first mailbox, DOMAIN its domain in
 * A-labels; empty: there is none. */
uint32_t phishing_header(const struct lookalikes *guarded, const struct header *header,
	struct slice author, struct slice domain, struct arena *arena);

/*
 * Signs of the text: MESSAGE is the header with its blank line, HEADER it scanned,
 * and as much of the body as there is.
 */
uint32_t phishing_body(const struct lookalikes *guarded, const struct header *header,
	struct slice message, struct slice domain, struct arena *arena);

#endif
