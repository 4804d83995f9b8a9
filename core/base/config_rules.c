/* Rules between values: certificates, DKIM keys, the queue, the relay. */
#include "base/config_reading.h"

#include <inttypes.h>
#include <string.h>

#include "base/config_form.h"
#include "base/config_network.h"
#include "base/map.h"

#define DKIM_KEYS_PER_DOMAIN 2 /* one RSA, one Ed25519 */

static void check_dkim(struct config_reading *reading);
static void count_dkim_keys(struct config_reading *reading, struct map *domains,
	const struct config_dkim *entry);
static void check_certificates(struct config_reading *reading);
static void check_redis(struct config_reading *reading);
static bool is_redis_server(struct slice rest);
static void complete_queue(struct config_reading *reading);
static void check_submission(struct config_reading *reading);
static void check_relay(struct config_reading *reading);
static void check_retries(struct config_reading *reading);

static const struct config_mark nowhere = {1, 1};

void config_read_rules(struct config_reading *reading)
{
	config_read_listener_rules(reading);
	check_certificates(reading);
	check_dkim(reading);
	check_redis(reading);
	complete_queue(reading);
	config_complete_pickup(reading);
	config_check_pickup(reading);
	check_submission(reading);
	check_relay(reading);
	check_retries(reading);
	config_read_route_rules(reading);
	config_read_oauth_rules(reading);
	config_read_tenant_rules(reading);
	config_read_gate_rules(reading);
	config_read_unsubscribe_rules(reading);
	config_read_source_rules(reading);
	config_read_bounce_rules(reading);
	config_read_receive_rules(reading);
	config_read_events_rules(reading);
}

static void check_certificates(struct config_reading *reading)
{
	const struct config *config = reading->config;
	struct map seen = {0};

	for (size_t i = 0; i < config->tls_count; i++) {
		struct config_certificate *pair = &config->tls[i];
		const struct config_certificate *other;

		if (!pair->certificate)
			continue;
		other = map_set(&seen, slice_of(pair->certificate), pair);
		if (other)
			config_error(reading->errors, pair->mark,
				"certificate \"%s\" again; allowed: once, and line "
				"%u has it",
				pair->certificate, other->mark.line);
	}
	map_finish(&seen);
}

static void check_dkim(struct config_reading *reading)
{
	const struct config *config = reading->config;
	struct map names = {0}, files = {0}, domains = {0};

	for (size_t i = 0; i < config->dkim_count; i++) {
		struct config_dkim *entry = &config->dkim[i];
		const struct config_dkim *same;
		struct slice name;

		if (!entry->domain || !entry->selector || !entry->key)
			continue;
		name = arena_format(reading->scratch, "%s._domainkey.%s",
			entry->selector, entry->domain);
		same = map_set(&names, name, entry);
		if (same) {
			config_error(reading->errors, entry->mark,
				"selector \"%s\" of \"%s\" again; allowed: a "
				"selector for each key, and line %u has this one",
				entry->selector, entry->domain, same->mark.line);
			continue;
		}
		name = arena_format(
			reading->scratch, "%s %s", entry->domain, entry->key);
		same = map_set(&files, name, entry);
		if (same) {
			config_error(reading->errors, entry->mark,
				"key \"%s\" for \"%s\" again; allowed: two keys "
				"for a domain if one is RSA, one Ed25519, and line "
				"%u has this one",
				entry->key, entry->domain, same->mark.line);
			continue;
		}
		count_dkim_keys(reading, &domains, entry);
	}
	map_finish(&names);
	map_finish(&files);
	map_finish(&domains);
}

static void count_dkim_keys(struct config_reading *reading, struct map *domains,
	const struct config_dkim *entry)
{
	size_t *count = map_find(domains, slice_of(entry->domain));

	if (!count) {
		count = ARENA_NEW(reading->scratch, size_t);
		map_set(domains, slice_of(entry->domain), count);
	}
	if (++*count > DKIM_KEYS_PER_DOMAIN)
		config_error(reading->errors, entry->mark,
			"key number %zu for \"%s\"; allowed: two, one RSA, one "
			"Ed25519",
			*count, entry->domain);
}

/* What was written is not repeated: there may be a password in it. */
static void check_redis(struct config_reading *reading)
{
	const struct config_queue *queue = &reading->config->queue;
	struct slice text = slice_of(queue->redis), path;
	struct config_mark mark = config_reading_mark(reading, &queue->redis, nowhere);

	if (slice_equal(text, SLICE("embedded")))
		return;
	if (slice_index(text, '@') < text.size) {
		config_error(reading->errors, mark,
			"redis: no place for a user or a password; allowed: their "
			"own keys, user and password_file");
		return;
	}
	path = slice_from(text, sizeof("unix:") - 1);
	if (slice_starts(text, SLICE("unix:")) && slice_starts(path, SLICE("/")))
		return;
	if (slice_starts(text, SLICE("redis://")) &&
		is_redis_server(slice_from(text, sizeof("redis://") - 1)))
		return;
	if (slice_starts(text, SLICE("rediss://")) &&
		is_redis_server(slice_from(text, sizeof("rediss://") - 1)))
		return;
	config_error(reading->errors, mark,
		"redis: no address of a Redis; allowed: embedded, unix:/path, "
		"redis://host:6379/0, rediss://host:6379/0");
}

/* "host", "host:port", "[::1]:port", each with "/database" behind or not. */
static bool is_redis_server(struct slice rest)
{
	struct slice server = slice_cut(&rest, '/');
	struct config_endpoint endpoint;
	char text[300];
	uint64_t number;
	char *colon;

	if (rest.at && (!slice_to_u64(rest, &number) || number > 1000000))
		return false;
	if (!slice_to_text(server, text, sizeof(text)))
		return false;
	if (config_endpoint_parse(text, 6379, &endpoint))
		return true;
	colon = strrchr(text, ':');
	if (colon) {
		if (!slice_to_u64(slice_of(colon + 1), &number) || number == 0 ||
			number > UINT16_MAX)
			return false;
		*colon = 0;
	}
	return text[0] != '[' && config_form_host(text);
}

static void complete_queue(struct config_reading *reading)
{
	struct config_queue *queue = &reading->config->queue;
	bool embedded = slice_equal(slice_of(queue->redis), SLICE("embedded"));

	if (!config_reading_written(reading, &queue->require_durable))
		queue->require_durable = embedded;
	if (!queue->bodies)
		queue->bodies = arena_copy_text(
			reading->arena, embedded ? SLICE("spool") : SLICE("redis"));
	if (queue->user && !queue->password_file &&
		!config_reading_written(reading, &queue->password_file))
		config_error(reading->errors,
			config_reading_mark(reading, &queue->user, nowhere),
			"user: no password; allowed: with password_file");
}

static void check_submission(struct config_reading *reading)
{
	struct config_submission *submission = &reading->config->submission;

	if (submission->header_size <= submission->message_size)
		return;
	if (!config_reading_written(reading, &submission->header_size))
		submission->header_size = submission->message_size;
	else
		config_error(reading->errors,
			config_reading_mark(reading, &submission->header_size, nowhere),
			"header_size is more than message_size; allowed: up to %" PRIu64
			" bytes",
			submission->message_size);
}

static void check_relay(struct config_reading *reading)
{
	struct config_relay *relay = &reading->config->relay;

	if (!config_reading_written(reading, &relay->connections) &&
		relay->connections > relay->connections_total)
		relay->connections = relay->connections_total;
	if (relay->connections > relay->connections_total)
		config_error(reading->errors,
			config_reading_mark(reading, &relay->connections, nowhere),
			"connections is more than connections_total; allowed: up "
			"to %" PRIu64,
			relay->connections_total);
	if (!relay->ipv4 && !relay->ipv6)
		config_error(reading->errors,
			config_reading_mark(reading, &relay->ipv4, nowhere),
			"ipv4: false like ipv6, so nothing could be reached; "
			"allowed: true for one of them");
	if (!relay->postmaster && reading->config->hostname)
		relay->postmaster = arena_copy_text(reading->arena,
			arena_format(reading->scratch, "MAILER-DAEMON@%s",
				reading->config->hostname));
}

static void check_retries(struct config_reading *reading)
{
	const struct config_relay *relay = &reading->config->relay;
	struct config_mark list = config_reading_mark(
		reading, &relay->retry_ms, nowhere);
	struct config_mark expire = config_reading_mark(
		reading, &relay->expire_ms, list);

	if (config_reading_wrong(reading, &relay->retry_ms))
		return;
	if (relay->retry_count == 0) {
		config_error(reading->errors, list,
			"retry: an empty list; allowed: at least one duration");
		return;
	}
	for (size_t i = 1; i < relay->retry_count; i++) {
		if (relay->retry_ms[i] < relay->retry_ms[i - 1])
			config_error(reading->errors,
				config_reading_mark(reading, &relay->retry_ms[i], list),
				"retry: a wait shorter than the one before it; "
				"allowed: waits that grow");
	}
	if (relay->expire_ms <= relay->retry_ms[0] &&
		config_reading_written(reading, &relay->retry_ms))
		config_error(reading->errors, expire,
			"expire comes before the first retry; allowed: more than "
			"the first wait of retry");
	if (relay->delay_warning_ms >= relay->expire_ms)
		config_error(reading->errors,
			config_reading_mark(reading, &relay->delay_warning_ms, expire),
			"delay_warning comes after expire; allowed: less than "
			"expire, or 0 for none");
}
