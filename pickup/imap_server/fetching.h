/* A FETCH under way, shared by its files. */
#ifndef RINGPOST_IMAP_SERVER_FETCHING_H
#define RINGPOST_IMAP_SERVER_FETCHING_H

#include "imap/fetch_write.h"
#include "imap_server/dialogue.h"
#include "mime/facts.h"
#include "mime/parts.h"
#include "store/message.h"

struct fetching {
	struct imap_dialogue *dialogue;
	const struct imap_fetch *asked;
	struct uid_set chosen;
	bool uid;
	unsigned wanted;      /* of messages; of enum message_wanted */
	struct uid_set seen;  /* get \Seen by this FETCH */
	struct arena arena;   /* of one message */
	struct arena section; /* of one item */
	struct fetch_writer writer;
	bool any_gone, any_unread, any_unknown; /* for the last line */
	/* Of the message at hand: */
	const struct record *record;
	struct facts facts;
	struct message_file file;
	const struct mime_place *place;
	size_t mark; /* where its response begins in what is to be sent */
	bool sent;   /* part of that has gone */
};

/* Not those that CHANGEDSINCE leaves out. */
bool fetching_wants(const struct fetching *fetching, const struct record *record);
/* Calls WRITE_ONE for what is chosen, read ahead (fetch_ahead.c). False: it returned
 * false. */
typedef bool fetching_writer(struct fetching *fetching, uint32_t sequence,
	const struct stored_message *message, struct deadline deadline);
bool fetching_each(struct fetching *fetching, fetching_writer *write_one,
	struct deadline deadline);
/* Whether ITEM needs the message's bytes, its facts. */
bool fetching_needs_file(const struct imap_item *item);
bool fetching_needs_facts(const struct imap_item *item);
/* BODY[…], BINARY[…], BINARY.SIZE[…]. False: it could not be read. */
bool fetching_write_section(struct fetching *fetching, const struct imap_item *item,
	struct deadline deadline);

#endif
