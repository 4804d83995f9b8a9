/*
 * The index of the store's mail, for SEARCH: which messages may have a text. It is
 * filled behind deliveries, by one thread of low priority that takes half of its
 * time at most; what it does not know yet has to be looked at. It promises nothing but
 * that what it leaves out has not got the text.
 */
#ifndef RINGPOST_INDEX_INDEX_H
#define RINGPOST_INDEX_INDEX_H

#include "imap/search.h"
#include "run/deadline.h"
#include "store/store.h"

struct index;

/* Of the store, which outlives it. NULL: FAILURE_RESOURCE. */
struct index *index_create(struct store *store);
/* Nobody asks any more; waits for what is under way. */
void index_destroy(struct index **index);

/* What is known for one search. */
struct index_answer;
#define INDEX_TEXTS_MAX 64 /* of a search; the index is not asked for more */

/*
 * Fills in of TEXTS what the account's index knows (search_texts); valid until
 * *answer_r is given back. NULL: nothing is known, or could be found out by DEADLINE.
 */
struct index_answer *index_ask(struct index *index, struct store_account *account,
	struct search_text *texts, struct deadline deadline);
void index_answer_destroy(struct index_answer **answer);

/* What the thread did since the start. */
struct index_figures {
	uint64_t messages; /* put into indexes */
	uint64_t waiting;  /* accounts whose turn has not come */
};
struct index_figures index_figures(struct index *index);

#endif
