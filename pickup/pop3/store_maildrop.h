/* A maildrop that is a mailbox of the store: a view of it that is never brought up
 * to date. */
#ifndef RINGPOST_POP3_STORE_MAILDROP_H
#define RINGPOST_POP3_STORE_MAILDROP_H

#include "pop3/maildrop.h"
#include "store/store.h"

/*
 * The messages of ACCOUNT's mailbox NAME as they are now. PORT is this worker's and
 * outlives it. \Recent stays what it was: a mail program that looks over IMAP later
 * is to be told. NULL with a failure: FAILURE_DATA: there is no such mailbox, or it
 * is damaged.
 */
struct maildrop *store_maildrop_open(struct store_port *port,
	struct store_account *account, struct slice name, struct deadline deadline);

#endif
