/*
 * Messages on their way through submission: begun one after the other, made safe
 * together, each with an outcome of its own.
 */
#ifndef RINGPOST_API_SEND_H
#define RINGPOST_API_SEND_H

#include "api/message.h"
#include "run/deadline.h"
#include "submit/entrance.h"

struct api_outcome {
	unsigned status; /* 202: it is safe; else why not, as HTTP says it */
	const char *code;
	struct slice id;
	struct slice detail;
	unsigned wait_s;	    /* to come again after; 0: nothing is said */
	struct http_error *refused; /* recipients that get nothing; of ARENA */
	size_t refused_count;
};

/*
 * Sends all of REQUEST; OUTCOMES has one for each, whose texts are in ARENA. With the
 * process's end or DEADLINE, what was not begun has 503.
 */
void api_send(struct smtp_session *session, const struct api_request *request,
	struct arena *arena, struct api_outcome *outcomes, struct deadline deadline);

#endif
