/*
 * The line of a site: whose turn it is among all that wait for it.
 *
 * Flows, each a tenant's stream, stand in it; what waits in a flow goes by
 * priority, then first come first served. Urgent flows go before the others, but
 * for one turn in twenty where both wait. Among urgent ones, and among the
 * others, tenants take turns by weight (deficit round robin, each message costs
 * one), and so do a tenant's streams in its turn. Taking, adding and asking
 * takes constant time, however many flows there are. Pure: what waits are links of the caller's.
 */
#ifndef RINGPOST_RELAY_LINE_H
#define RINGPOST_RELAY_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/map.h"

#define LINE_GUARD	 20 /* of so many, one is not urgent */
#define LINE_LEVELS	 19 /* priorities -9 … 9 */
#define LINE_SHARE_LEAST 8  /* may wait, of each flow, however many there are */

struct line_tenant;

/* One in a ring of those that take turns; the first has its turn. */
struct line_turn {
	struct link link; /* linked while something of it waits */
	uint32_t weight;
	uint32_t left; /* of its turn */
};

struct line_flow {
	struct line_turn turn; /* among its tenant's */
	struct line_tenant *tenant;
	struct slice name; /* "tenant/stream" */
	bool urgent;
	size_t count, ahead; /* that wait; of these, of a priority above 0 */
	struct list room;    /* the queue's: to be told when there is room */
	struct link idle_link;
	uint32_t levels; /* which have any, the lowest bit the highest priority */
	struct list waiting[LINE_LEVELS];
};

struct line_class {
	struct list tenants; /* those something waits of */
	size_t tenant_count; /* of these */
	size_t flow_count;   /* flows that something waits of */
};

struct line {
	struct line_class urgent, others;
	unsigned urgent_run; /* taken in a row, while others waited */
	size_t count;
	struct line_flow *plain; /* of no tenant and no stream */
	struct map flows;	 /* by name, but that one */
	struct map tenants;	 /* by name and class */
	struct list idle;	 /* flows nothing waits of, the longest first */
	size_t idle_count;
};

void line_init(struct line *line);
/* Nothing may wait in it any more, nor in a flow's room. */
void line_finish(struct line *line);

struct line_terms {
	unsigned tenant_weight, stream_weight; /* from 1 */
	bool urgent;
};
/* The flow of NAME ("tenant/stream", or empty); NULL: not here now. */
struct line_flow *line_find(const struct line *line, struct slice name);
/* The same, made on TERMS if it is new. Valid as long as something waits in it or
 * in its room, or until the next one is made. */
struct line_flow *line_flow(
	struct line *line, struct slice name, const struct line_terms *terms);

/* At the end of what has the same priority / at its front, the turn given back. */
void line_add(
	struct line *line, struct line_flow *flow, int priority, struct link *link);
void line_put_back(
	struct line *line, struct line_flow *flow, int priority, struct link *link);

/* A look for what may go now: zeroed at first, shows another tenant's after each
 * line_pass, and nothing (NULL) when every tenant was passed. */
struct line_look {
	struct line_class *class;
	struct line_flow *flow; /* of what is shown */
	size_t passed;
	bool other; /* the second of the two classes */
};
struct link *line_peek(struct line *line, struct line_look *look);
void line_pass(struct line *line, struct line_look *look);
/* Takes what was shown, and the turn it costs. */
struct link *line_take(struct line *line, struct line_look *look);

/*
 * How many more of a flow may come to wait, where the line has about CAP places
 * for each class: all of them for one alone, its part where there are more. FLOW
 * may be NULL (not here now). What is of a PRIORITY above 0 does not wait for
 * room behind what is not.
 */
size_t line_room(const struct line *line, const struct line_flow *flow, bool urgent,
	int priority, size_t cap);
/* Whether so few wait of FLOW that its room should be filled again. */
bool line_wants(const struct line *line, const struct line_flow *flow, size_t cap);

/* What LEAVES says true of, to the end of INTO. Looks at all that waits. */
void line_sift(struct line *line, bool (*leaves)(void *context, const struct link *link),
	void *context, struct list *into);
/* All that waits, to the end of INTO; or all that waits for room. These two look
 * at every flow. */
void line_empty(struct line *line, struct list *into);
void line_rooms(struct line *line, struct list *into);

#endif
