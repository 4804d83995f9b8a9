/* Other DKIM keys with the configuration that is in force. */
#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"

#include "daemon/domains.h"
#include "daemon/worker.h"

#define POLL_MS 50

struct loading {
	struct config *config;
	struct dkim_keyring *keyring;
	struct failure failure;
};

static void load(void *arg)
{
	struct loading *loading = arg;

	loading->keyring = dkim_keyring_load(loading->config);
	if (!loading->keyring)
		loading->failure = *failure_last();
}

struct rekey_letter {
	struct letter letter;
	struct daemon_worker *worker;
	struct world *world; /* held */
};

static void rekey_here(struct letter *letter)
{
	struct rekey_letter *mine = CONTAINER_OF(letter, struct rekey_letter, letter);

	daemon_worker_rekey(mine->worker, mine->world);
	world_release(&mine->world);
	memory_free(mine);
}

static void put_in_force(struct daemon *daemon, struct dkim_keyring *keyring)
{
	struct world *world = world_with_keys(daemon->world, keyring);

	world_release(&daemon->world);
	daemon->world = world;
	for (unsigned i = 0; i < daemon->worker_count; i++) {
		struct rekey_letter *letter = NEW(struct rekey_letter);

		*letter = (struct rekey_letter){
			.letter.run = rekey_here,
			.worker = &daemon->workers[i],
			.world = world_hold(world),
		};
		worker_post(letter->worker->worker, &letter->letter);
	}
}

/* A reload that goes on meanwhile may have read the keys that were. */
bool daemon_rekey(struct daemon *daemon, struct deadline deadline)
{
	struct loading loading = {.config = NULL};
	unsigned reloads;
	bool run;

	do {
		dkim_keyring_release(&loading.keyring);
		while (daemon->reloading)
			if (!fiber_sleep(deadline_earlier(
				    deadline, deadline_after_ms(POLL_MS))) ||
				deadline_has_passed(deadline))
				return fail(FAILURE_TIMEOUT, "a reload is under way");
		reloads = daemon->reloads;
		loading.config = config_hold(daemon->world->config);
		run = offload(load, &loading, deadline);
		config_release(&loading.config);
		if (run && !loading.keyring)
			return fail_again(&loading.failure);
	} while (run && (daemon->reloading || daemon->reloads != reloads));
	if (run && !daemon->stopping) {
		put_in_force(daemon, loading.keyring);
		return true;
	}
	dkim_keyring_release(&loading.keyring);
	return run ? fail(FAILURE_CANCELLED, "the server is stopping") : false;
}
