/* Accounts that come to a share of their quota are told of, each time once. */
#include "store/quota_watch.h"

#include "base/memory.h"
#include "folder.h"
#include "run/on_worker.h"
#include "store/expire.h"
#include "store/put_message.h"

static char folder[] = "/tmp/ringpost-quota-XXXXXX";
static struct store *store;
static struct store_port *port;
static struct store_account *account;
static enum store_fault fault;

#define SOON deadline_after_ms(60000)

static void append(size_t count)
{
	while (count--)
		CHECK(put_message(port, account, SLICE("INBOX"), SLICE("a: b\r\n\r\n"),
			(struct append){0}, &fault));
}

static void expire(uint32_t messages)
{
	const struct retention rules = {.messages = messages};
	uint64_t count;

	CHECK(mailbox_expire(
		port, account, SLICE("INBOX"), &rules, &count, &fault, SOON));
}

/* The share that was come to since; 0: none. */
static unsigned told(void)
{
	const struct quota_crossing *list;
	struct arena arena = {0};
	size_t count = store_quota_crossings(store, &arena, &list);
	unsigned percent = count ? list[0].percent : 0;

	CHECK(count <= 1);
	if (count)
		CHECK_SLICE(list[0].account, "jo");
	arena_finish(&arena);
	return percent;
}

static void begin(void)
{
	static const unsigned marks[] = {80, 95};

	store = store_create(folder, 1);
	port = store_port_open(store);
	store_watch_quota(store, marks, 2);
	account = store_account_hold(store, SLICE("jo"));
}

static void end(void)
{
	store_account_release(&account);
	store_port_close(&port);
	store_destroy(&store);
}

static void story(void *arg)
{
	(void)arg;
	begin();
	append(10);
	CHECK_NUMBER(told(), 0); /* no quota */
	expire(7);
	store_account_set_quota(account, (struct store_sums){.messages = 10});
	CHECK_NUMBER(told(), 0);
	append(1);
	CHECK_NUMBER(told(), 80);
	CHECK_NUMBER(told(), 0);
	append(1);
	CHECK_NUMBER(told(), 0);
	append(1);
	CHECK_NUMBER(told(), 95);
	expire(7);
	CHECK_NUMBER(told(), 0);
	end();
	/* By the first that is done after a start, too. */
	begin();
	store_account_set_quota(account, (struct store_sums){.bytes = 80});
	append(1);
	CHECK_NUMBER(told(), 80);
	append(1);
	end(); /* nobody asked for the rest */
}

CASE("accounts that come to a share of their quota")
{
	on_worker(story, NULL);
}

CHECK_MAIN_IN(folder)
