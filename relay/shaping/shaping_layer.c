/*
 * Layers: of each rule in a file only what is written, found by name; and what
 * is wrong between rules.
 */
#include "base/memory.h"

#include "shaping/shaping_core.h"

struct field {
	const char *name;
	size_t written; /* in struct config_rates or config_manner */
	size_t into;	/* in struct limit_terms, or in struct shaping_rule */
};

#define LIMIT(key, member)                                   \
	{                                                    \
#key, offsetof(struct config_rates, key),    \
			offsetof(struct limit_terms, member) \
	}
static const struct field limits[SHAPING_LIMITS] = {
	LIMIT(connections, connections),
	LIMIT(connections_per_second, connects[PER_SECOND]),
	LIMIT(connections_per_minute, connects[PER_MINUTE]),
	LIMIT(connections_per_hour, connects[PER_HOUR]),
	LIMIT(connections_per_day, connects[PER_DAY]),
	LIMIT(messages_per_second, messages[PER_SECOND]),
	LIMIT(messages_per_minute, messages[PER_MINUTE]),
	LIMIT(messages_per_hour, messages[PER_HOUR]),
	LIMIT(messages_per_day, messages[PER_DAY]),
};
#undef LIMIT

#define MANNER(name, key)                                  \
	{                                                  \
		name, offsetof(struct config_manner, key), \
			offsetof(struct shaping_rule, key) \
	}
static const struct field manners[SHAPING_PLACES - SHAPING_MANNER] = {
	[PLACE_MESSAGES_PER_CONNECTION - SHAPING_MANNER] = MANNER(
		"messages_per_connection", messages_per_connection),
	[PLACE_RECIPIENTS_PER_MESSAGE - SHAPING_MANNER] = MANNER(
		"recipients_per_message", recipients_per_message),
	[PLACE_AHEAD - SHAPING_MANNER] = MANNER("ahead", ahead),
	[PLACE_IDLE - SHAPING_MANNER] = MANNER("idle", idle_ms),
	[PLACE_TLS - SHAPING_MANNER] = MANNER("tls", tls),
};

static const size_t scopes[SHAPING_SCOPES] = {
	[SCOPE_SITE] = offsetof(struct shaping_rule, site),
	[SCOPE_PROVIDER] = offsetof(struct shaping_rule, provider),
	[SCOPE_DOMAIN] = offsetof(struct shaping_rule, domain),
};

const char *shaping_place_name(unsigned place)
{
	return place < SHAPING_MANNER ? limits[place % SHAPING_LIMITS].name
				      : manners[place - SHAPING_MANNER].name;
}

static size_t offset_of(unsigned place)
{
	return place < SHAPING_MANNER ? scopes[place / SHAPING_LIMITS] +
						limits[place % SHAPING_LIMITS].into
				      : manners[place - SHAPING_MANNER].into;
}

uint64_t shaping_get(const struct shaping_rule *rule, unsigned place)
{
	const char *at = (const char *)rule + offset_of(place);

	return place == PLACE_TLS ? (uint64_t)rule->tls
				  : *(const uint64_t *)(const void *)at;
}

void shaping_set(struct shaping_rule *rule, unsigned place, uint64_t value)
{
	char *at = (char *)rule + offset_of(place);

	if (place == PLACE_TLS)
		rule->tls = (enum config_tls_level)value;
	else
		*(uint64_t *)(void *)at = value;
}

/* What was written of the COUNT fields in OBJECT, behind the settings in LIST. */
static size_t take(const struct config_reading *reading, const void *object,
	const struct field *fields, size_t count, struct setting *list)
{
	size_t taken = 0;

	for (size_t i = 0; i < count; i++) {
		const char *at = (const char *)object + fields[i].written;
		const struct config_written *written = config_marks_find(
			&reading->marks, at);
		bool level = fields == manners && i == PLACE_TLS - SHAPING_MANNER;

		if (!written)
			continue;
		list[taken++] = (struct setting){
			.place = (unsigned)i,
			.line = written->mark.line,
			.value = level ? *(const enum config_tls_level *)(const void *)
						 at
				       : *(const uint64_t *)(const void *)at,
		};
	}
	return taken;
}

static void shift(struct setting *list, size_t count, unsigned by)
{
	for (size_t i = 0; i < count; i++)
		list[i].place += by;
}

/* OWN: the scope of the limits a rule has for itself. */
static struct layer *make_layer(struct shaping *shaping, struct config_reading *reading,
	const struct config_rule *rule, unsigned own, bool shipped)
{
	struct layer *layer = ARENA_NEW(&shaping->arena, struct layer);
	struct setting list[SHAPING_PLACES];
	size_t count = 0, more;

	count = take(reading, &rule->limits, limits, SHAPING_LIMITS, list);
	shift(list, count, own * SHAPING_LIMITS);
	if (own == SCOPE_PROVIDER) {
		more = take(reading, &rule->site.limits, limits, SHAPING_LIMITS,
			list + count);
		shift(list + count, more, SCOPE_SITE * SHAPING_LIMITS);
		count += more;
	}
	more = take(
		reading, &rule->manner, manners, ARRAY_COUNT(manners), list + count);
	shift(list + count, more, SHAPING_MANNER);
	count += more;
	layer->shipped = shipped;
	layer->count = count;
	layer->list = arena_take_array(&shaping->arena, count, sizeof(*list));
	for (size_t i = 0; i < count; i++)
		layer->list[i] = list[i];
	return layer;
}

static const char *origin_of(struct shaping *shaping, const char *name, bool shipped)
{
	return shipped ? arena_format(&shaping->arena, "shipped: %s", name).at
		       : shaping->local_path;
}

static void add_default(struct shaping *shaping, struct config_reading *reading,
	const struct config_rule *rule, bool shipped)
{
	struct layer *layer = make_layer(shaping, reading, rule, SCOPE_SITE, shipped);

	layer->origin = origin_of(shaping, "default", shipped);
	shaping_add_reactions(shaping, reading, rule, layer, REACTION_SITE);
	*(shipped ? &shaping->shipped_default : &shaping->local_default) = layer;
}

static struct slice lower(struct arena *arena, const char *text)
{
	char *copy = arena_copy_text(arena, slice_of(text));

	for (char *c = copy; *c; c++)
		*c = ascii_lower(*c);
	return slice_of(copy);
}

/* The provider's hosts instead of those it had before: of the shipped file. */
static void add_hosts(struct shaping *shaping, struct config_reading *reading,
	const struct config_rule *rule, struct provider *provider)
{
	struct map_cursor cursor = {0};
	struct slice key;
	void *value;

	while (provider->shipped && provider->local &&
		map_next(&shaping->hosts, &cursor, &key, &value))
		if (value == provider)
			map_remove(&shaping->hosts, key);
	for (size_t i = 0; i < rule->mx.count; i++) {
		struct slice name = lower(reading->scratch, rule->mx.at[i]);
		const struct provider *other;

		if (slice_starts(name, SLICE("*")))
			name = slice_from(name, 1);
		other = map_set(&shaping->hosts, name, provider);
		/* A local provider may take a pattern from a shipped one. */
		if (other && (other->local || !provider->local))
			config_error(reading->errors,
				config_reading_mark(
					reading, &rule->mx.at[i], rule->mark),
				"mx: \"%s\" is of provider \"%s\" already; allowed: of "
				"one",
				rule->mx.at[i], other->name);
	}
}

static void add_provider(struct shaping *shaping, struct config_reading *reading,
	const struct config_rule *rule, bool shipped)
{
	struct slice name = slice_of(rule->name);
	struct provider *provider = map_find(&shaping->providers, name);
	struct layer *layer = make_layer(
		shaping, reading, rule, SCOPE_PROVIDER, shipped);

	if (!provider) {
		provider = ARENA_NEW(&shaping->arena, struct provider);
		provider->name = arena_copy_text(&shaping->arena, name);
		map_set(&shaping->providers, name, provider);
		if (rule->mx.count == 0)
			config_error(reading->errors, rule->mark,
				"\"%s\" is no provider of the built-in rules, and mx "
				"is missing; allowed: with mx, the names of its "
				"servers",
				rule->name);
	}
	if (shipped ? provider->shipped : provider->local) {
		config_error(reading->errors, rule->mark,
			"provider \"%s\" again; allowed: once", rule->name);
		return;
	}
	*(shipped ? &provider->shipped : &provider->local) = layer;
	layer->origin = origin_of(shaping, rule->name, shipped);
	shaping_add_reactions(shaping, reading, rule, layer, REACTION_PROVIDER);
	if (rule->mx.count)
		add_hosts(shaping, reading, rule, provider);
}

static void add_domain(struct shaping *shaping, struct config_reading *reading,
	const struct config_rule *rule, bool shipped)
{
	struct layer *layer = make_layer(shaping, reading, rule, SCOPE_DOMAIN, shipped);

	layer->origin = origin_of(shaping, rule->domain, shipped);
	shaping_add_reactions(shaping, reading, rule, layer, REACTION_DOMAIN);
	if (map_set(&shaping->domains, slice_of(rule->domain), layer))
		config_error(reading->errors, rule->mark,
			"domain \"%s\" again; allowed: once", rule->domain);
}

void shaping_add(struct shaping *shaping, struct config_reading *reading,
	const struct config_rules *rules, bool shipped)
{
	add_default(shaping, reading, &rules->fallback, shipped);
	/* One without a name was complained about. */
	for (size_t i = 0; i < rules->provider_count; i++)
		if (rules->providers[i].name)
			add_provider(shaping, reading, &rules->providers[i], shipped);
	for (size_t i = 0; i < rules->domain_count; i++)
		if (rules->domains[i].domain)
			add_domain(shaping, reading, &rules->domains[i], shipped);
}

static void add_setting(struct setting *list, size_t *count,
	const struct config *config, unsigned place, const void *member)
{
	list[(*count)++] = (struct setting){
		.place = place,
		.line = config_mark_of(config, member).line,
		.value = place == PLACE_TLS ? *(const enum config_tls_level *)member
					    : *(const uint64_t *)member,
	};
}

#define SITE(period) (SCOPE_SITE * SHAPING_LIMITS + 5 + (period))

void shaping_add_relay(struct shaping *shaping)
{
	const struct config *config = shaping->config;
	const struct config_relay *relay = &config->relay;
	struct layer *layer = &shaping->relay;
	struct setting *list = arena_take_array(
		&shaping->arena, SHAPING_PLACES, sizeof(*list));

	layer->origin = config->path;
	layer->list = list;
	add_setting(list, &layer->count, config, SCOPE_SITE * SHAPING_LIMITS,
		&relay->connections);
	add_setting(list, &layer->count, config, SITE(PER_SECOND),
		&relay->messages_per_second);
	add_setting(list, &layer->count, config, PLACE_MESSAGES_PER_CONNECTION,
		&relay->messages_per_connection);
	add_setting(list, &layer->count, config, PLACE_AHEAD, &relay->ahead);
	add_setting(list, &layer->count, config, PLACE_IDLE, &relay->idle_ms);
	add_setting(list, &layer->count, config, PLACE_TLS, &relay->tls);
}

size_t shaping_route_settings(const struct config *config,
	const struct config_route *route, struct setting list[SHAPING_PLACES])
{
	size_t count = 0, written = 0;

	add_setting(
		list, &count, config, SCOPE_SITE * SHAPING_LIMITS, &route->connections);
	add_setting(
		list, &count, config, SITE(PER_SECOND), &route->messages_per_second);
	add_setting(list, &count, config, PLACE_MESSAGES_PER_CONNECTION,
		&route->messages_per_connection);
	add_setting(list, &count, config, PLACE_AHEAD, &route->ahead);
	add_setting(list, &count, config, PLACE_TLS, &route->tls);
	for (size_t i = 0; i < count; i++)
		if (list[i].line)
			list[written++] = list[i];
	return written;
}
