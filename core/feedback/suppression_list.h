/*
 * The suppression list for who looks at it: what it holds, page by page, and how
 * it stands in this process.
 */
#ifndef RINGPOST_FEEDBACK_SUPPRESSION_LIST_H
#define RINGPOST_FEEDBACK_SUPPRESSION_LIST_H

#include "feedback/suppression.h"
#include "feedback/suppression_key.h"

struct suppression_query {
	bool tenant_given;
	struct slice tenant; /* empty: everybody's only */
	bool reason_given;
	enum suppression_reason reason;
};

/* Entries in force that QUERY means, in no order, those there all the time once or
 * twice; each is valid during VISIT only, which ends the walk with false. False
 * then, and with FAILURE_STORE, TIMEOUT. */
bool suppression_walk(struct redis *redis, const struct suppression_query *query,
	bool (*visit)(void *context, const struct suppression_entry *entry,
		struct deadline deadline),
	void *context, struct deadline deadline);

/* Where a page ends: the place in the list, and the last entry's name in hexadecimal.
 */
#define SUPPRESSION_CURSOR_SIZE (24 + 1 + 2 * SUPPRESSION_FIELD_MAX + 1)

struct suppression_paging {
	struct redis *redis;
	struct suppression_query query;
	size_t limit; /* entries at the most; not 0 */
	/* As above. */
	bool (*visit)(void *context, const struct suppression_entry *entry,
		struct deadline deadline);
	void *context;
};

/* A page of the list from CURSOR (empty: the first) on; into it where the next begins,
 * empty: there is none. What is there all the time comes once, or twice where the list
 * grew meanwhile. False as above, and DATA: it is no cursor. */
bool suppression_page(const struct suppression_paging *paging,
	char cursor[SUPPRESSION_CURSOR_SIZE], struct deadline deadline);

/* The up to four entries of Redis that mail of TENANT to ADDRESS meets, those that
 * decide first: the tenant's, everybody's, then the same of the whole domain. */
bool suppression_visit(struct redis *redis, struct slice tenant, struct slice address,
	bool (*visit)(void *context, const struct suppression_entry *entry,
		struct deadline deadline),
	void *context, struct deadline deadline);

struct suppression_figures {
	size_t entries; /* in memory, also what is just over */
	size_t bytes;
	size_t waiting; /* reports that are not written yet */
	uint64_t lost;	/* … that will not be: too many waited */
	bool loaded;
};
struct suppression_figures suppression_figures(const struct suppression *suppression);

#endif
