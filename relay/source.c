/*
 * Sources as a configuration has them, and the state that workers share.
 */
#include "relay/source.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "run/worker.h"

#include "limits/limits.h"
#include "relay/relay_node.h"
#include "relay/pool.h"
#include "relay/source_core.h"
#include "relay/warmup.h"

#define WAIT_MS 10000		       /* for one that is told when it is back */
#define LOOK_US (3 * INT64_C(1000000)) /* between looks at the addresses */

/* ---- What is shared ---- */

struct source_states *source_states_create(void)
{
	struct source_states *states = NEW(struct source_states);

	pthread_mutex_init(&states->lock, NULL);
	return states;
}

void source_states_destroy(struct source_states **states)
{
	struct source_states *old = *states;

	*states = NULL;
	if (!old)
		return;
	map_finish(&old->map);
	map_finish(&old->warmups);
	pthread_mutex_destroy(&old->lock);
	memory_free(old);
}

bool source_states_turn(struct source_states *states, int64_t now_us)
{
	int64_t next = atomic_load(&states->look_us);

	return now_us >= next && atomic_compare_exchange_strong(
					 &states->look_us, &next, now_us + LOOK_US);
}

unsigned source_states_ups(const struct source_states *states)
{
	return atomic_load(&states->ups);
}

static const char *text_or(const char *text)
{
	return text ? text : "";
}

static struct slice state_key(const struct config_source *config, struct arena *arena)
{
	return arena_format(arena, "%s %s %s %s", config->name,
		text_or(config->address), text_or(config->address6),
		text_or(config->proxy));
}

static struct source_state *hold_state(
	struct source_states *states, const struct config_source *config)
{
	struct arena arena = {0};
	struct slice key = state_key(config, &arena);
	struct source_state *state;

	pthread_mutex_lock(&states->lock);
	state = map_find(&states->map, key);
	if (!state) {
		state = NEW(struct source_state);
		map_set(&states->map, key, state);
	}
	state->holders++;
	pthread_mutex_unlock(&states->lock);
	arena_finish(&arena);
	return state;
}

static void release_state(struct source_states *states,
	const struct config_source *config, struct source_state *state)
{
	struct arena arena = {0};
	struct slice key = state_key(config, &arena);

	pthread_mutex_lock(&states->lock);
	if (--state->holders == 0) {
		map_remove(&states->map, key);
		memory_free(state);
	}
	pthread_mutex_unlock(&states->lock);
	arena_finish(&arena);
}

static struct warmup *hold_warmup(struct source_states *states,
	const struct config_source *config, const struct config_warmup *schedule)
{
	char key[WARMUP_KEY_SIZE];
	struct warmup *warmup;

	snprintf(key, sizeof(key), "%s/%s", config->name,
		schedule->provider ? schedule->provider : "*");
	pthread_mutex_lock(&states->lock);
	warmup = map_find(&states->warmups, slice_of(key));
	if (!warmup) {
		warmup = NEW(struct warmup);
		memcpy(warmup->key, key, sizeof(key));
		atomic_store(&warmup->from_day, WARMUP_UNKNOWN);
		map_set(&states->warmups, slice_of(key), warmup);
	}
	warmup->holders++;
	pthread_mutex_unlock(&states->lock);
	atomic_store(&warmup->over, false); /* the schedule may be another */
	atomic_store(&warmup->shut_until_ms, 0);
	return warmup;
}

static void release_warmup(struct source_states *states, struct warmup *warmup)
{
	pthread_mutex_lock(&states->lock);
	if (--warmup->holders == 0) {
		map_remove(&states->warmups, slice_of(warmup->key));
		memory_free(warmup);
	}
	pthread_mutex_unlock(&states->lock);
}

/* ---- The snapshot ---- */

static void hold_schedules(struct source *source, const struct config_source *config)
{
	if (config->warmup_count == 0)
		return;
	source->schedule_count = config->warmup_count;
	source->schedules = memory_allocate_array(
		config->warmup_count, sizeof(*source->schedules));
	for (size_t i = 0; i < config->warmup_count; i++)
		source->schedules[i] = (struct source_schedule){&config->warmup[i],
			hold_warmup(source->states, config, &config->warmup[i])};
}

const struct source_schedule *source_schedule(
	const struct source *source, const char *provider)
{
	const struct source_schedule *other = NULL;

	for (size_t i = 0; i < source->schedule_count; i++) {
		const char *name = source->schedules[i].config->provider;

		if (!name)
			other = &source->schedules[i];
		else if (provider && strcmp(name, provider) == 0)
			return &source->schedules[i];
	}
	return other;
}

static void set_addresses(struct source *source, const struct config_source *config)
{
	struct sockaddr_in *ipv4 = &source->address[SOURCE_IPV4].ipv4;
	struct sockaddr_in6 *ipv6 = &source->address[SOURCE_IPV6].ipv6;

	source->addressed = config->address || config->address6;
	source->local = source->addressed && !source->proxy;
	if (config->address) {
		ipv4->sin_family = AF_INET;
		memcpy(&ipv4->sin_addr, config->ipv4 + 12, 4);
	}
	if (config->address6) {
		ipv6->sin6_family = AF_INET6;
		memcpy(&ipv6->sin6_addr, config->ipv6, 16);
	}
	if (!source->addressed)
		return;
	source->families[SOURCE_IPV4] &= config->address != NULL;
	source->families[SOURCE_IPV6] &= config->address6 != NULL;
}

static void make_source(struct sources *sources, size_t i)
{
	const struct config *config = sources->config;
	const struct config_source *written = &config->sources[i];
	struct source *source = &sources->list[i];

	source->name = slice_of(written->name);
	source->ehlo = written->ehlo ? written->ehlo : config->hostname;
	source->proxy = written->proxy ? &written->via : NULL;
	source->password = written->via.password;
	source->limits = limits_written(&written->limits);
	set_addresses(source, written);
	source->state = hold_state(sources->node->sources, written);
	source->states = sources->node->sources;
	hold_schedules(source, written);
	sources->watched |= source->local;
}

static void make_list(struct sources *sources)
{
	const struct config *config = sources->config;

	sources->count = config->source_count ? config->source_count : 1;
	sources->list = memory_allocate_array(sources->count, sizeof(*sources->list));
	for (size_t i = 0; i < sources->count; i++) {
		sources->list[i].families[SOURCE_IPV4] = config->relay.ipv4;
		sources->list[i].families[SOURCE_IPV6] = config->relay.ipv6;
		if (config->source_count)
			make_source(sources, i);
	}
	if (config->source_count)
		return;
	sources->list[0].ehlo = config->hostname;
	sources->list[0].state = &sources->any;
}

static bool have_pools(const struct config *config)
{
	for (size_t i = 0; i < config->tenant_count; i++)
		if (config->tenants[i].pool)
			return true;
	for (size_t i = 0; i < config->stream_count; i++)
		if (config->streams[i].pool)
			return true;
	return false;
}

struct sources *sources_create(struct config *config, struct relay_node *node)
{
	struct sources *sources = NEW(struct sources);

	sources->holders = 1;
	sources->node = node;
	sources->config = config_hold(config);
	make_list(sources);
	pools_create(sources);
	sources->usual = sources_pool(sources, config->relay.pool);
	sources->pooled = config->source_count > 0;
	sources->flows = have_pools(config);
	return sources;
}

struct sources *sources_hold(struct sources *sources)
{
	sources->holders++;
	return sources;
}

static void let_go(struct source *source)
{
	for (size_t i = 0; i < source->schedule_count; i++)
		release_warmup(source->states, source->schedules[i].warmup);
	memory_free(source->schedules);
	buffer_wipe(&source->secret);
}

void sources_release(struct sources **sources)
{
	struct sources *old = *sources;

	*sources = NULL;
	if (!old || --old->holders > 0)
		return;
	pools_destroy(old);
	for (size_t i = 0; i < old->config->source_count; i++)
		release_state(old->node->sources, &old->config->sources[i],
			old->list[i].state);
	for (size_t i = 0; i < old->count; i++)
		let_go(&old->list[i]);
	memory_free(old->list);
	config_release(&old->config);
	memory_free(old);
}

/* ---- Passwords of proxies ---- */

static void read_secret(const struct config *config, struct source *source,
	const struct config_source *written)
{
	struct config_mark mark = config_mark_of(config, &written->proxy_password_file);

	source->unreadable = !config_read_secret(config, mark,
				     written->proxy_password_file, &source->secret) ||
			     !buffer_append_byte(&source->secret, '\0');
	if (source->unreadable)
		event_note(EVENT_ERROR, "source_password", "%s", failure_last()->text);
	else
		source->password = buffer_contents(&source->secret).at;
}

static void load_job(void *arg)
{
	struct sources *sources = arg;
	const struct config *config = sources->config;

	for (size_t i = 0; i < config->source_count; i++)
		if (config->sources[i].proxy_password_file)
			read_secret(config, &sources->list[i], &config->sources[i]);
}

void sources_load(struct sources *sources, struct deadline deadline)
{
	const struct config *config = sources->config;
	bool any = false;

	for (size_t i = 0; i < config->source_count; i++)
		any |= config->sources[i].proxy_password_file != NULL;
	if (!any || offload(load_job, sources, deadline))
		return;
	for (size_t i = 0; i < config->source_count; i++)
		if (config->sources[i].proxy_password_file)
			sources->list[i].unreadable = true;
	event_note(EVENT_ERROR, "source_password", "%s", failure_last()->text);
}

/* ---- Whether it may be used ---- */

bool source_reaches(const struct source *source, enum source_family family)
{
	return source->families[family] && !atomic_load(&source->state->gone[family]);
}

bool source_is_usable(const struct source *source, int64_t now_us)
{
	return !source->unreadable && !atomic_load(&source->state->suspended) &&
	       now_us >= atomic_load(&source->state->out_until_us) &&
	       (source_reaches(source, SOURCE_IPV4) ||
		       source_reaches(source, SOURCE_IPV6));
}

int64_t source_wait_ms(const struct source *source, int64_t now_us)
{
	int64_t left_us = atomic_load(&source->state->out_until_us) - now_us;

	return left_us > 0 ? left_us / 1000 + 1 : WAIT_MS;
}

const char *source_trouble(
	const struct source *source, int64_t now_us, char text[SOURCE_TROUBLE_MAX])
{
	int64_t left_us = atomic_load(&source->state->out_until_us) - now_us;

	text[0] = '\0';
	if (source->unreadable)
		snprintf(text, SOURCE_TROUBLE_MAX,
			"its proxy_password_file cannot be read");
	else if (atomic_load(&source->state->suspended))
		snprintf(text, SOURCE_TROUBLE_MAX, "it is suspended by operator");
	else if (left_us > 0)
		snprintf(text, SOURCE_TROUBLE_MAX,
			"its proxy cannot be used, tried again in %lld s",
			(long long)((left_us + 999999) / 1000000));
	else if (!source_is_usable(source, now_us))
		snprintf(text, SOURCE_TROUBLE_MAX,
			source->local
				? "its address is not on this machine"
				: "it has no address of a family that is allowed");
	return text;
}
