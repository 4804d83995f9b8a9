/*
 * Messages as the API is given them: read out of a document, checked whole, and made
 * into MIME. Nothing here waits; a large one is done on the pool.
 */
#ifndef RINGPOST_API_MESSAGE_H
#define RINGPOST_API_MESSAGE_H

#include "api/doc.h"
#include "api/problems.h"
#include "base/config.h"
#include "mail/address.h"
#include "mail/compose.h"
#include "mail/header_write.h"

#define API_MESSAGES_MAX   1000 /* of a batch */
#define API_FIELDS_MAX	   100
#define API_FILES_MAX	   100
#define API_SUBJECT_MAX	   998
#define API_METADATA_MAX   1000 /* bytes, as JSON */
#define API_METADATA_COUNT 20

enum api_leaving { API_LEAVING_NOT_SAID, API_LEAVING_WANTED, API_LEAVING_UNWANTED };

struct api_field {
	struct slice name, value;
	struct slice pointer;
};

struct api_recipient {
	struct header_mailbox mailbox;
	struct address address;
	struct slice pointer; /* where it stands in the request */
};

/* Slices are in the request's document or arena. */
struct api_message {
	struct header_mailbox from;
	struct address from_address;
	struct api_recipient *recipients; /* to, then cc, then bcc */
	size_t recipient_count, to_count, cc_count;
	struct header_mailbox *reply_to;
	size_t reply_to_count;
	struct slice subject, text, html; /* at NULL: not given */
	struct api_field *fields;
	size_t field_count;
	struct compose_file *files;
	size_t file_count;
	struct slice tags; /* words with one space between them */
	struct slice stream, tenant;
	struct slice metadata;	  /* JSON, one line */
	struct slice unsubscribe; /* value of List-Unsubscribe */
	bool one_click;
	enum api_leaving leaving; /* a link of ours, instead */
	bool has_priority;
	int priority;
	int64_t send_at_ms;    /* 0: at once */
	struct slice raw;      /* MIME instead of all that makes a header or a body */
	struct slice template; /* the name of a stored one */
	const struct doc *variables; /* an object, or NULL: nothing is put in */
	struct slice pointer; /* where it stands in the request; empty: it is all */
};

struct api_request {
	struct arena arena;
	struct api_message *messages;
	size_t count;
	bool batch;
	struct problems problems;
};

/* Who asks, and under which rules. */
struct api_rules {
	const struct config *config;
	struct slice tenant; /* of the key; empty: it may say one */
	int64_t now_ms;
};

/*
 * Reads BODY into *request, which is zeroed. False: it is no JSON (*why_r, in the
 * request's arena). True with problems.count: there is something wrong with it.
 */
bool api_request_read(struct api_request *request, struct slice body,
	const struct api_rules *rules, const char **why_r);
void api_request_finish(struct api_request *request);

/* Whether all that MESSAGE's texts name is among its variables, and brings no line
 * ends into its header; else told in PROBLEMS. */
bool api_message_check(const struct api_message *message, struct problems *problems);

/* MESSAGE as it is sent, but for what the server adds, behind what OUT holds. False:
 * something is wrong with it, told in PROBLEMS, or it is too big for OUT. */
bool api_message_write(const struct api_message *message, const struct config *config,
	struct problems *problems, struct buffer *out);

/* template.c: the first {{ in TEXT, which is then what is behind it. */
struct template_piece {
	struct slice before;
	struct slice name;   /* of {{name}} or {{{name}}}; at NULL: it is neither */
	struct slice broken; /* then: from there on */
	bool raw;	     /* {{{name}}} */
};
/* False: there is none; `before` is all that was left. */
bool template_next(struct slice *text, struct template_piece *piece_r);
/* TEXT with {{name}} replaced by what VARIABLES say, in HTML escaped
 * unless it is {{{name}}}. False: a name is not there, told at PLACE. */
bool template_fill(struct slice text, const struct doc *variables, bool html,
	struct problems *problems, const struct place *place, struct buffer *out);

#endif
