/* Webhooks: who wants which events. */
#include "events/webhook.h"

#include <string.h>

#include "base/buffer.h"
#include "base/failure.h"
#include "base/memory.h"
#include "io/fetch.h"
#include "io/fetch_url.h"

#define BATCH	     500
#define BATCH_MAX    5000
#define TIMEOUT_MS   30000
#define TIMEOUT_MAX  300000
#define RETRY_MS     (24 * 3600 * INT64_C(1000))
#define RETRY_MAX    (7 * RETRY_MS)
#define SECRET_LEAST 16
#define TENANTS_MAX  65536

struct webhook webhook_default(void)
{
	return (struct webhook){.kinds = EVENTS_ALL,
		.batch = BATCH,
		.timeout_ms = TIMEOUT_MS,
		.retry_for_ms = RETRY_MS};
}

static bool is_name(struct slice name)
{
	char text[WEBHOOK_NAME_MAX + 1];

	return name.size && name.size <= WEBHOOK_NAME_MAX &&
	       slice_to_text(name, text, sizeof(text)) && config_form_webhook(text);
}

static bool check_url(const struct webhook *webhook)
{
	struct arena arena = {0};
	struct fetch_url url;
	bool good;

	if (webhook->url.size > FETCH_URL_MAX)
		return fail(FAILURE_DATA, "url: of more than %d bytes", FETCH_URL_MAX);
	good = fetch_url_parse(webhook->url, &arena, &url) &&
	       (url.tls || webhook->private_addresses ||
		       fail(FAILURE_DATA,
			       "url: https:// only, unless private_addresses is set"));
	arena_finish(&arena);
	return good;
}

static bool is_text(struct slice text)
{
	for (size_t i = 0; i < text.size; i++)
		if ((unsigned char)text.at[i] < 0x20)
			return false;
	return true;
}

bool webhook_check(const struct webhook *webhook)
{
	if (!is_name(webhook->name))
		return fail(FAILURE_DATA,
			"name: 1 to %d lower-case letters, digits, '.', '-', '_'",
			WEBHOOK_NAME_MAX);
	if (!check_url(webhook))
		return false;
	if (webhook->secret.size < SECRET_LEAST ||
		webhook->secret.size > WEBHOOK_SECRET_MAX || !is_text(webhook->secret))
		return fail(FAILURE_DATA, "secret: %d to %d printable characters",
			SECRET_LEAST, WEBHOOK_SECRET_MAX);
	if (!(webhook->kinds & EVENTS_ALL))
		return fail(FAILURE_DATA, "events: none is wanted");
	if (webhook->batch < 1 || webhook->batch > BATCH_MAX)
		return fail(FAILURE_DATA, "batch: 1 to %d", BATCH_MAX);
	if (webhook->timeout_ms < 100 || webhook->timeout_ms > TIMEOUT_MAX)
		return fail(FAILURE_DATA, "timeout: 100 ms to 5 minutes");
	if (webhook->retry_for_ms < 0 || webhook->retry_for_ms > RETRY_MAX)
		return fail(FAILURE_DATA, "retry_for: 0 to 7 days");
	if (webhook->tenants.size > TENANTS_MAX || !is_text(webhook->tenants))
		return fail(FAILURE_DATA, "tenants: no names");
	return true;
}

bool webhook_equal(const struct webhook *a, const struct webhook *b)
{
	return slice_equal(a->name, b->name) && slice_equal(a->url, b->url) &&
	       slice_equal(a->secret, b->secret) && a->kinds == b->kinds &&
	       slice_equal(a->tenants, b->tenants) && a->batch == b->batch &&
	       a->timeout_ms == b->timeout_ms && a->retry_for_ms == b->retry_for_ms &&
	       slice_equal(a->ca_file, b->ca_file) &&
	       a->private_addresses == b->private_addresses &&
	       a->disabled == b->disabled;
}

bool webhook_wants(const struct webhook *webhook, const struct events_line *line)
{
	struct slice tenants = webhook->tenants;

	/* A kind that only a newer node knows is for those who want all. */
	if (line->known ? !(webhook->kinds & 1u << line->kind)
			: webhook->kinds != EVENTS_ALL)
		return false;
	if (!tenants.size)
		return true;
	while (tenants.at) {
		struct slice name = slice_cut(&tenants, ' ');

		if (name.size && slice_equal(name, line->tenant))
			return true;
	}
	return false;
}

static struct slice join(const struct config_texts *texts, struct arena *arena)
{
	struct buffer words = {0};
	struct slice all;

	for (size_t i = 0; i < texts->count; i++)
		buffer_append_format(&words, "%s%s", i ? " " : "", texts->at[i]);
	all = arena_copy(arena, buffer_contents(&words));
	buffer_finish(&words);
	return all;
}

static uint32_t kinds_of(const struct config_texts *texts)
{
	enum events_kind kind;
	uint32_t kinds = 0;

	for (size_t i = 0; i < texts->count; i++)
		if (events_kind_parse(slice_of(texts->at[i]), &kind))
			kinds |= 1u << kind;
	return kinds ? kinds | 1u << EVENTS_TEST : EVENTS_ALL;
}

bool webhook_configured(const struct config *config, const struct config_webhook *from,
	struct arena *arena, struct webhook *webhook_r)
{
	struct buffer secret = {0};

	if (!config_read_secret(config, config_mark_of(config, &from->secret_file),
		    from->secret_file, &secret))
		return false;
	*webhook_r = (struct webhook){
		.name = slice_of(from->name),
		.url = slice_of(from->url),
		.secret = arena_copy(arena, buffer_contents(&secret)),
		.kinds = kinds_of(&from->events),
		.tenants = join(&from->tenants, arena),
		.batch = from->batch,
		.timeout_ms = from->timeout_ms,
		.retry_for_ms = from->retry_for_ms,
		.ca_file = slice_of(from->ca_file),
		.private_addresses = from->private_addresses,
		.configured = true,
	};
	buffer_wipe(&secret);
	return webhook_check(webhook_r) || fail_in(from->name);
}
