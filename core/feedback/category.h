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

#include "base/arena.h"
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

/* By category, NULL behind the last: "bad-mailbox". Static. */
extern const char *const category_words[CATEGORIES + 1];
const char *category_name(enum category category);
bool category_find(struct slice name, enum category *category_r);
/* What it means and what to do about it, a sentence or two; static. */
const char *category_meaning(enum category category);
/* Refused so for good, the address itself is no good: no later message to it can
 * be delivered either. */
bool category_is_hard(enum category category);
/* The recipient's side cannot take it, through no fault of ours: an address that
 * does so again and again is not worth more. */
bool category_is_soft(enum category category);

/* ---- Classifying ---- */

struct classifier;

struct category_question {
	bool ours; /* our own decision: only its status says something */
	int code;  /* 0: none is known */
	struct enhanced_code enhanced;
	struct slice text; /* without the codes */
	struct slice host; /* who answered, "mx.example.com[192.0.2.1]:25" or its
			      name alone; empty: not known */
};

/* The rule that decided. */
struct category_rule {
	const char *name;
	enum category category;
	const char *provider; /* NULL: of every host */
	const char *file;
	unsigned line;
};

/* What QUESTION is about. *rule_r (or NULL): lives as long as CLASSIFIER; NULL
 * where no rule knows it. Takes some microseconds, whatever the text. */
enum category category_of(const struct classifier *classifier,
	const struct category_question *question, const struct category_rule **rule_r);
/* The question in what a log or a report quotes: "550 5.1.1 No such user", of
 * several lines too ("550-5.1.1 …"), "4.4.1 connect to …" (ours). Its text is
 * part of LINE or lives in ARENA. */
struct category_question category_question_of(
	struct slice line, struct slice host, struct arena *arena);

/*
 * Reads the rules that ship and the file CONFIG names (bounces: rules). NULL when
 * anything is wrong: *errors_r then holds a line "path:line:column: …" for each
 * error (free with memory_free). Blocks.
 */
struct classifier *classifier_load(struct config *config, char **errors_r);
/* The same for TEXT, as if the file PATH held it; PATH NULL: only what ships. */
struct classifier *classifier_parse_text(
	const char *path, struct slice text, char **errors_r);
struct classifier *classifier_hold(struct classifier *classifier);
void classifier_release(struct classifier **classifier);

/* The rules, in the order they are tried, until VISIT says false. */
void classifier_each_rule(const struct classifier *classifier,
	bool (*visit)(void *context, const struct category_rule *rule), void *context);
/* The shipped file's text. */
struct slice classifier_shipped(void);

#endif
