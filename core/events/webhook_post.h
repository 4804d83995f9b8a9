/* One request to a webhook, signed, and what came of it. */
#ifndef RINGPOST_EVENTS_WEBHOOK_POST_H
#define RINGPOST_EVENTS_WEBHOOK_POST_H

#include "base/buffer.h"
#include "events/webhook.h"
#include "io/dns.h"

#define WEBHOOK_BODY_MAX (1u << 20) /* not closed before, so one line more */

/* A body being written: "[", lines with commas between them, "]". */
struct webhook_body {
	struct buffer text;
	size_t count;
};
void webhook_body_begin(struct webhook_body *body);
void webhook_body_add(struct webhook_body *body, struct slice line);
/* The whole of it; nothing may be added any more. Valid as long as BODY. */
struct slice webhook_body_end(struct webhook_body *body);
void webhook_body_finish(struct webhook_body *body);

struct webhook_answer {
	unsigned status; /* 0: there was none */
	char why[WEBHOOK_WHY_MAX + 1];
};

/* True: it answered 2yz. False: it did not, *answer_r says what. ATTEMPT: from 1. */
bool webhook_post(const struct webhook *webhook, struct slice body, unsigned attempt,
	struct dns *dns, struct webhook_answer *answer_r, struct deadline deadline);

#endif
