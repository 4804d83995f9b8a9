/*
 * A request and its answer, as handlers see them (RFC 9110).
 *
 * A handler belongs to a route (router.h). It finds the request whole, its body
 * decoded, and leaves a status, fields and a body; server.c writes them. All
 * slices of a request, and all that is taken from `arena`, are valid until the
 * answer has been sent.
 */
#ifndef RINGPOST_HTTP_HTTP_H
#define RINGPOST_HTTP_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/config.h"
#include "base/slice.h"
#include "io/stream.h"

#define HTTP_FIELDS_MAX	     100 /* of a request; more: 431 */
#define HTTP_PARAMETERS_MAX  4	 /* {…} in a route's path */
#define HTTP_ANSWER_FIELDS   16
#define HTTP_ANSWER_BODY_MAX (32u << 20)

struct http_field {
	struct slice name, value; /* value without blanks around it */
};

struct http_request {
	struct slice method; /* "POST" */
	struct slice path;   /* as it came: "/v1/messages/a%20b" */
	struct slice query;  /* behind '?', as it came; empty: none */
	struct http_field fields[HTTP_FIELDS_MAX];
	size_t field_count;
	/* Of the route's path, in order, percent-decoded; no control bytes. */
	struct slice parameters[HTTP_PARAMETERS_MAX];
	struct slice body; /* chunks joined, gzip undone */
	bool old;	   /* HTTP/1.0 */
};

struct http_answer {
	unsigned status;  /* 200 unless set */
	const char *type; /* of the body; NULL: application/json */
	struct http_field fields[HTTP_ANSWER_FIELDS];
	size_t field_count;
	struct buffer body; /* of HTTP_ANSWER_BODY_MAX at most */
	bool close;	    /* the connection ends behind it */
};

struct http_exchange {
	struct http_request request;
	struct http_answer answer;
	struct arena arena;
	struct stream *stream; /* for stream_facts */
	struct config *config; /* the snapshot the connection began with */
	const struct config_listener *listener;
	void *user; /* what `admit` of the route leaves for the others */
};

/* The value of the first field NAME, in any case; at NULL: there is none. */
struct slice http_field(const struct http_request *request, const char *name);
/* Whether a list in field NAME ("gzip, br;q=0.1") has WORD, not with q=0. */
bool http_field_lists(
	const struct http_request *request, const char *name, const char *word);
/* Whether the body may be read as JSON: it is said to be, or nothing is said, or what
 * curl says of whatever -d is given. */
bool http_is_json(const struct http_request *request);

/*
 * The value of NAME in the query, decoded into ARENA; the first one if there are
 * several. False: there is none, or what it says cannot be decoded.
 */
bool http_query(const struct http_request *request, const char *name,
	struct arena *arena, struct slice *value_r);
/* TEXT with %XX undone, and PLUS: with '+' as a blank. False where that is broken
 * or would make control bytes. */
bool http_decode(
	struct slice text, bool plus, struct arena *arena, struct slice *decoded_r);

/* VALUE is copied; control bytes in it become '?'. */
void http_add_field(
	struct http_exchange *exchange, const char *name, struct slice value);

/* One thing that is wrong with a request's body. */
struct http_error {
	struct slice pointer; /* RFC 6901: "/to/0/email"; empty: all of it */
	struct slice detail;
};

/*
 * The answer is a problem (RFC 9457), in JSON whatever the request asks for:
 * {"status":…,"title":…,"code":CODE,"detail":…}. CODE is for programs, the detail
 * for people; the answer's fields stay.
 */
void http_problem(struct http_exchange *exchange, unsigned status, const char *code,
	const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The same with "errors":[{"pointer":…,"detail":…}, …] behind it. */
void http_problem_errors(struct http_exchange *exchange, unsigned status,
	const char *code, const struct http_error *errors, size_t count);

/* "Not Found"; "Status" for what is not known. */
const char *http_reason(unsigned status);

#endif
