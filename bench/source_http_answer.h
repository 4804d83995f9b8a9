/* What an answer of the API, JSON, says of each message of its request. */
#ifndef RINGPOST_BENCH_SOURCE_HTTP_ANSWER_H
#define RINGPOST_BENCH_SOURCE_HTTP_ANSWER_H

#include <stddef.h>

#include "base/slice.h"

#define HTTP_OUTCOME_TEXT 160

struct http_outcome {
	unsigned status;
	char text[HTTP_OUTCOME_TEXT]; /* the message's id, or why not */
};

struct http_outcomes;

/* Of an answer with STATUS and BODY. Any bytes will do. */
struct http_outcomes *http_outcomes_read(unsigned status, struct slice body);
/* Message I of the request. Where the answer says nothing of it, it is refused. */
void http_outcome_of(
	const struct http_outcomes *outcomes, size_t i, struct http_outcome *outcome_r);
void http_outcomes_destroy(struct http_outcomes **outcomes);

#endif
