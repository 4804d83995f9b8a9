/* Sources as an operator sees them. */
#ifndef RINGPOST_RELAY_SOURCE_VIEW_H
#define RINGPOST_RELAY_SOURCE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct relay;

struct relay_warmup_view {
	const char *provider; /* NULL: all that no other schedule is for */
	uint64_t day, days;   /* from 1; 0: not begun, or not known yet */
	uint64_t allowed;     /* today */
	uint64_t sent;	      /* by all nodes, when this one asked last */
	bool over;
	int64_t shut_until_ms; /* 0: it may send */
};

struct relay_source_view {
	struct slice name;
	const char *address, *address6, *ehlo; /* or NULL */
	struct slice proxy;		       /* "socks5://host:port", or empty */
	const char *const *pools;
	size_t pool_count;
	const char *trouble;	       /* why it is not used; "": it is */
	uint64_t connections, waiting; /* of this worker */
	uint64_t delivered, deferred;  /* of all, since the start */
	const struct relay_warmup_view *warmups;
	size_t warmup_count;
};

/* Each source that is configured, until VISIT says false. What it is shown is
 * valid until it returns. */
void relay_each_source(struct relay *relay,
	bool (*visit)(void *context, const struct relay_source_view *source),
	void *context);

#endif
