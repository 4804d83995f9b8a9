/* The commands, by the files they stand in: each says its last line itself. */
#ifndef RINGPOST_IMAP_SERVER_COMMANDS_H
#define RINGPOST_IMAP_SERVER_COMMANDS_H

#include "imap_server/dialogue.h"

typedef void imap_command_function(struct imap_dialogue *dialogue,
	const struct imap_command *command, struct deadline deadline);

imap_command_function imap_capability, imap_starttls, imap_id, imap_enable,
	imap_namespace, imap_compress;		     /* capability.c */
imap_command_function imap_login, imap_authenticate; /* login.c */
imap_command_function imap_create, imap_delete, imap_rename, imap_subscribe,
	imap_unsubscribe, imap_status; /* mailboxes.c */
imap_command_function imap_list;       /* list.c */
imap_command_function imap_setacl, imap_deleteacl, imap_getacl, imap_listrights,
	imap_myrights;						      /* acl.c */
imap_command_function imap_getmetadata, imap_setmetadata;	      /* metadata.c */
imap_command_function imap_getquota, imap_getquotaroot;		      /* quota.c */
imap_command_function imap_select, imap_close, imap_unselect;	      /* select.c */
imap_command_function imap_append, imap_replace;		      /* append.c */
imap_command_function imap_fetch;				      /* fetch.c */
imap_command_function imap_store, imap_copy, imap_move, imap_expunge; /* change.c */
imap_command_function imap_search, imap_sort, imap_thread;	      /* search.c */
imap_command_function imap_uid_batches;				      /* batches.c */
imap_command_function imap_idle;				      /* idle.c */

#endif
