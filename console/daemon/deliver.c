/*
 * The mailboxes of a worker: where mail that stays here is put, and the accounts,
 * who know whose they are.
 */
#include "daemon/worker.h"

#include "account/account_quota.h"
#include "account/accounts.h"
#include "base/event.h"
#include "base/failure.h"
#include "deliver/outcomes.h"
#include "index/index.h"
#include "manage/keeper.h"
#include "store/store.h"

/* They wait for the disk, each for another account, and hardly compute. */
#define WRITERS 16

static struct owner owner_of(
	const struct daemon_worker *worker, const struct account *account)
{
	struct account_quota quota = account_quota(account, worker->world->config);

	return (struct owner){
		.account = account->name, .quota = {quota.bytes, quota.messages}};
}

static bool read_owner(void *context, struct slice name, struct arena *arena,
	struct owner *owner_r, struct deadline deadline)
{
	struct daemon_worker *worker = context;
	struct account account;
	struct slice prepared;

	if (!account_name_prepare(name, arena, &prepared) ||
		!account_cache_read(
			worker->accounts->cache, prepared, arena, &account, deadline))
		return false;
	*owner_r = owner_of(worker, &account);
	return true;
}

static bool find_owner(void *context, struct slice address, char separator,
	struct arena *arena, struct owner *owner_r, struct deadline deadline)
{
	struct daemon_worker *worker = context;
	struct addressee addressee;
	struct account account;

	if (!address_book_find(worker->accounts->book, address, separator, arena,
		    &addressee, deadline) ||
		!account_cache_read(worker->accounts->cache, addressee.account, arena,
			&account, deadline))
		return false;
	*owner_r = owner_of(worker, &account);
	owner_r->detail = addressee.detail;
	return true;
}

/* Who searches does it over IMAP. */
static bool wants_index(const struct config *config)
{
	return config->pickup.search_index && config_has_role(config, CONFIG_ROLE_IMAP);
}

/* Whether or not anybody has mail here now: a reload may change that. */
bool daemon_open_store(struct daemon *daemon)
{
	const char *folder = daemon->started_config->pickup.directory;

	daemon->attendance = attendance_create();
	daemon->store = store_create(folder, WRITERS);
	if (daemon->store)
		store_keep_free(
			daemon->store, daemon->started_config->pickup.free_space);
	if (daemon->store && wants_index(daemon->started_config))
		daemon->index = index_create(daemon->store);
	return daemon->store && (daemon->index || !wants_index(daemon->started_config));
}

static bool put(void *context, struct slice account, struct slice mailbox,
	struct slice key, struct slice text, struct deadline deadline)
{
	struct daemon_worker *worker = context;

	return delivery_put(worker->delivery, account, mailbox, key, text, deadline);
}

/* One worker does it for all; without, mail is only kept for longer. */
static void open_keeper(struct daemon_worker *worker)
{
	struct keeper_options options = {
		.store = worker->daemon->store,
		.port = worker->store_port,
		.put = put,
		.context = worker,
	};

	if (worker->index > 0)
		return;
	worker->keeper = keeper_open(&options, worker->world->config);
	if (!worker->keeper)
		event_note(EVENT_WARNING, "mailbox_not_expired", "%s",
			failure_last()->text);
}

struct local_delivery daemon_open_delivery(struct daemon_worker *worker)
{
	struct delivery_options options = {
		.config = worker->world->config,
		.rules = worker->world->rules,
		.store = worker->daemon->store,
		.queue = worker->queue,
		.owners = {find_owner, read_owner, worker},
	};

	worker->store_port = store_port_open(options.store);
	options.port = worker->store_port;
	worker->delivery = delivery_create(&options);
	open_keeper(worker);
	return delivery_for_relay(worker->delivery);
}

void daemon_close_delivery(struct daemon_worker *worker)
{
	delivery_destroy(&worker->delivery);
	if (worker->store_port)
		store_port_close(&worker->store_port);
}

static bool take_outcome(
	void *context, const struct returns_told *told, struct deadline deadline)
{
	struct daemon_worker *worker = context;

	return outcomes_take(worker->delivery, worker->world->config, told, deadline);
}

struct returns_listener *daemon_outcomes(struct daemon_worker *worker)
{
	worker->outcomes = (struct returns_listener){take_outcome, worker};
	return &worker->outcomes;
}
