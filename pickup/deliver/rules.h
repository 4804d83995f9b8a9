/*
 * Rules of delivery: which mail goes into which mailbox, with which marks, and
 * where else. Read from a YAML file (deploy/delivery.yaml shows all it may say),
 * compiled once, shared by all workers, never changed.
 */
#ifndef RINGPOST_DELIVER_RULES_H
#define RINGPOST_DELIVER_RULES_H

#include "base/arena.h"
#include "base/config.h"
#include "mail/header.h"

#define RULES_MAILBOXES_MAX 20 /* of one message; those beyond are left out */
#define RULES_FORWARDS_MAX  20
#define RULES_KEYWORDS_MAX  50
#define RULES_HEADER_MAX    (16u << 10) /* of a field that is looked at */

struct rules;

/*
 * What FILE of delivery says, NULL: it cannot be used, and *errors_r is the list of
 * what is wrong, "path:line:column: …" each (free with memory_free). Without a file
 * no rule. Blocks.
 */
struct rules *rules_load(struct config *config, char **errors_r);
struct rules *rules_parse_text(const char *path, struct slice text, char **errors_r);
struct rules *rules_hold(struct rules *rules);
void rules_release(struct rules **rules);
size_t rules_count(const struct rules *rules);

/* A message for one recipient. */
struct rules_message {
	struct slice account, recipient;
	struct slice sender; /* of the envelope; empty: <> */
	const struct header *header;
	struct slice authentication; /* the payload of an Authentication-Results
					that is believed; or empty */
	uint64_t size;
};

struct rules_outcome {
	/* Empty: where it would go without rules. As the file has them. */
	struct slice mailboxes[RULES_MAILBOXES_MAX];
	size_t mailbox_count;
	uint8_t flags;	       /* MESSAGE_SEEN, … */
	struct slice keywords; /* a space between them; in the arena */
	struct slice forwards[RULES_FORWARDS_MAX];
	size_t forward_count;
	bool discard;	  /* into no mailbox */
	const char *rule; /* the last that matched, or NULL; lives as RULES */
};

/* RULES may be NULL. Texts live as long as RULES or in the arena. */
void rules_apply(const struct rules *rules, const struct rules_message *message,
	struct arena *arena, struct rules_outcome *outcome_r);

#endif
