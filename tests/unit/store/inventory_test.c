/* Which accounts have mail, and accounts that have none any more. */
#include "store/inventory.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "folder.h"
#include "run/fiber.h"
#include "run/on_worker.h"
#include "store/expire.h"
#include "store/put_message.h"

static char folder[] = "/tmp/ringpost-inventory-XXXXXX";
static struct store *store;
static struct store_port *port;
static struct arena arena;
static enum store_fault fault;

#define SOON deadline_after_ms(60000)

static void append(struct store_account *account)
{
	CHECK(put_message(port, account, SLICE("INBOX"), SLICE("a: b\r\n\r\n"),
		(struct append){0}, &fault));
}

static bool is_there(const char *name)
{
	struct store_account *account = store_account_hold(store, slice_of(name));
	bool there = false;

	CHECK(store_account_is_there(account, &there, SOON));
	store_account_release(&account);
	return there;
}

/* The writer does it when it comes to it. */
static void wait_until_gone(const char *path)
{
	for (int i = 0; i < 2000 && access(path, F_OK) == 0; i++)
		CHECK(fiber_sleep(deadline_after_ms(10)));
	CHECK(access(path, F_OK) != 0);
}

static void list(void)
{
	static const char *const names[] = {"/a\x01", "bob@example.com", "j\xc3\xb6"};
	const struct slice *found;
	size_t count;
	char *other = memory_format("%s/=4", folder);

	for (size_t i = ARRAY_COUNT(names); i--;) {
		struct store_account *account = store_account_hold(
			store, slice_of(names[i]));

		CHECK(!is_there(names[i]));
		append(account);
		store_account_release(&account);
		CHECK(is_there(names[i]));
	}
	CHECK(mkdir(other, 0700) == 0); /* none of ours */
	memory_free(other);
	CHECK(store_inventory(store, &arena, &found, &count, SOON));
	CHECK_NUMBER(count, ARRAY_COUNT(names));
	for (size_t i = 0; i < count; i++)
		CHECK_SLICE(found[i], names[i]);
}

static void forget(void)
{
	const struct retention nothing = {.since_ms = INT64_MAX, .flagged = true};
	struct store_account *account = store_account_hold(
		store, SLICE("bob@example.com"));
	char *path = memory_copy_text(store_account_folder(account));
	uint64_t count;

	/* Not while there is a message, and not later either. */
	store_account_forget(account);
	store_account_release(&account);
	account = store_account_hold(store, SLICE("bob@example.com"));
	CHECK(mailbox_expire(
		port, account, SLICE("INBOX"), &nothing, &count, &fault, SOON));
	CHECK_NUMBER(count, 1);
	CHECK(access(path, F_OK) == 0);
	store_account_forget(account);
	CHECK(access(path, F_OK) == 0);
	store_account_release(&account);
	wait_until_gone(path);
	/* It may come again. */
	account = store_account_hold(store, SLICE("bob@example.com"));
	append(account);
	CHECK(access(path, F_OK) == 0);
	store_account_release(&account);
	memory_free(path);
}

static void story(void *arg)
{
	char *left;

	(void)arg;
	store = store_create(folder, 2);
	port = store_port_open(store);
	list();
	forget();
	store_port_close(&port);
	store_destroy(&store);
	/* One that was being removed when a process ended. */
	left = memory_format("%s/.gone-1-1", folder);
	CHECK(mkdir(left, 0700) == 0);
	store = store_create(folder, 1);
	CHECK(access(left, F_OK) != 0);
	store_destroy(&store);
	memory_free(left);
	arena_finish(&arena);
}

CASE("accounts are listed by their folders, and forgotten with them")
{
	on_worker(story, NULL);
}

CHECK_MAIN_IN(folder)
