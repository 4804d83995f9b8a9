/* Rules about what comes back: which domains are ours, and who has which. */
#include "base/config_reading.h"

#include <stdlib.h>

#include "base/config_bounces.h"

#define DAY_MS		(24 * 3600 * INT64_C(1000))
#define DOMAIN_SIZE_MAX 255

static void check_valid(struct config_reading *reading);
static void check_verp(struct config_reading *reading);
static void collect(struct config_reading *reading);
static void collect_local(struct config_reading *reading);

void config_read_bounce_rules(struct config_reading *reading)
{
	struct config *config = reading->config;

	for (size_t i = 0; i < config->tenant_count; i++)
		config->tenants[i].verp_set = config_reading_written(
			reading, &config->tenants[i].verp);
	for (size_t i = 0; i < config->route_count; i++)
		config->routes[i].verp_set = config_reading_written(
			reading, &config->routes[i].verp);
	check_valid(reading);
	collect(reading);
	collect_local(reading);
	check_verp(reading);
}

static void check_valid(struct config_reading *reading)
{
	struct config_bounces *bounces = &reading->config->bounces;

	if (bounces->verp_valid_ms % DAY_MS == 0)
		return;
	config_error(reading->errors,
		config_reading_mark(
			reading, &bounces->verp_valid_ms, (struct config_mark){1, 1}),
		"verp_valid: not a number of days; allowed: 1d to 365d");
}

static int compare(const void *a, const void *b)
{
	return slice_compare(slice_of(*(char *const *)a), slice_of(*(char *const *)b));
}

static void collect(struct config_reading *reading)
{
	struct config *config = reading->config;
	struct config_bounces *bounces = &config->bounces;
	char **list = arena_take_array(
		reading->arena, config->tenant_count + 1, sizeof(*list));
	size_t count = 0;

	if (bounces->domain)
		list[count++] = bounces->domain;
	for (size_t i = 0; i < config->tenant_count; i++)
		if (config->tenants[i].bounce_domain)
			list[count++] = config->tenants[i].bounce_domain;
	qsort(list, count, sizeof(*list), compare);
	bounces->domains = list;
	bounces->domain_count = 0;
	for (size_t i = 0; i < count; i++)
		if (i == 0 || compare(&list[i], &list[i - 1]) != 0)
			list[bounces->domain_count++] = list[i];
}

static void collect_local(struct config_reading *reading)
{
	const struct config_receive *receive = &reading->config->receive;
	struct config_bounces *bounces = &reading->config->bounces;

	bounces->local = arena_take_array(
		reading->arena, receive->domain_count, sizeof(*bounces->local));
	for (size_t i = 0; i < receive->domain_count; i++)
		if (receive->domains[i].domain)
			bounces->local[bounces->local_count++] =
				receive->domains[i].domain;
	if (bounces->local_count)
		qsort(bounces->local, bounces->local_count, sizeof(*bounces->local),
			compare);
}

/* Where somebody asks for envelope senders of ours, there is a domain for them. */
static void check_verp(struct config_reading *reading)
{
	struct config *config = reading->config;
	static const char wrong[] =
		"verp without a domain for its addresses; allowed: with \"domain\" "
		"under bounces, or \"bounce_domain\" of a tenant";

	if (config->bounces.domain_count)
		return;
	for (size_t i = 0; i < config->tenant_count; i++)
		if (config->tenants[i].verp_set &&
			config->tenants[i].verp != CONFIG_VERP_NONE)
			config_error(reading->errors,
				config_reading_mark(reading, &config->tenants[i].verp,
					config->tenants[i].mark),
				"%s", wrong);
	for (size_t i = 0; i < config->route_count; i++)
		if (config->routes[i].verp_set &&
			config->routes[i].verp != CONFIG_VERP_NONE)
			config_error(reading->errors,
				config_reading_mark(reading, &config->routes[i].verp,
					config->routes[i].mark),
				"%s", wrong);
}

static bool is_among(char *const *list, size_t count, struct slice name)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = slice_compare(name, slice_of(list[middle]));

		if (order == 0)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

/* Itself, or ".suffix". */
static bool is_local(const struct config_bounces *bounces, struct slice domain)
{
	size_t dot;

	if (!bounces->local_count)
		return false;
	if (is_among(bounces->local, bounces->local_count, domain))
		return true;
	while ((dot = slice_index(domain, '.')) < domain.size) {
		if (is_among(bounces->local, bounces->local_count,
			    slice_from(domain, dot)))
			return true;
		domain = slice_from(domain, dot + 1);
	}
	return false;
}

enum config_verp config_bounces_verp(const struct config *config, struct slice tenant,
	struct slice destination, const struct config_route *route,
	struct slice *domain_r)
{
	const struct config_tenant *known = NULL;
	enum config_verp verp = config->bounces.verp;
	const char *domain = config->bounces.domain;
	bool said = route && route->verp_set;

	if (!config->bounces.domain_count)
		return CONFIG_VERP_NONE;
	if (tenant.size)
		known = config_tenant_find(config, tenant);
	if (known && known->verp_set)
		verp = known->verp;
	if (known && known->bounce_domain)
		domain = known->bounce_domain;
	if (said)
		verp = route->verp;
	if (!domain || (!said && is_local(&config->bounces, destination)))
		return CONFIG_VERP_NONE;
	*domain_r = slice_of(domain);
	return verp;
}

bool config_bounces_domain(const struct config *config, struct slice domain)
{
	const struct config_bounces *bounces = &config->bounces;
	char text[DOMAIN_SIZE_MAX];

	if (domain.size > sizeof(text))
		return false;
	for (size_t i = 0; i < domain.size; i++)
		text[i] = ascii_lower(domain.at[i]);
	return is_among(
		bounces->domains, bounces->domain_count, slice_make(text, domain.size));
}

bool config_bounces_complaints(const struct config *config, struct slice address)
{
	const struct config_bounces *bounces = &config->bounces;

	if (bounces->complaints_to &&
		slice_equal_nocase(address, slice_of(bounces->complaints_to)))
		return true;
	for (size_t i = 0; i < bounces->complaint_addresses.count; i++)
		if (slice_equal_nocase(
			    address, slice_of(bounces->complaint_addresses.at[i])))
			return true;
	return false;
}
