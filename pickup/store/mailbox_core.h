/* Mailboxes that are open: in memory, shared by all sessions of the process. */
#ifndef RINGPOST_STORE_MAILBOX_CORE_H
#define RINGPOST_STORE_MAILBOX_CORE_H

#include "store/mailbox.h"
#include "store/rights.h"
#include "store/store_core.h"

struct mailbox_row {
	int64_t id;
	uint32_t uidvalidity, uidnext, recent_from;
	uint64_t modseq;
	enum mailbox_use use;
	bool selectable;
};

/* Those of a worker who look at a mailbox. */
struct watch {
	struct link link;	 /* of the mailbox */
	struct mailbox *mailbox; /* held, and so is its account */
	struct store_port *port;
	size_t views;
	struct condition changed;
	struct list alerts; /* view_alert.h */
	struct letter letter;
	bool posted; /* the letter is on its way; under the account's lock */
};
/* One more view of this worker; under the account's lock. */
struct watch *watch_hold(struct store_port *port, struct mailbox *mailbox);
void watch_release(struct watch **watch);
/* Calls those who wait for something else meanwhile. */
void watch_alert(struct watch *watch);

/* All but id, account and name is under the account's lock. */
struct mailbox {
	struct store_account *account; /* held as long as it is */
	int64_t id;
	char *name; /* as it was opened, or renamed to */
	uint32_t uidvalidity;
	unsigned holders;
	bool gone;
	struct state *state;
	uint32_t recent_from;	/* UIDs from there on no session was told of */
	struct slice *keywords; /* sets, by their number; 0 is empty */
	uint32_t keyword_count;
	struct grants grants; /* its list; grants_free */
	struct list guests;   /* guest.h */
	struct list watches;
	/* Nobody holds it, but it is kept for who comes next; under the store's lock.
	 */
	struct link kept_link;
	size_t kept_bytes;
	int64_t kept_since_us;
};

/* Held once; its state and keywords are to be filled in. */
struct mailbox *mailbox_make(struct store_account *account,
	const struct mailbox_row *row, struct slice name);
/* A set by its number: once each. Before it is among the open ones, or under the lock.
 */
void mailbox_set_keywords(struct mailbox *mailbox, uint32_t set, struct slice words);
/* Under the account's lock: */
/* Among the open ones from now on; returns it. */
struct mailbox *mailbox_add(struct mailbox *mailbox);
struct mailbox *mailbox_hold(struct mailbox *mailbox);
void mailbox_release(struct mailbox **mailbox);
/* Nobody holds it; of its account alone, or when it goes. */
void mailbox_free(struct mailbox *mailbox);
/* An open one; NULL: it is not. */
struct mailbox *mailbox_find(struct store_account *account, int64_t id);
/* Not among the open ones any more. */
void mailbox_drop(struct mailbox *mailbox);
/* It is gone: not among the open ones any more, though some may still hold it. */
void mailbox_forget(struct mailbox *mailbox);
/* Those who watch look again. */
void mailbox_call(struct mailbox *mailbox);

/*
 * On the writer's thread, which alone changes open mailboxes and so may read them
 * without the lock: an open one, held, or NULL.
 */
struct mailbox *mailbox_take(struct store_account *account, int64_t id);
/* It is given back, with a new STATE (taken over) if there is one. */
void mailbox_give(struct mailbox **mailbox, struct state *state);

/* --- In a transaction --- */

/* False: a failure, or refused with STORE_NONEXISTENT. SELECTABLE: it must be. */
bool mailbox_row_read(struct operation *operation, struct database *database,
	struct slice name, bool selectable, struct mailbox_row *row_r);
/* The same by its number: what may be selected, whatever its name is by now. */
bool mailbox_row_of(struct operation *operation, struct database *database, int64_t id,
	struct mailbox_row *row_r);
/* NAME, with the levels above it, where it is not there; then it is subscribed to. */
bool mailbox_ensure(
	struct operation *operation, struct database *database, struct slice name);
/* INBOX, where there is none yet. */
bool mailbox_inbox(struct operation *operation, struct database *database);
#define KEYWORD_SETS_MAX   65535     /* of a mailbox, ever … */
#define KEYWORD_SETS_BYTES (1 << 20) /* … and of all of them */
/* A row of the table `message` that was asked for by these columns. */
#define RECORD_COLUMNS "uid, file, flags, keywords, modseq, size, internal_ms, saved_ms"
struct record record_of(const struct query *query);
/* The number of a set of keywords, made where there is none; 0: of no keywords.
 * WORDS in order, each once; too many of them are 0, too. False: a failure. */
bool keyword_set_number(struct database *database, int64_t mailbox, struct slice words,
	uint32_t *number_r);
/* What is known of expunged UIDs, made less where it is very much (vanished.c). */
bool vanished_shrink(
	struct operation *operation, struct database *database, int64_t mailbox);
/* In order, each once, in the arena. */
struct slice keywords_prepare(struct arena *arena, struct slice words);

#endif
