/*
 * Port 25 of a worker, with whom it asks: the accounts, the servers behind us, who
 * reads what comes back.
 */
#include "daemon/worker.h"
#include "base/failure.h"
#include "feedback/leaving_mail.h"
#include "feedback/returns.h"
#include "relay/probe.h"

static bool has_account(
	void *context, struct slice address, bool *known_r, struct deadline deadline)
{
	struct daemon_worker *worker = context;

	struct arena arena = {0};
	struct addressee addressee;
	bool told;

	*known_r = address_book_find(
		worker->accounts->book, address, 0, &arena, &addressee, deadline);
	told = *known_r || failure_kind_last() == FAILURE_DATA;
	arena_finish(&arena);
	return told;
}

static bool probe(void *context, struct slice domain, struct slice address,
	struct arena *arena, struct reply *reply_r, struct deadline deadline)
{
	struct daemon_worker *worker = context;

	return relay_probe(worker->relay, domain, address, arena, reply_r, deadline);
}

static bool take_return(
	void *context, const struct returns_arrival *arrival, struct deadline deadline)
{
	struct daemon_worker *worker = context;

	return returns_take(worker->returns, arrival, deadline);
}

static bool take_leaving(
	void *context, const struct leaving_mail *mail, struct deadline deadline)
{
	struct daemon_worker *worker = context;
	struct leaving_desk desk = {.config = worker->world->config,
		.verp = worker->verp,
		.list = worker->daemon->suppression,
		.redis = worker->redis};

	return leaving_take_mail(&desk, mail, deadline);
}

struct receiving *daemon_open_receiving(struct daemon_worker *worker)
{
	struct receiving_options options = {
		.node = worker->daemon->receiving_node,
		.config = worker->world->config,
		.keyring = worker->world->keyring,
		.queue = worker->queue,
		.resolver = verify_resolver_of(worker->dns),
		.verp = worker->verp,
		.questions = {.account = has_account,
			.probe = probe,
			.take_return = take_return,
			.take_leaving = take_leaving,
			.context = worker},
	};

	return receiving_open(&options);
}
