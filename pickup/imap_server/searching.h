/* A search under way, shared by its files. */
#ifndef RINGPOST_IMAP_SERVER_SEARCHING_H
#define RINGPOST_IMAP_SERVER_SEARCHING_H

#include "imap/search.h"
#include "imap_server/dialogue.h"

struct searching {
	struct imap_dialogue *dialogue;
	struct search *search;
	bool wants_facts; /* of what was found, too: to sort it */
	/* What was found, in the order of sequence numbers. FACTS NULL: it has none, or
	 * they were not wanted. */
	void (*found)(struct searching *searching, const struct search_record *record,
		const struct facts *facts);
	void *context;
	bool any_unread;
	struct index_answer *known; /* what the index knows of its texts, once asked */
	bool asked;
	struct arena arena; /* of some messages */
	struct arena texts; /* of one */
};

/* All messages of the view. False: the store failed. */
bool searching_run(struct searching *searching, struct deadline deadline);

#endif
