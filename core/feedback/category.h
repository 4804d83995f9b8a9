/*
 * Categories: what a refusal is about, whatever words a receiver found for it.
 *
 * A classifier holds the rules: those that are part of the program
 * (deploy/bounces.yaml) and a local file's (bounces: rules), which come first.
 * An immutable snapshot, shared by all workers; asking it takes no lock.
 */
#ifndef RINGPOST_FEEDBACK_CATEGORY_H
#define RINGPOST_FEEDBACK_CATEGORY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/config.h"
#include "base/slice.h"
#include "mail/reply.h"

enum category {
	CATEGORY_OTHER, /* no rule knows it */
	/* The recipient. */
	CATEGORY_BAD_MAILBOX,	   /* nobody has this address */
	CATEGORY_BAD_DOMAIN,	   /* its domain is not there, or takes no mail */
	CATEGORY_INACTIVE_MAILBOX, /* somebody had it: closed, disabled, moved */
	CATEGORY_MAILBOX_FULL,
	/* Us. */
	CATEGORY_BAD_SENDER,	 /* no answer would reach the sender, they say */
	CATEGORY_AUTHENTICATION, /* SPF, DKIM, DMARC, PTR: missing or wrong */
	CATEGORY_REPUTATION,	 /* little is thought of address or domain */
	CATEGORY_SPAM_BLOCK,	 /* address or domain is on a block list */
	CATEGORY_RATE,		 /* too much, too fast */
	CATEGORY_GREYLISTING,	 /* come back later, as to any stranger */
	CATEGORY_LOGIN,		 /* our user name and password there */
	/* The message. */
	CATEGORY_CONTENT, /* spam or a virus, they say */
	CATEGORY_SIZE,
	CATEGORY_LOOP,
	CATEGORY_EXPIRED, /* it was not delivered in time */
	/* The other side, and the way there. */
	CATEGORY_POLICY,   /* a rule of theirs that is none of the others */
	CATEGORY_RELAYING, /* that host does not take mail for the domain */
	CATEGORY_PROTOCOL, /* a command or a format was not understood */
	CATEGORY_TLS,
	CATEGORY_DNS,
	CATEGORY_NETWORK,
	CATEGORY_SYSTEM, /* trouble of their own: disk, software, maintenance */
	CATEGORIES
};

/* "bad-mailbox"; static. */
const char *category_name(enum category category);
bool category_find(struct slice name, enum category *category_r);
/* What it means and what to do about it, a sentence or two; static. */
const char *category_meaning(enum category category);
/* Refused so for good, the address itself is no good: no later message to it can
 * be delivered either. */
bool category_is_hard(enum category category);

#endif
