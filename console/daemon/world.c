/*
 * Reading a configuration's world, and finding everything that is wrong in it
 * before anything depends on it.
 */
#include "daemon/world.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/failure.h"
#include "base/memory.h"
#include "feedback/verp_keeper.h"

#define DAY_MS			 (24 * 3600 * 1000LL)
#define CERTIFICATE_WARNING_DAYS 14

struct reading {
	struct world *world;
	struct buffer *errors, *warnings;
};

static void report(struct reading *reading, struct buffer *into, const void *member,
	const char *text)
{
	const struct config *config = reading->world->config;
	char place[CONFIG_PLACE_SIZE];

	config_place(config, config_mark_of(config, member), place);
	/* Failures that know their place already begin with it. */
	if (strncmp(text, config->path, strlen(config->path)) == 0)
		place[0] = 0;
	buffer_append_format(into, "%s%s\n", place, text);
}

static void wrong(struct reading *reading, const void *member)
{
	report(reading, reading->errors, member, failure_last()->text);
}

static void check_end(struct reading *reading, const struct config_certificate *pair)
{
	struct world *world = reading->world;
	char names[512], text[256];
	long long end_ms;
	int64_t left;

	if (!tls_certificate_facts(pair->certificate, names, sizeof(names), &end_ms))
		return;
	if (!world->certificates_end_ms || end_ms < world->certificates_end_ms)
		world->certificates_end_ms = end_ms;
	left = (end_ms - clock_wall_ms()) / DAY_MS;
	if (end_ms < clock_wall_ms()) {
		snprintf(text, sizeof(text), "%s has expired", pair->certificate);
		report(reading, reading->warnings, &pair->certificate, text);
	} else if (left < CERTIFICATE_WARNING_DAYS) {
		snprintf(text, sizeof(text), "%s ends in %lld days", pair->certificate,
			(long long)left);
		report(reading, reading->warnings, &pair->certificate, text);
	}
}

static void read_certificates(struct reading *reading)
{
	const struct config *config = reading->world->config;
	struct tls_pair *pairs = memory_allocate_array(
		config->tls_count + 1, sizeof(*pairs));
	size_t before = buffer_size(reading->errors), which;

	/* Each alone first, so that every bad pair is named. */
	for (size_t i = 0; i < config->tls_count; i++) {
		const struct config_certificate *pair = &config->tls[i];
		struct tls_server *alone;

		pairs[i] = (struct tls_pair){pair->certificate, pair->key};
		alone = tls_server_create(
			&pairs[i], 1, config->tls_minimum, NULL, &which);
		if (alone)
			check_end(reading, pair);
		else
			wrong(reading, &pair->certificate);
		tls_server_release(&alone);
	}
	if (config->tls_count && buffer_size(reading->errors) == before) {
		reading->world->tls_server = tls_server_create(
			pairs, config->tls_count, config->tls_minimum, "smtp", &which);
		if (!reading->world->tls_server)
			wrong(reading, &config->tls);
	}
	memory_free(pairs);
}

static void read_secret(struct reading *reading, char *const *member)
{
	const struct config *config = reading->world->config;
	struct buffer secret = {0};

	if (!*member)
		return;
	if (!config_read_secret(
		    config, config_mark_of(config, member), *member, &secret))
		wrong(reading, member);
	memory_wipe(secret.bytes, secret.capacity);
	buffer_finish(&secret);
}

/* Each alone first, here too. */
static void read_keys(struct reading *reading)
{
	const struct config *config = reading->world->config;
	size_t before = buffer_size(reading->errors);

	for (size_t i = 0; i < config->dkim_count; i++) {
		const struct config_dkim *entry = &config->dkim[i];
		struct dkim_key *key = dkim_key_read(
			slice_of(entry->domain), slice_of(entry->selector), entry->key);

		if (!key)
			wrong(reading, &entry->key);
		dkim_key_destroy(&key);
	}
	if (buffer_size(reading->errors) > before)
		return;
	reading->world->keyring = dkim_keyring_load(config);
	if (!reading->world->keyring)
		wrong(reading, &config->dkim);
}

static void read_webhooks(struct reading *reading)
{
	const struct config *config = reading->world->config;
	struct webhook_set *set = webhook_set_create(config);

	for (size_t i = 0; i < config->events.webhook_count; i++)
		if (!webhook_set_add(set, config, &config->events.webhooks[i]))
			wrong(reading, &config->events.webhooks[i].secret_file);
	reading->world->webhooks = set;
}

static void read_shaping(struct reading *reading)
{
	char *errors = NULL;

	reading->world->shaping = shaping_load(reading->world->config, &errors);
	buffer_append(reading->errors, slice_of(errors));
	memory_free(errors);
}

static void read_classifier(struct reading *reading)
{
	char *errors = NULL;

	reading->world->classifier = classifier_load(reading->world->config, &errors);
	buffer_append(reading->errors, slice_of(errors));
	memory_free(errors);
}

static void read_rules(struct reading *reading)
{
	char *errors = NULL;

	reading->world->rules = rules_load(reading->world->config, &errors);
	buffer_append(reading->errors, slice_of(errors));
	memory_free(errors);
}

/* RFC 8460 3: who gets an unsigned report ignores it. */
static void check_reports(struct reading *reading)
{
	const struct config *config = reading->world->config;
	char *const *from = &config->relay.tlsrpt.from;
	struct dkim_signing signings[DKIM_KEYS_PER_DOMAIN];
	struct slice domain;
	char text[256];

	if (!*from || !reading->world->keyring)
		return;
	domain = slice_from(
		slice_of(*from), slice_index_last(slice_of(*from), '@') + 1);
	if (dkim_keyring_find(reading->world->keyring, domain, signings))
		return;
	snprintf(text, sizeof(text),
		"from: %s has no DKIM key, and reports without signature are ignored",
		domain.at);
	report(reading, reading->warnings, from, text);
}

static void read_all(struct reading *reading)
{
	struct world *world = reading->world;
	struct config *config = world->config;

	read_certificates(reading);
	world->tls_client = tls_client_create(NULL, config->tls_minimum);
	if (!world->tls_client)
		wrong(reading, &config->tls_minimum);
	read_keys(reading);
	check_reports(reading);
	read_shaping(reading);
	read_classifier(reading);
	read_rules(reading);
	read_webhooks(reading);
	read_secret(reading, &config->queue.password_file);
	if (config->bounces.secret_file && !verp_secret_read(config, &world->verp))
		wrong(reading, &config->bounces.secret_file);
	for (size_t i = 0; i < config->route_count; i++)
		read_secret(reading, &config->routes[i].password_file);
}

struct world *world_create(
	struct config *config, struct buffer *errors, struct buffer *warnings)
{
	struct reading reading = {.errors = errors, .warnings = warnings};
	size_t before = buffer_size(errors);

	reading.world = NEW(struct world);
	atomic_store(&reading.world->holders, 1);
	reading.world->config = config_hold(config);
	read_all(&reading);
	if (buffer_size(errors) > before)
		world_release(&reading.world);
	return reading.world;
}

struct world *world_load(
	const char *path, struct buffer *errors, struct buffer *warnings)
{
	char *text = NULL;
	struct config *config = config_load(path, &text);
	struct world *world;

	if (!config) {
		buffer_append(errors, slice_of(text));
		memory_free(text);
		return NULL;
	}
	world = world_create(config, errors, warnings);
	config_release(&config);
	return world;
}

void world_succeed(struct world *new_world, struct world *old)
{
	if (new_world->tls_server && old->tls_server)
		tls_server_share_tickets(new_world->tls_server, old->tls_server);
}

struct world *world_with_keys(struct world *world, struct dkim_keyring *keyring)
{
	struct world *other = NEW(struct world);

	*other = *world;
	atomic_init(&other->holders, 1);
	other->base = world_hold(world->base ? world->base : world);
	other->keyring = keyring;
	return other;
}

struct world *world_hold(struct world *world)
{
	atomic_fetch_add(&world->holders, 1);
	return world;
}

void world_release(struct world **world)
{
	struct world *old = *world;

	*world = NULL;
	if (!old || atomic_fetch_sub(&old->holders, 1) != 1)
		return;
	dkim_keyring_release(&old->keyring);
	if (old->base) {
		world_release(&old->base);
		memory_wipe(&old->verp, sizeof(old->verp));
		memory_free(old);
		return;
	}
	tls_server_release(&old->tls_server);
	tls_client_release(&old->tls_client);
	shaping_release(&old->shaping);
	classifier_release(&old->classifier);
	rules_release(&old->rules);
	webhook_set_release(&old->webhooks);
	memory_wipe(&old->verp, sizeof(old->verp));
	config_release(&old->config);
	memory_free(old);
}
