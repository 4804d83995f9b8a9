/*
 * The commands of `ringpost`: a table of names that read like sentences, and
 * what is said when a sentence is not understood.
 */
#ifndef RINGPOST_COMMAND_COMMANDS_H
#define RINGPOST_COMMAND_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

#include "client/arguments.h"
#include "report/exit_status.h"

struct command {
	const char *name;    /* "queue list" */
	const char *summary; /* one line */
	const char *usage;   /* "[--json]\n\nWhat it does …\n" */
	int (*run)(const struct command *command, struct arguments *arguments);
	bool internal; /* programs use it: not listed, and all words are its own */
};

/* One in each command_….c. */
extern const struct command command_audit;
extern const struct command command_bounces;
extern const struct command command_check;
extern const struct command command_classify;
extern const struct command command_complete;
extern const struct command command_dkim_check;
extern const struct command command_dkim_create;
extern const struct command command_events;
extern const struct command command_help;
extern const struct command command_mailbox_adopt;
extern const struct command command_mailbox_backup;
extern const struct command command_mailbox_check;
extern const struct command command_mailbox_create;
extern const struct command command_mailbox_delete;
extern const struct command command_mailbox_expire;
extern const struct command command_mailbox_export;
extern const struct command command_mailbox_list;
extern const struct command command_mailbox_rename;
extern const struct command command_mailbox_repair;
extern const struct command command_mailbox_rights;
extern const struct command command_mailbox_show;
extern const struct command command_queue_count;
extern const struct command command_queue_drop;
extern const struct command command_queue_rebind;
extern const struct command command_queue_hold;
extern const struct command command_queue_list;
extern const struct command command_queue_release;
extern const struct command command_queue_retry;
extern const struct command command_queue_show;
extern const struct command command_reload;
extern const struct command command_resume;
extern const struct command command_returns;
extern const struct command command_run;
extern const struct command command_shaping;
extern const struct command command_site;
extern const struct command command_sites;
extern const struct command command_sources;
extern const struct command command_spf;
extern const struct command command_status;
extern const struct command command_stop;
extern const struct command command_suspend;
extern const struct command command_suspensions;
extern const struct command command_suppression_add;
extern const struct command command_suppression_check;
extern const struct command command_suppression_export;
extern const struct command command_suppression_import;
extern const struct command command_suppression_list;
extern const struct command command_suppression_remove;
extern const struct command command_app_add;
extern const struct command command_app_list;
extern const struct command command_app_remove;
extern const struct command command_key_add;
extern const struct command command_key_list;
extern const struct command command_key_change;
extern const struct command command_key_remove;
extern const struct command command_sts;
extern const struct command command_tlsrpt;
extern const struct command command_tls;
extern const struct command command_totp_check;
extern const struct command command_totp_off;
extern const struct command command_totp_on;
extern const struct command command_user_add;
extern const struct command command_user_change;
extern const struct command command_user_list;
extern const struct command command_user_password;
extern const struct command command_user_remove;
extern const struct command command_verify;
extern const struct command command_version;
extern const struct command command_webhook_add;
extern const struct command command_webhook_dead;
extern const struct command command_webhook_list;
extern const struct command command_webhook_redeliver;
extern const struct command command_webhook_remove;
extern const struct command command_webhook_test;
extern const struct command command_why;

/* Carries out `ringpost WORD …` (argv[0] is the program); the exit status. */
int commands_main(int argc, char **argv);

/* The command that the first of COUNT words name, and in *words_r by how many
 * of them; NULL: none. */
const struct command *commands_find(char *const *words, size_t count, size_t *words_r);
/* The INDEXth in the order they are listed; NULL: no more. */
const struct command *commands_at(size_t index);
/* The name most like the words; NULL when nothing is near. */
const char *commands_suggest(char *const *words, size_t count);
/* Appends the list of commands; those whose first word is GROUP only, unless
 * it is NULL. False: there is none such. */
bool commands_print_list(struct buffer *into, const char *group);
/* Appends what `ringpost help NAME` says. */
void command_print_help(const struct command *command, struct buffer *into);
/* Says on standard error what is wrong with the words and how it goes;
 * EXIT_USAGE. */
int command_refuse(const struct command *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Says "ringpost: " and the current failure on standard error; EXIT_FAILED, or
 * EXIT_CONFIG where it is one of the configuration. */
int command_fail(void);

#endif
