/*
 * The parameters of MAIL and RCPT; for command.c only.
 */
#ifndef RINGPOST_MAIL_PARAMETER_H
#define RINGPOST_MAIL_PARAMETER_H

#include <stdbool.h>

#include "mail/command.h"

/* One command being parsed. */
struct parse {
	struct smtp_command *command;
	struct reply *refusal;
	struct arena *arena;
	bool utf8;     /* the transaction is SMTPUTF8 */
	unsigned seen; /* bit per parameter of the table: none may come twice */
};

/* Sets the refusal; false, so that `return parse_refuse(…)` reads. */
bool parse_refuse(struct parse *parse, struct reply reply);

/* What stands behind the path, trimmed, maybe empty. */
bool parameter_read_mail(struct parse *parse, struct slice parameters);
bool parameter_read_rcpt(struct parse *parse, struct slice parameters);

#endif
