/* Mailboxes that accounts have from their beginning on, beside INBOX. */
#ifndef RINGPOST_STORE_FIRST_H
#define RINGPOST_STORE_FIRST_H

#include "store/mailbox.h"

#define FIRST_MAILBOXES_MAX 50

struct first_mailbox {
	struct slice name;    /* as mailbox_name_prepare makes it */
	enum mailbox_use use; /* each once */
};

/* Copied. For accounts that begin from now on: they are subscribed to. */
void store_set_first(
	struct store *store, const struct first_mailbox *list, size_t count);

struct first;
/* Of a store that ends. */
void first_destroy(struct first **first);

/* --- In a transaction --- */

struct operation;
struct database;

/* INBOX was made just now: so are they. */
bool first_make(struct operation *operation, struct database *database);

#endif
