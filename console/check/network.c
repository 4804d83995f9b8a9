/*
 * What the configuration names on the network: does it answer now? Never an
 * error, for it may when it matters.
 */
#include "check/check.h"

#include <string.h>

#include "base/arena.h"
#include "base/failure.h"
#include "base/memory.h"
#include "io/dns.h"
#include "io/redis.h"

#include "client/small_worker.h"

#define ANSWER_MS 3000

static void ask_one(struct check *check, const char *const *server, const void *member)
{
	const struct config *config = check->config;
	struct dns_options options = {
		.servers = server,
		.server_count = server ? 1 : 0,
		.timeout_ms = ANSWER_MS,
		.cache_entries = 10,
	};
	struct dns *dns = dns_create(&options);
	struct arena arena = {0};
	struct dns_answer answer;

	if (!dns) {
		check_error(check, member, failure_last()->text);
		return;
	}
	if (dns_query(dns, DNS_A, slice_of(config->hostname), &arena, &answer,
		    deadline_after_ms(ANSWER_MS)) &&
		answer.status == DNS_TEMPORARY) {
		char *text = memory_format(
			"the DNS server %s gives no answer about our hostname: %s",
			server ? *server : "of /etc/resolv.conf", answer.reason);

		check_warning(check, member, text);
		memory_free(text);
	}
	arena_finish(&arena);
	dns_destroy(&dns);
}

static void ask_dns(struct check *check)
{
	const struct config_texts *servers = &check->config->dns.servers;

	for (size_t i = 0; i < servers->count; i++)
		ask_one(check, (const char *const *)&servers->at[i], &servers->at[i]);
	if (!servers->count)
		ask_one(check, NULL, servers);
}

static void ask_redis(struct check *check)
{
	const struct config *config = check->config;
	struct buffer secret = {0};
	struct redis_options options = {
		.address = config->queue.redis,
		.user = config->queue.user,
		.ca_file = config->queue.ca_file,
		.timeout_ms = ANSWER_MS,
	};
	struct redis *redis;
	struct scope scope;

	scope_init(&scope);
	if (config->queue.password_file &&
		config_read_secret(config,
			config_mark_of(config, &config->queue.password_file),
			config->queue.password_file, &secret) &&
		buffer_append_byte(&secret, 0))
		options.password = secret.bytes + secret.start;
	redis = redis_open(&options, &scope);
	if (!redis) {
		check_error(check, &config->queue.redis, failure_last()->text);
	} else if (!redis_wait_up(redis, deadline_after_ms(ANSWER_MS))) {
		char *text = memory_format("Redis does not answer at %s: %s",
			config->queue.redis,
			redis_trouble(redis)[0] ? redis_trouble(redis)
						: "no answer in time");

		check_warning(check, &config->queue.redis, text);
		memory_free(text);
	}
	redis_close(&redis);
	scope_finish(&scope, deadline_after_ms(0));
	memory_wipe(secret.bytes, secret.capacity);
	buffer_finish(&secret);
}

static void ask_all(void *arg)
{
	struct check *check = arg;

	if (strcmp(check->config->queue.redis, "embedded") != 0)
		ask_redis(check);
	ask_dns(check);
}

void check_network(struct check *check)
{
	if (!small_worker_run(ask_all, check))
		check_error(check, NULL, failure_last()->text);
}
