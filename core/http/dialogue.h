/* A connection's inside, shared by the files of the HTTP server dialogue. */
#ifndef RINGPOST_HTTP_DIALOGUE_H
#define RINGPOST_HTTP_DIALOGUE_H

#include "http/parse.h"
#include "http/server.h"

struct http_dialogue {
	const struct http_server_options *options;
	const struct config_http *limits;
	const bool *stopping;
	bool *resting;
	unsigned services;   /* of its listener */
	struct deadline end; /* of the connection */
	struct deadline old; /* behind the next answer */
	struct http_parse *parse;
	struct http_figures *figures;
	bool ended;   /* nothing more is read */
	bool lingers; /* … though more may come */
	uint64_t requests;

	/* The request at hand: */
	struct http_exchange exchange;
	struct buffer head;
	struct http_framing framing;
	struct http_match match;
	struct deadline until;	  /* when it must have been answered */
	struct buffer body;	  /* undone */
	uint64_t body_most, held; /* counted among those of all */
	uint64_t came;		  /* bytes of it, as they are sent */
	bool body_read, continued;
	bool body_lost; /* its end will not be seen */
};

/* server_body.c: the body of the request at hand, whole. False: the answer says why
 * not, or the stream has failed. */
bool http_read_body(struct http_dialogue *dialogue);
/* What of it was not read is read and thrown away if it is little; else the
 * connection ends behind the answer. */
void http_skip_body(struct http_dialogue *dialogue);
void http_forget_body(struct http_dialogue *dialogue);
/* The connection ends, its client may still be sending: what comes is thrown away for
 * a while, since a reset would take the answer from it. */
void http_linger(struct http_dialogue *dialogue);

#endif
