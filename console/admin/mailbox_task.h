/*
 * What `ringpost mailbox …` does to the mailboxes of accounts: the same within
 * the server, which has them open, and without one. A task is asked by a request,
 * and answers with lines and a last one, as everything on the admin socket.
 */
#ifndef RINGPOST_ADMIN_MAILBOX_TASK_H
#define RINGPOST_ADMIN_MAILBOX_TASK_H

#include "base/arena.h"
#include "base/config.h"
#include "run/fiber.h"
#include "store/mailbox.h"

#include "report/value.h"

struct mailbox_task {
	/* Whoever runs it fills in: */
	struct store *store;
	struct store_port *port;
	const struct config *config;
	const struct value *request;
	struct value *answer; /* its last line */
	/* A line ahead of the last; LINE is taken over. False: nobody hears it. */
	bool (*say)(void *context, struct value *line, struct deadline deadline);
	/* What NAME may have, and whether there is such an account. NULL: it cannot be
	 * told, and everybody may have everything. */
	bool (*look_up)(void *context, struct slice name, bool *there_r,
		struct store_sums *quota_r, struct deadline deadline);
	void *context;
	/* Its own: */
	struct arena arena;
	struct store_account *account;
	struct scope scope;	  /* of the fiber that says how far it is */
	struct condition spoken;  /* a line has gone out */
	bool speaking, failed;	  /* one is going; nobody hears them any more */
	void *own;		  /* what a task needs itself */
	const uint64_t *messages; /* done so far, where they are counted */
};

/* Who waits is told this often that it goes on: {"progress":MESSAGES}. */
#define MAILBOX_TASK_PACE_MS 5000

/* Runs what the request's "command" names; false with a failure. */
bool mailbox_task_run(struct mailbox_task *task, struct deadline deadline);

/* --- For the tasks themselves (mailbox_task_*.c) --- */

/* A line, one at a time; LINE is taken over. */
bool mailbox_task_say(
	struct mailbox_task *task, struct value *line, struct deadline deadline);
/* The account called NAME is the task's until the next one. MAKE: it need not have
 * mail yet, but must be one. */
bool mailbox_task_take(struct mailbox_task *task, struct slice name, bool make,
	struct deadline deadline);
/* The one the request names as "account". */
bool mailbox_task_account(
	struct mailbox_task *task, bool make, struct deadline deadline);
/* The mailbox that the request names as MEMBER, in the arena. */
bool mailbox_task_name(
	struct mailbox_task *task, const char *member, struct slice *name_r);
/* Each account that the request names in "accounts", or all. False: a failure,
 * or EACH returned false. */
bool mailbox_task_each(struct mailbox_task *task,
	bool (*each)(struct mailbox_task *task, struct deadline deadline),
	struct deadline deadline);

/* "archive", …; NULL: no use. */
const char *mailbox_use_word(enum mailbox_use use);

bool mailbox_task_adopt(struct mailbox_task *task, struct deadline deadline);
bool mailbox_task_backup(struct mailbox_task *task, struct deadline deadline);
bool mailbox_task_check(struct mailbox_task *task, struct deadline deadline);
bool mailbox_task_create(struct mailbox_task *task, struct deadline deadline);
bool mailbox_task_delete(struct mailbox_task *task, struct deadline deadline);
bool mailbox_task_expire(struct mailbox_task *task, struct deadline deadline);
bool mailbox_task_export(struct mailbox_task *task, struct deadline deadline);
bool mailbox_task_list(struct mailbox_task *task, struct deadline deadline);
bool mailbox_task_rename(struct mailbox_task *task, struct deadline deadline);
bool mailbox_task_repair(struct mailbox_task *task, struct deadline deadline);
bool mailbox_task_rights(struct mailbox_task *task, struct deadline deadline);
bool mailbox_task_show(struct mailbox_task *task, struct deadline deadline);

#endif
