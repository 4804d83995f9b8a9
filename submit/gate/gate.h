/*
 * The gate: what may go out. A worker's; judges each submitted message once
 * its header is complete, by what the header says and by what DNS says of the
 * sender's domain and of our own addresses.
 *
 * DNS is asked in the background and remembered for a domain, so that a message
 * costs a look-up in memory. Only the first message of a domain waits, and only
 * where a check may refuse it, at most `gate.wait`. What DNS cannot tell is no
 * fault: it passes.
 */
#ifndef RINGPOST_GATE_GATE_H
#define RINGPOST_GATE_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/config.h"
#include "dkim/keyring.h"
#include "gate/check.h"
#include "mail/header.h"
#include "run/deadline.h"

struct dns;
struct gate;
struct verify_resolver;
struct gate_node; /* what a process's workers share: what was told already */

struct gate_node *gate_node_create(void);
void gate_node_destroy(struct gate_node **node);

/* DNS NULL: it is never asked. */
struct gate *gate_open(struct gate_node *node, struct config *config,
	struct dkim_keyring *keyring, struct dns *dns);
/* The same with another to ask, whose context must last. */
struct gate *gate_open_with(struct gate_node *node, struct config *config,
	struct dkim_keyring *keyring, const struct verify_resolver *resolver);
/* For what is judged from now on; all that DNS said is forgotten. */
void gate_reload(
	struct gate *gate, struct config *config, struct dkim_keyring *keyring);
/* No fiber is in gate_judge any more. */
void gate_close(struct gate **gate);

/* A message with its header. Empty slices: there is none. */
struct gate_question {
	struct header *header; /* what is put right becomes private there */
	struct slice reverse_path;
	const struct slice *authors; /* mailboxes of From */
	size_t author_count;
	struct slice author_domain; /* of the first: A-labels in lower case */
	struct slice tenant, stream;
	struct slice id;
	struct slice recipient; /* where there is exactly one */
	struct slice token;	/* its own, of bounce addresses */
	struct slice link;	/* of ours, to leave by: https; or empty */
	struct slice link_mailto; /* beside it; or empty */
	bool link_due;		  /* it gets the link, whatever the check says */
	int64_t now_ms;
};

struct gate_answer {
	uint32_t missed;      /* what fails, and was not put right: bits */
	uint32_t fixed;	      /* what was put right */
	struct reply refusal; /* code 0: it may go */
	struct slice added;   /* complete fields that its header gets */
	struct slice sign_as; /* whose keys sign instead of the author's; empty */
};

/* Slices are in ARENA. Whether it waits, see above. */
void gate_judge(struct gate *gate, const struct gate_question *question,
	struct arena *arena, struct gate_answer *answer_r, struct deadline deadline);

/*
 * The look for phishing: begun with the header, fed the body, ended with it.
 * Zeroed is a start; `text` is memory that may be used again, to be finished.
 */
struct gate_look {
	bool on;	    /* the body is wanted */
	struct buffer text; /* private: the message so far */
	uint32_t signs;	    /* enum phishing_sign: bits */
	unsigned score;
};
void gate_look_begin(struct gate *gate, const struct gate_question *question,
	struct gate_look *look, struct arena *arena);
void gate_look_feed(struct gate_look *look, struct slice run);
/* True: it is suspicious, with its score. DOMAIN: the author's. */
bool gate_look_end(struct gate *gate, const struct header *header, struct slice domain,
	struct gate_look *look, struct arena *arena);

struct gate_figures {
	uint64_t judged, refused, fixed, suspicious;
	uint64_t asked, waited; /* domains asked about; messages that waited */
	size_t domains;
};
struct gate_figures gate_figures(const struct gate *gate);

#endif
