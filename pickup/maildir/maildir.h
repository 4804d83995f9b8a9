/*
 * Mailboxes from a Maildir++ (a folder with cur/, new/ and folders ".A.B"), and as
 * one. Nobody else uses it meanwhile; what is there is read, never changed.
 */
#ifndef RINGPOST_MAILDIR_MAILDIR_H
#define RINGPOST_MAILDIR_MAILDIR_H

#include "store/mailbox.h"

struct maildir_figures {
	uint64_t mailboxes, messages, bytes;
	uint64_t skipped; /* folders whose names no mailbox may have; files that went
			     away meanwhile */
};

/*
 * Puts all messages of FOLDER into the account's mailboxes, in the order of their
 * names, with flags, keywords (dovecot-keywords), dates (from their names, else of
 * the files) and subscriptions. Done again, they are there twice. Where it fails,
 * what figures_r says is there.
 */
bool maildir_adopt(struct store_port *port, struct store_account *account,
	const char *folder, struct maildir_figures *figures_r,
	struct deadline deadline);

/*
 * Makes FOLDER, which is not there yet, with all mailboxes: UIDs for Dovecot in
 * dovecot-uidlist, the first 26 keywords of each mailbox in dovecot-keywords. On the
 * disk when it returns true.
 */
bool maildir_export(struct store_port *port, struct store_account *account,
	const char *folder, struct maildir_figures *figures_r,
	struct deadline deadline);

#endif
