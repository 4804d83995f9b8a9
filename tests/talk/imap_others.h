/*
 * Accounts beside the one whose session it is, and what happens to their mail:
 *
 *	set bob Work=lrs,INBOX=   mailboxes of bob@example.com with two messages each,
 *	                          the first of which he has seen, and what "u" may do
 *	set anyone INBOX=lr       the same, for anyone
 *	set team News=lr          those of team@example.com, which are "Shared/…"
 *	set bobs 5s               a message comes into the first of bob's then
 *	set sees 5s               bob sees all of it then
 *	set revokes 5s            what "u" may do with it goes then
 */
#ifndef RINGPOST_TESTS_TALK_IMAP_OTHERS_H
#define RINGPOST_TESTS_TALK_IMAP_OTHERS_H

#include "imap_server/server.h"
#include "run/fiber.h"

/* One of the messages there are, into ACCOUNT's MAILBOX. */
void letter_deliver(struct store_port *port, struct store_account *account,
	struct slice mailbox, size_t which, uint8_t flags);
/* All of the above, in a scope that ends before the port does. */
void others_begin(struct store *store, struct store_port *port, struct scope *scope);
void others_end(void);
/* For the policy. */
struct slice others_shared(struct imap_session *session);
bool others_visit(struct imap_session *session, struct store_account *account,
	struct deadline deadline);

#endif
