/* Follows the domains in Redis: keys that sign as files, and into all workers. */
#include "daemon/domains.h"

#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "dkim/made.h"
#include "gate/audit.h"

#define ROUND_MS       10000
#define PENDING_MS     60000 /* between looks for what DNS does not publish yet */
#define LOOK_MS	       30000
#define LOOKS_MAX      20		/* in one of them */
#define PENDING_FOR_MS (7 * 86400000LL) /* then only who asks looks */

struct domains {
	struct daemon *daemon;
	struct redis *redis;
	struct condition changed; /* an end of catching up */
	bool busy;
	int64_t known; /* what rp:domains:changes said; -1: nothing yet */
	int64_t looked_ms;
	size_t look_at; /* where the next look begins: each one's turn comes */
};

/* ---- Files ---- */

struct filing {
	const char *state_directory;
	const struct domain_record *list;
	size_t count;
	bool changed, failed;
	struct failure failure;
};

static const struct domain_record *record_of(
	const struct filing *filing, struct slice domain)
{
	for (size_t i = 0; i < filing->count; i++)
		if (slice_equal(filing->list[i].domain, domain))
			return &filing->list[i];
	return NULL;
}

static bool has_key(const struct domain_record *record, struct slice selector)
{
	for (size_t i = 0; i < record->key_count; i++)
		if (slice_equal(record->keys[i].selector, selector))
			return true;
	return false;
}

/* Of a domain that Redis does not know, files stay: it may have been lost. */
static void remove_old(struct filing *filing, struct dkim_key **made, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct slice domain = dkim_key_domain(made[i]);
		struct slice selector = dkim_key_selector(made[i]);
		const struct domain_record *record = record_of(filing, domain);

		if (!record || (record->active && has_key(record, selector)))
			continue;
		dkim_made_remove(filing->state_directory, domain, selector);
		filing->changed = true;
	}
}

static bool is_there(struct dkim_key **made, size_t count, struct slice domain,
	struct slice selector)
{
	for (size_t i = 0; i < count; i++)
		if (slice_equal(dkim_key_domain(made[i]), domain) &&
			slice_equal(dkim_key_selector(made[i]), selector))
			return true;
	return false;
}

static void write_new(struct filing *filing, const struct domain_record *record,
	struct dkim_key **made, size_t count)
{
	for (size_t i = 0; i < record->key_count; i++) {
		const struct domain_key *key = &record->keys[i];

		if (is_there(made, count, record->domain, key->selector))
			continue;
		filing->changed = true;
		if (dkim_made_write(filing->state_directory, record->domain,
			    key->selector, key->pem))
			continue;
		filing->failed = true;
		filing->failure = *failure_last();
	}
}

/* New ones first: those that others take the place of sign until these are there. */
static void file_all(void *arg)
{
	struct filing *filing = arg;
	size_t count;
	struct dkim_key **made = dkim_made_load(filing->state_directory, &count);

	for (size_t i = 0; i < filing->count; i++)
		if (filing->list[i].active && !filing->list[i].removed)
			write_new(filing, &filing->list[i], made, count);
	if (!filing->failed)
		remove_old(filing, made, count);
	dkim_made_free(&made, count);
}

/* ---- Following ---- */

static bool read_count(
	struct domains *domains, int64_t *count_r, struct deadline deadline)
{
	struct slice argv[] = {SLICE("GET"), SLICE("rp:domains:changes")};
	struct redis_reply *reply;

	if (!redis_ask(domains->redis, ARRAY_COUNT(argv), argv, REDIS_TEXT, &reply,
		    deadline))
		return false;
	*count_r = redis_reply_number(reply);
	redis_reply_free(&reply);
	return true;
}

static bool follow(struct domains *domains, struct deadline deadline)
{
	struct filing filing = {
		.state_directory = domains->daemon->world->config->state_directory};
	struct domain_record *list = NULL;
	struct arena arena = {0};
	int64_t count;
	bool good;

	if (!read_count(domains, &count, deadline))
		return false;
	if (count == domains->known || count == 0)
		return true;
	good = domains_list(domains->redis, &arena, &list, &filing.count, deadline);
	filing.list = list;
	good = good && offload(file_all, &filing, deadline) &&
	       (!filing.failed || fail_again(&filing.failure)) &&
	       (!filing.changed || daemon_rekey(domains->daemon, deadline));
	if (good)
		domains->known = count;
	arena_finish(&arena);
	return good;
}

bool domains_catch_up(struct daemon *daemon, struct deadline deadline)
{
	struct domains *domains = daemon->domains;
	bool good;

	while (domains->busy)
		if (!condition_wait(&domains->changed, deadline))
			return false;
	domains->busy = true;
	good = follow(domains, deadline);
	domains->busy = false;
	condition_broadcast(&domains->changed);
	return good;
}

/* Its first keys, or others, wait for their records in DNS. */
static bool is_pending(const struct domain_record *record, int64_t now_ms)
{
	int64_t since_ms = record->active ? record->next_ms : record->created_ms;

	return !record->removed && (!record->active || record->next_count) &&
	       now_ms - since_ms <= PENDING_FOR_MS;
}

static void look_at_some(struct domains *domains, struct domain_record *list,
	size_t count, struct arena *arena)
{
	int64_t now_ms = worker_wall_ms();
	size_t from = domains->look_at, looks = 0;

	for (size_t i = 0; i < count && looks < LOOKS_MAX; i++) {
		struct domain_record *record = &list[(from + i) % count];
		struct audit *audit;

		domains->look_at = (from + i + 1) % count;
		if (!is_pending(record, now_ms))
			continue;
		looks++;
		audit = ARENA_NEW(arena, struct audit);
		(void)domains_look(domains->daemon, record->domain, record, arena,
			audit, deadline_after_ms(LOOK_MS));
		audit_finish(audit);
	}
}

static void look_at_pending(struct domains *domains)
{
	struct arena arena = {0};
	struct domain_record *list = NULL;
	size_t count = 0;
	int64_t now_ms = worker_wall_ms();

	if (!domains->known || now_ms - domains->looked_ms < PENDING_MS)
		return;
	domains->looked_ms = now_ms;
	if (domains_list(
		    domains->redis, &arena, &list, &count, deadline_after_ms(ROUND_MS)))
		look_at_some(domains, list, count, &arena);
	arena_finish(&arena);
}

static void run(void *arg)
{
	struct domains *domains = arg;
	struct daemon *daemon = domains->daemon;
	bool good = true;

	while (!fiber_is_cancelled() && !daemon->stopping) {
		bool was = good;

		good = domains_catch_up(daemon, deadline_after_ms(LOOK_MS)) ||
		       failure_kind_last() != FAILURE_FILE;
		if (was && !good)
			event_note(EVENT_ERROR, "domains_failed", "%s",
				failure_last()->text);
		if (good && redis_is_up(domains->redis))
			look_at_pending(domains);
		fiber_sleep(deadline_after_ms(ROUND_MS));
	}
}

bool domains_follow(struct daemon_worker *worker)
{
	struct domains *domains;

	if (worker->index > 0)
		return true;
	domains = NEW(struct domains);
	*domains = (struct domains){
		.daemon = worker->daemon, .redis = worker->redis, .known = -1};
	condition_init(&domains->changed);
	worker->daemon->domains = domains;
	return scope_spawn(&worker->scope, "domains", run, domains);
}

void domains_destroy(struct daemon *daemon)
{
	memory_free(daemon->domains);
	daemon->domains = NULL;
}
