/* Rules about sources and pools: what they name, and what is filled in. */
#include "base/config_reading.h"

#include <inttypes.h>
#include <string.h>

#include "base/config_form.h"
#include "base/map.h"

#define DAYS_MAX   1000
#define AMOUNT_MAX 100000000000ull

static const struct config_mark nowhere = {1, 1};

/* ---- Warm-up ---- */

static void list_amounts(struct config_reading *reading, struct config_warmup *warmup)
{
	warmup->days = warmup->messages.count;
	warmup->amounts = arena_take_array(
		reading->arena, warmup->days, sizeof(*warmup->amounts));
	for (size_t i = 0; i < warmup->days; i++)
		if (warmup->messages.at[i])
			slice_to_u64(
				slice_of(warmup->messages.at[i]), &warmup->amounts[i]);
}

static void grow_amounts(struct config_reading *reading, struct config_warmup *warmup)
{
	uint64_t permille = warmup->factor ? config_form_permille(warmup->factor)
					   : 1000;
	uint64_t thousandths = warmup->start * 1000;

	warmup->amounts = arena_take_array(
		reading->arena, warmup->days, sizeof(*warmup->amounts));
	for (size_t i = 0; i < warmup->days; i++) {
		warmup->amounts[i] = thousandths / 1000;
		if (warmup->amounts[i] > AMOUNT_MAX)
			warmup->amounts[i] = AMOUNT_MAX;
		else
			thousandths = thousandths * permille / 1000;
	}
}

static void check_warmup(struct config_reading *reading, struct config_warmup *warmup)
{
	warmup->from_day = warmup->from ? config_form_day(warmup->from) : -1;
	if (warmup->messages.count && warmup->start) {
		config_error(reading->errors, warmup->mark,
			"messages and start; allowed: the messages of each day, or "
			"those of the first with factor and days");
	} else if (warmup->messages.count) {
		list_amounts(reading, warmup);
	} else if (warmup->start && warmup->days) {
		grow_amounts(reading, warmup);
	} else {
		warmup->days = 0;
		if (!config_reading_written(reading, &warmup->messages) ||
			!config_reading_wrong(reading, &warmup->messages))
			config_error(reading->errors, warmup->mark,
				"a warm-up schedule without amounts; allowed: "
				"messages, "
				"or start and days");
	}
}

static void check_warmups(struct config_reading *reading, struct config_source *source)
{
	for (size_t i = 0; i < source->warmup_count; i++) {
		const char *provider = source->warmup[i].provider;

		check_warmup(reading, &source->warmup[i]);
		for (size_t j = 0; j < i; j++) {
			const char *other = source->warmup[j].provider;

			if (provider == other ||
				(provider && other && strcmp(provider, other) == 0))
				config_error(reading->errors, source->warmup[i].mark,
					"a second schedule for %s; allowed: one",
					provider ? provider : "all receivers");
		}
	}
}

/* ---- Proxies ---- */

/* The text is not repeated: there may be a password in it. */
static void refuse_proxy(
	struct config_reading *reading, struct config_source *source, const char *wrong)
{
	config_error(reading->errors,
		config_reading_mark(reading, &source->proxy, source->mark),
		"proxy: %s; allowed: socks5://host:port, socks5://user@host:port with "
		"proxy_password_file, haproxy://host:port",
		wrong);
}

/* "host:port", "[2001:db8::1]:port" */
static bool read_place(
	struct config_reading *reading, struct config_proxy *via, struct slice place)
{
	size_t colon = slice_index_last(place, ':');
	struct slice host = slice_part(place, 0, colon);
	uint64_t port;
	char text[300];

	if (colon >= place.size || !slice_to_u64(slice_from(place, colon + 1), &port) ||
		port < 1 || port > UINT16_MAX ||
		!slice_to_text(host, text, sizeof(text)))
		return false;
	if (!config_form_host(text) && !config_form_ipv4(text))
		return false;
	if (slice_starts(host, SLICE("[")))
		host = slice_part(host, 1, host.size - 2);
	via->host = arena_copy_text(reading->arena, host);
	via->port = (uint16_t)port;
	return true;
}

static void read_user(
	struct config_reading *reading, struct config_proxy *via, struct slice login)
{
	struct slice user = slice_cut(&login, ':');

	via->user = arena_copy_text(reading->arena, user);
	if (login.at)
		via->password = arena_copy_text(reading->arena, login);
}

static void check_proxy(struct config_reading *reading, struct config_source *source)
{
	struct slice rest = slice_of(source->proxy), login = SLICE_EMPTY;
	struct config_proxy *via = &source->via;
	size_t at;

	if (slice_starts(rest, SLICE("socks5://"))) {
		via->kind = CONFIG_PROXY_SOCKS5;
		rest = slice_from(rest, sizeof("socks5://") - 1);
	} else if (slice_starts(rest, SLICE("haproxy://"))) {
		via->kind = CONFIG_PROXY_HAPROXY;
		rest = slice_from(rest, sizeof("haproxy://") - 1);
	} else {
		refuse_proxy(reading, source, "neither socks5:// nor haproxy://");
		return;
	}
	at = slice_index_last(rest, '@');
	if (at < rest.size) {
		login = slice_part(rest, 0, at);
		rest = slice_from(rest, at + 1);
	}
	if (!read_place(reading, via, rest))
		refuse_proxy(reading, source, "no host and port");
	if (login.size)
		read_user(reading, via, login);
	if (login.at && via->kind == CONFIG_PROXY_HAPROXY)
		refuse_proxy(reading, source, "a user, which that protocol has not");
	/* RFC 1929 2: 1 to 255 octets each. */
	else if (login.at &&
		 (!*via->user || strlen(via->user) > 255 ||
			 (via->password &&
				 (!*via->password || strlen(via->password) > 255))))
		refuse_proxy(reading, source,
			"user and password have 1 to 255 characters each");
	else if (via->user && !via->password && !source->proxy_password_file &&
		 !config_reading_wrong(reading, &source->proxy_password_file))
		refuse_proxy(reading, source, "a user without a password");
}

/* ---- Sources and pools ---- */

static void check_source(struct config_reading *reading, struct config_source *source)
{
	if (source->address)
		config_address_parse(source->address, source->ipv4);
	if (source->address6)
		config_address_parse(source->address6, source->ipv6);
	if (source->proxy)
		check_proxy(reading, source);
	if (source->via.kind == CONFIG_PROXY_HAPROXY && !source->address &&
		!source->address6)
		config_error(reading->errors, source->mark,
			"a haproxy without an address to send from; allowed: with "
			"address or address6");
	if (source->proxy_password_file && (!source->via.user || source->via.password))
		config_error(reading->errors,
			config_reading_mark(
				reading, &source->proxy_password_file, source->mark),
			"proxy_password_file without a user in proxy, or beside a "
			"password there; allowed: with socks5://user@host:port");
	check_warmups(reading, source);
}

static void check_name(struct config_reading *reading, struct map *seen, void *item,
	const char *name, const char *what)
{
	const struct config_mark *other = map_set(seen, slice_of(name), item);

	if (other)
		config_error(reading->errors, *(struct config_mark *)item,
			"%s \"%s\" again; allowed: once, and line %u has it", what,
			name, other->line);
}

static void check_members(struct config_reading *reading, const struct map *sources,
	struct config_pool *pool)
{
	struct map seen = {0};

	if (pool->member_count == 0 && !config_reading_wrong(reading, &pool->members))
		config_error(reading->errors, pool->mark,
			"a pool without members; allowed: at least one");
	for (size_t i = 0; i < pool->member_count; i++) {
		struct config_pool_member *member = &pool->members[i];
		const struct config_source *source;

		if (!member->source)
			continue;
		check_name(reading, &seen, member, member->source, "source");
		source = map_find(sources, slice_of(member->source));
		if (source)
			member->place = (size_t)(source - reading->config->sources);
		else
			config_error(reading->errors, member->mark,
				"source \"%s\" is none; allowed: a name under sources",
				member->source);
	}
	map_finish(&seen);
}

const struct config_pool *config_pool_find(
	const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->pool_count; i++)
		if (config->pools[i].name && strcmp(config->pools[i].name, name) == 0)
			return &config->pools[i];
	return NULL;
}

static void check_overflow(
	struct config_reading *reading, const struct config_pool *pool)
{
	const struct config *config = reading->config;
	const struct config_pool *next = pool;

	config_check_pool(reading, &pool->overflow, pool->mark);
	for (size_t i = 0; next && next->overflow && i <= config->pool_count; i++) {
		next = config_pool_find(config, next->overflow);
		if (next != pool)
			continue;
		config_error(reading->errors,
			config_reading_mark(reading, &pool->overflow, pool->mark),
			"overflow \"%s\" comes back to this pool; allowed: one that "
			"does not",
			pool->overflow);
		return;
	}
}

void config_check_pool(
	struct config_reading *reading, char *const *member, struct config_mark holder)
{
	if (*member && !config_pool_find(reading->config, *member))
		config_error(reading->errors,
			config_reading_mark(reading, member, holder),
			"pool \"%s\" is none; allowed: a name under pools", *member);
}

void config_read_source_rules(struct config_reading *reading)
{
	struct config *config = reading->config;
	struct map sources = {0}, pools = {0};

	for (size_t i = 0; i < config->source_count; i++) {
		if (config->sources[i].name)
			check_name(reading, &sources, &config->sources[i],
				config->sources[i].name, "source");
		check_source(reading, &config->sources[i]);
	}
	for (size_t i = 0; i < config->pool_count; i++) {
		if (config->pools[i].name)
			check_name(reading, &pools, &config->pools[i],
				config->pools[i].name, "pool");
		check_members(reading, &sources, &config->pools[i]);
		check_overflow(reading, &config->pools[i]);
	}
	config_check_pool(reading, &config->relay.pool, nowhere);
	for (size_t i = 0; i < config->route_count; i++)
		config_check_pool(
			reading, &config->routes[i].pool, config->routes[i].mark);
	for (size_t i = 0; i < config->tenant_count; i++)
		config_check_pool(
			reading, &config->tenants[i].pool, config->tenants[i].mark);
	for (size_t i = 0; i < config->stream_count; i++)
		config_check_pool(
			reading, &config->streams[i].pool, config->streams[i].mark);
	map_finish(&sources);
	map_finish(&pools);
}
