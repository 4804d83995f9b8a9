/* Answers on their way out: between the files of this folder. */
#ifndef RINGPOST_HTTP_ANSWER_H
#define RINGPOST_HTTP_ANSWER_H

#include "http/http.h"
#include "run/deadline.h"

/*
 * Writes the exchange's answer: into the outbox if it is small, else sent at once.
 * KEPT: the connection goes on behind it. False: the stream has failed.
 */
bool http_answer_write(
	struct http_exchange *exchange, bool kept, struct deadline deadline);
/* "HTTP/1.1 100 Continue". */
void http_answer_continue(struct stream *stream);

#endif
