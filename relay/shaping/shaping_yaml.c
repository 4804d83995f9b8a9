/* What may be written in a shaping file: its schema, and reading it. */
#include "shaping/shaping_yaml.h"

#include "base/config_rows.h"

#define RULES_MAX     200000
#define REACTIONS_MAX 200 /* of one rule */

static const char *const tls_levels[] = {"none", "may", "must", "verify", NULL};
static const char *const actions[] = {"none", "suspend", "connections",
	"messages_per_second", "messages_per_minute", "messages_per_hour",
	"messages_per_day", "messages_per_connection", NULL};
static const char *const scopes[] = {
	"site", "provider", "domain", "source", "tenant", NULL};

static bool is_domain(const char *text);
static bool is_after(const char *text);

/* clang-format off */
#define LIMIT(key) \
	{KEY(key, CONFIG_NUMBER, limits.key, uint64_t, NULL), .most = 1000000000}
#define LIMITS                                                               \
	LIMIT(connections),                                                  \
	LIMIT(connections_per_second), LIMIT(connections_per_minute),        \
	LIMIT(connections_per_hour), LIMIT(connections_per_day),             \
	LIMIT(messages_per_second), LIMIT(messages_per_minute),              \
	LIMIT(messages_per_hour), LIMIT(messages_per_day)
#define MANNER                                                               \
	{KEY(messages_per_connection, CONFIG_NUMBER,                         \
		manner.messages_per_connection, uint64_t, NULL),             \
		.most = 1000000},                                            \
	{KEY(recipients_per_message, CONFIG_NUMBER,                          \
		manner.recipients_per_message, uint64_t, NULL),              \
		.most = 100000},                                             \
	{KEY(ahead, CONFIG_NUMBER, manner.ahead, uint64_t, NULL),            \
		.least = 1, .most = 64},                                     \
	{KEY(idle, CONFIG_DURATION, manner.idle_ms, int64_t, NULL),          \
		.most = 1 * HOUR},                                           \
	{KEY(tls, CONFIG_CHOICE, manner.tls, enum config_tls_level, NULL),   \
		.words = tls_levels},                                        \
	{ITEMS(react, react, reaction, REACTIONS_MAX)}
/* clang-format on */

#define OBJECT struct config_match
static const struct config_key match_keys[] = {
	{TEXT(code, NULL, config_form_reply_code, "421, or its first digits: 4, 42")},
	{TEXT(enhanced, NULL, config_form_enhanced,
		"4.7.28, or its first parts: 4.7, 4")},
	{TEXT(text, NULL, config_form_pattern,
		"a regular expression of up to 1000 characters")},
};
#undef OBJECT
static const struct config_section match_section = {"match", KEYS(match_keys), 0};

#define OBJECT struct config_recover
static const struct config_key recover_keys[] = {
	{NUMBER(connections, NULL, 1, 100000)},
	{NUMBER(add, NULL, 1, 1000000)},
	{NUMBER(times, NULL, 2, 100)},
	{NUMBER(steps, "10", 1, 1000)},
	{DURATION(every, NULL, 1 * SECOND, 7 * DAY)},
};
#undef OBJECT
static const struct config_section recover_section = {"recover", KEYS(recover_keys), 0};

#define OBJECT struct config_reaction
static const struct config_key reaction_keys[] = {
	{TEXT(name, NULL, config_form_rule_name, "a word of letters, digits, - . _ and /")},
	{SECTION(match)},
	{REQUIRED, CHOICE(action, enum config_action, NULL, actions)},
	{NUMBER(to, NULL, 1, 1000000000)},
	{DURATION(for, NULL, 1 * SECOND, 30 * DAY)},
	{TEXT(after, NULL, is_after, "a number of replies and a time: 3 in 1h")},
	{CHOICE(scope, enum reaction_scope, NULL, scopes)},
	{SECTION(recover)},
};
#undef OBJECT
static const struct config_section reaction_section = {
	"a reaction", KEYS(reaction_keys), sizeof(struct config_reaction)};

#define OBJECT struct config_site
static const struct config_key site_keys[] = {LIMITS};
#undef OBJECT
static const struct config_section site_section = {"site", KEYS(site_keys), 0};

#define OBJECT struct config_rule
static const struct config_key default_keys[] = {LIMITS, MANNER};
static const struct config_key provider_keys[] = {
	{REQUIRED, NAME(name, NULL, config_form_rule_name,
			   "a word of letters, digits, - . _ and /")},
	{TEXTS(mx, 1000, config_form_mx,
		"names of mail servers, such as mx.example.com, or \"*.example.com\" "
		"for all below it")},
	LIMITS,
	{SECTION(site)},
	MANNER,
};
static const struct config_key domain_keys[] = {
	{REQUIRED, NAME(domain, NULL, is_domain,
			   "example.com, or \".example.com\" for all below it")},
	LIMITS,
	MANNER,
};
#undef OBJECT
static const struct config_section default_section = {"default", KEYS(default_keys), 0};
static const struct config_section provider_section = {
	"a provider", KEYS(provider_keys), sizeof(struct config_rule)};
static const struct config_section domain_section = {
	"a domain", KEYS(domain_keys), sizeof(struct config_rule)};

#define OBJECT struct config_rules
static const struct config_key file_keys[] = {
	{KEY(default, CONFIG_SECTION, fallback, struct config_rule, NULL),
		.section = &default_section},
	{KEY(providers, CONFIG_ITEMS, providers, struct config_rule *, NULL),
		.count_offset = AT(provider_count, size_t),
		.section = &provider_section, .most = RULES_MAX},
	{KEY(domains, CONFIG_ITEMS, domains, struct config_rule *, NULL),
		.count_offset = AT(domain_count, size_t), .section = &domain_section,
		.most = RULES_MAX},
};
#undef OBJECT
static const struct config_section file_section = {"the top level", KEYS(file_keys), 0};

void shaping_yaml_read(
	struct config_reading *reading, struct slice text, struct config_rules *rules)
{
	config_read_object(reading, &file_section, text, rules);
}

static bool is_domain(const char *text)
{
	return *text != '*' && config_form_route_domain(text);
}

static bool is_after(const char *text)
{
	uint64_t count;
	int64_t within_ms;

	return shaping_parse_after(text, &count, &within_ms);
}
