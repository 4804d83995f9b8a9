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
	struct imap_set chosen;
	bool uid;
	struct uid_set seen;  /* get \Seen by this FETCH */
	struct arena arena;   /* of some messages */
	struct arena section; /* of one item */
	struct fetch_writer writer;
	bool any_gone, any_unread, any_unknown; /* for the last line */
	/* Of the message at hand: */
	const struct record *record;
	struct facts facts;
	struct message_file file; /* fd -1: not needed */
	const struct mime_place *place;
	size_t mark; /* where its response begins in what is to be sent */
	bool sent;   /* part of that has gone */
};

/* Whether ITEM needs the message's bytes, its facts. */
bool fetching_needs_file(const struct imap_item *item);
bool fetching_needs_facts(const struct imap_item *item);
/* BODY[…], BINARY[…], BINARY.SIZE[…]. False: it could not be read. */
bool fetching_write_section(struct fetching *fetching, const struct imap_item *item,
	struct deadline deadline);

#endif
