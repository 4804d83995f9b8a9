/* What the parent, its story and the child that works share; see store_kill.c. */
#ifndef RINGPOST_TESTS_STORE_KILL_H
#define RINGPOST_TESTS_STORE_KILL_H

#include "run/fiber.h"
#include "store/draft_core.h"
#include "store/message.h"

#define FIBERS	     8
#define TOKENS_MAX   100000
#define MAILBOXES    2
#define SOON	     deadline_after_ms(60000)
#define TEXT_SIZE    256
#define ROUND_LENGTH 400 /* operations of a fiber, if nothing ends it */

enum kind { APPEND, FLAGS, EXPUNGE, MOVE };

/* What goes over the pipe; written at once. */
struct line {
	enum kind kind;
	bool done;
	uint32_t token; /* which message */
	uint32_t mailbox, uidvalidity, uid, to_mailbox, to_uid;
	uint8_t flags;
};

enum standing { NOWHERE, COMING, THERE, GOING, GONE, MOVING };
struct message {
	enum standing standing;
	uint32_t mailbox, uid, to_mailbox;
	uint8_t flags, wanted; /* acknowledged; under way */
	bool seen;	       /* by a check: of its UID nothing may change */
};

extern const char *const names[MAILBOXES];
extern char folder[];
extern struct message *messages; /* by token */
extern uint32_t token_count;
extern int pipe_fd;
extern unsigned random_state;
/* Where the child ends, at which pass. */
extern enum store_point fatal;
extern _Atomic long passes_left;

/* Of the child that works, or looks. */
extern struct view *views[MAILBOXES];
void begin(void);
void end(void);
void say(const struct line *line);
void work_body(void *arg);
/* The text of a message; its size. */
uint32_t text_of(uint32_t token, char text[TEXT_SIZE]);

#endif
