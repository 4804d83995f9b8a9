/* The schema's rows for sources and pools. */
#include "base/config_rows.h"
#include "base/config_sources.h"

#define NAME_ALLOWED "a word of letters, digits, dots and hyphens, such as east-1"

#define OBJECT struct config_limits
static const struct config_key limits_keys[] = {
	{NUMBER(connections, "0", 0, 1000000)},
	{NUMBER(messages_per_second, "0", 0, 1000000)},
	{NUMBER(messages_per_minute, "0", 0, 100000000)},
	{NUMBER(messages_per_hour, "0", 0, 1000000000)},
	{NUMBER(messages_per_day, "0", 0, 100000000000)},
};
#undef OBJECT

#define OBJECT struct config_warmup
static const struct config_key warmup_keys[] = {
	{NAME(provider, NULL, config_form_word,
		"a provider's name as the shaping rules have it, such as google")},
	{TEXTS(messages, 1000, config_form_count,
		"the messages of each day, such as [50, 100, 200]")},
	{NUMBER(start, "0", 0, 1000000000)},
	{TEXT(factor, "1.4", config_form_factor,
		"a number from 1 to 10 with up to three decimals, such as 1.4")},
	{NUMBER(days, "0", 0, 1000)},
	{TEXT(from, NULL, config_form_date, "a date such as 2026-11-21")},
	{DURATION(spread, "8h", 0, 1 * DAY)},
};
#undef OBJECT

const struct config_section limits_section = {"limits", KEYS(limits_keys), 0};
static const struct config_section warmup_section = {
	"a warm-up schedule", KEYS(warmup_keys), sizeof(struct config_warmup)};

#define OBJECT struct config_source
static const struct config_key source_keys[] = {
	{REQUIRED, NAME(name, NULL, config_form_word, NAME_ALLOWED)},
	{TEXT(address, NULL, config_form_ipv4, "an IPv4 address such as 192.0.2.1")},
	{TEXT(address6, NULL, config_form_ipv6,
		"an IPv6 address in quotes, such as \"2001:db8::1\"")},
	{NAME(ehlo, NULL, config_form_hostname,
		"a full host name such as out1.example.com")},
	{TEXT(proxy, NULL, config_form_some,
		"socks5://host:port, socks5://user@host:port or haproxy://host:port")},
	{PATH(proxy_password_file, NULL)},
	{SECTION(limits)},
	{ITEMS(warmup, warmup, warmup, 100)},
};
#undef OBJECT

#define OBJECT struct config_pool_member
static const struct config_key pool_member_keys[] = {
	{REQUIRED, NAME(source, NULL, config_form_word, "the name of a source")},
	{NUMBER(weight, "1", 1, 1000000)},
};
#undef OBJECT

static const struct config_section pool_member_section = {
	"a pool's member", KEYS(pool_member_keys), sizeof(struct config_pool_member)};

#define OBJECT struct config_pool
static const struct config_key pool_keys[] = {
	{REQUIRED, NAME(name, NULL, config_form_word, NAME_ALLOWED)},
	{REQUIRED, ITEMS(members, member, pool_member, 1000)},
	{NAME(overflow, NULL, config_form_word, "the name of a pool")},
};
#undef OBJECT

const struct config_section config_source_section = {
	"a source", KEYS(source_keys), sizeof(struct config_source)};
const struct config_section config_pool_section = {
	"a pool", KEYS(pool_keys), sizeof(struct config_pool)};
