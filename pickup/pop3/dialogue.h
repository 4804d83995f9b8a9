/* A session's inside, shared by the files of the POP3 dialogue. */
#ifndef RINGPOST_POP3_DIALOGUE_H
#define RINGPOST_POP3_DIALOGUE_H

#include "pop3/command.h"
#include "pop3/server.h"

struct pop3_dialogue {
	struct pop3_session session;
	const struct pop3_server_options *options;
	struct deadline end;
	struct maildrop *maildrop; /* open: the state is TRANSACTION */
	bool locked;		   /* nobody else opens it */
	bool ended;		   /* say nothing more, leave */
	struct slice user;	   /* USER was said, and nothing since; in its arena */
	struct arena user_arena;
};

/* "+OK TEXT"; "-ERR [CODE] TEXT", which counts as an error. CODE may be NULL. */
void pop3_agree(struct pop3_dialogue *dialogue, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void pop3_refuse(struct pop3_dialogue *dialogue, const char *code, const char *format,
	...) __attribute__((format(printf, 3, 4)));
/* A line of a longer answer; and its end. */
void pop3_line(struct pop3_dialogue *dialogue, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void pop3_end_lines(struct pop3_dialogue *dialogue);
/* What ends a session instead of a command. */
void pop3_end_by(struct pop3_dialogue *dialogue, enum conversation_heard heard);

/* For what the store is asked: it is to answer soon, or not now. */
struct deadline pop3_soon(const struct pop3_dialogue *dialogue);

/* authorization.c: before the login. */
void pop3_user(struct pop3_dialogue *dialogue, const struct pop3_command *command,
	struct deadline deadline);
void pop3_pass(struct pop3_dialogue *dialogue, const struct pop3_command *command,
	struct deadline deadline);
void pop3_apop(struct pop3_dialogue *dialogue, const struct pop3_command *command,
	struct deadline deadline);
void pop3_auth(struct pop3_dialogue *dialogue, const struct pop3_command *command,
	struct deadline deadline);
/* capability.c: what is offered, and what is switched on. */
void pop3_capa(struct pop3_dialogue *dialogue, const struct pop3_command *command,
	struct deadline deadline);
void pop3_stls(struct pop3_dialogue *dialogue, const struct pop3_command *command,
	struct deadline deadline);
void pop3_utf8(struct pop3_dialogue *dialogue, const struct pop3_command *command,
	struct deadline deadline);
void pop3_lang(struct pop3_dialogue *dialogue, const struct pop3_command *command,
	struct deadline deadline);
bool pop3_has_stls(const struct pop3_dialogue *dialogue);
struct pop3_offer pop3_offer_now(struct pop3_dialogue *dialogue);
/* transaction.c: behind it. */
void pop3_stat(struct pop3_dialogue *dialogue, const struct pop3_command *command,
	struct deadline deadline);
void pop3_list(struct pop3_dialogue *dialogue, const struct pop3_command *command,
	struct deadline deadline);
void pop3_dele(struct pop3_dialogue *dialogue, const struct pop3_command *command,
	struct deadline deadline);
void pop3_rset(struct pop3_dialogue *dialogue, const struct pop3_command *command,
	struct deadline deadline);
void pop3_noop(struct pop3_dialogue *dialogue, const struct pop3_command *command,
	struct deadline deadline);
void pop3_quit(struct pop3_dialogue *dialogue, const struct pop3_command *command,
	struct deadline deadline);
/* Where in the maildrop COMMAND's message is; false: refused, it is not. */
bool pop3_find_message(struct pop3_dialogue *dialogue,
	const struct pop3_command *command, size_t *index_r);
/* retrieve.c: RETR and TOP. */
void pop3_retrieve(struct pop3_dialogue *dialogue, const struct pop3_command *command,
	struct deadline deadline);

#endif
