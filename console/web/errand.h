/*
 * A command carried out in worker 0 for a request of another worker (or of its own):
 * a letter there, a fiber, a letter back. What the command says is gathered, with a
 * cap.
 */
#ifndef RINGPOST_WEB_ERRAND_H
#define RINGPOST_WEB_ERRAND_H

#include "base/failure.h"
#include "daemon/daemon.h"

#include "admin/call.h"
#include "web/resource.h"

#define ERRANDS_MAX 64 /* of the process at a time */

/* A worker's, on their way. */
struct errands {
	struct daemon *daemon;
	unsigned count;
	struct condition ended;
};

struct errand_asker {
	char by[32], name[72], address[64];
};

/* What came of it. */
struct errand_result {
	bool done;
	struct failure failure; /* unless done */
	enum admin_refusal refusal;
	char member[48];		       /* that is wrong, or "" */
	struct value *answer, *items, *errors; /* or NULL */
	bool more;			       /* items were left out */
};

struct errand_wish {
	const struct web_resource *resource;
	struct value *request; /* taken over */
	struct errand_asker asker;
	size_t skip, limit; /* items passed over, and taken at most */
};

void web_errands_init(struct errands *errands, struct daemon *daemon);
/* Waits until all have come back, however long: they refer to it. */
void web_errands_finish(struct errands *errands, struct deadline deadline);

/* False with a failure: it is not known what became of it (TIMEOUT, CANCELLED), or it
 * was not begun (LIMIT). Else *result_r, to be finished. */
bool web_errand_run(struct errands *errands, const struct errand_wish *wish,
	struct errand_result *result_r, struct deadline deadline);
void web_errand_result_finish(struct errand_result *result);

#endif
