/*
 * Accounts in a real Redis and their mailboxes in a store on the disk, for the tests of
 * how each protocol's sessions log in.
 */
#ifndef RINGPOST_TESTS_SESSION_ACCOUNT_WORLD_H
#define RINGPOST_TESTS_SESSION_ACCOUNT_WORLD_H

#include "account/account_app.h"
#include "account/login.h"
#include "folder.h"
#include "queue/with_redis.h"
#include "session/attendance.h"
#include "session/talk.h"
#include "store/put_message.h"

#define SOON deadline_after_ms(60000)

static char folder[] = "/tmp/ringpost-accounts-XXXXXX";
static struct accounts *accounts;
static struct store *store;
static struct store_port *port;
static struct attendance *attendance;
static char app_text[ACCOUNT_APP_TEXT]; /* the app password last made */

/* An account whose password is "right", and an app password with these scopes. */
static inline void add_account(const char *name, unsigned app_scopes)
{
	struct arena arena = {0};
	struct account account = {.name = slice_of(name)};

	CHECK(account_set_password(&account, &arena, SLICE("right"), false, SOON));
	if (app_scopes)
		CHECK(account_app_add(
			&account, &arena, SLICE("phone"), app_scopes, app_text, SOON));
	CHECK(account_write(redis, &account, true, SOON));
	arena_finish(&arena);
}

/* One message, into its INBOX. */
static inline void append(const char *name)
{
	struct store_account *account = store_account_hold(store, slice_of(name));
	enum store_fault fault;

	CHECK(put_message(port, account, SLICE("INBOX"), SLICE("Subject: a\r\n\r\n"),
		(struct append){0}, &fault));
	store_account_release(&account);
}

static void (*account_world_body)(void);

static inline void account_world_run(void)
{
	struct logins *logins = logins_create();

	accounts = accounts_open(logins, redis, NULL);
	store = store_create(folder, 2);
	port = store_port_open(store);
	attendance = attendance_create();
	account_world_body();
	attendance_destroy(&attendance);
	store_port_close(&port);
	store_destroy(&store);
	accounts_close(&accounts);
	logins_destroy(&logins);
}

static inline void with_accounts(void (*body)(void))
{
	account_world_body = body;
	with_redis(account_world_run);
}

#endif
