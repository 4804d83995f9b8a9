/*
 * A URL taken apart, strictly: what two parsers could read differently is
 * refused, for the one who checks the host is not the one who connects.
 */
#include "io/fetch_url.h"

#include <string.h>

#include "base/config_network.h"
#include "base/failure.h"
#include "io/dns_name.h"
#include "io/fetch.h"

static bool refuse(const char *why)
{
	return fail(FAILURE_DATA, "no URL to be used: %s", why);
}

/* Printable ASCII without what is never meant literally. */
static bool is_clean(struct slice text)
{
	for (size_t i = 0; i < text.size; i++)
		if (text.at[i] <= ' ' || text.at[i] > '~' ||
			strchr("\"<>\\^`{|}#", text.at[i]))
			return false;
	return true;
}

static bool take_scheme(struct slice *rest, struct fetch_url *url)
{
	static const struct slice secure = {"https://", 8}, plain = {"http://", 7};

	url->tls = slice_starts_nocase(*rest, secure);
	if (!url->tls && !slice_starts_nocase(*rest, plain))
		return false;
	*rest = slice_from(*rest, url->tls ? secure.size : plain.size);
	return true;
}

static bool parse_port(struct slice text, struct fetch_url *url)
{
	uint64_t port;

	if (!slice_to_u64(text, &port) || port == 0 || port > UINT16_MAX)
		return refuse("its port is none");
	url->port = (uint16_t)port;
	return true;
}

/* "[2001:db8::1]" */
static bool parse_ipv6(struct slice host, struct arena *arena, struct fetch_url *url)
{
	char text[64];

	host = slice_part(host, 1, host.size - 2);
	if (slice_index(host, ':') == host.size ||
		!slice_to_text(host, text, sizeof(text)) ||
		!config_address_parse(text, url->address))
		return refuse("its host is no address");
	url->is_address = true;
	url->host = arena_copy(arena, host);
	return true;
}

/* Some read "127.1" or "0x7f000001" as addresses: such names do not exist. */
static bool ends_in_number(struct slice name)
{
	struct slice last = slice_from(name, slice_index_last(name, '.') + 1);

	if (slice_index(name, '.') == name.size)
		last = name;
	return last.size && ascii_is_digit(last.at[0]);
}

static bool parse_host(struct slice host, struct arena *arena, struct fetch_url *url)
{
	char text[DNS_NAME_SIZE];
	struct slice name;

	if (slice_starts(host, SLICE("[")) && slice_ends(host, SLICE("]")))
		return parse_ipv6(host, arena, url);
	if (slice_to_text(host, text, sizeof(text)) &&
		slice_index(host, ':') == host.size &&
		config_address_parse(text, url->address)) {
		url->is_address = true;
		url->host = arena_copy(arena, host);
		return true;
	}
	for (size_t i = 0; i < host.size; i++)
		if (!ascii_is_alnum(host.at[i]) && !strchr("-._", host.at[i]))
			return refuse("its host is no name");
	if (!dns_name_normalise(host, text, &name) || ends_in_number(name))
		return refuse("its host is no name");
	url->host = arena_copy(arena, name);
	return true;
}

bool fetch_url_parse(struct slice text, struct arena *arena, struct fetch_url *url_r)
{
	struct fetch_url url = {.tls = true};
	struct slice rest = text, authority, host;
	size_t end, colon;

	if (text.size > FETCH_URL_MAX)
		return refuse("it is too long");
	if (!is_clean(text))
		return refuse("it has a character that no URL has");
	if (!take_scheme(&rest, &url))
		return refuse("it begins with neither https:// nor http://");
	end = slice_index(rest, '/');
	if (slice_index(rest, '?') < end)
		end = slice_index(rest, '?');
	authority = slice_part(rest, 0, end);
	rest = slice_from(rest, end);
	if (slice_index(authority, '@') < authority.size)
		return refuse("there is a user in it");
	colon = slice_index_last(authority, ':');
	host = authority;
	if (colon < authority.size && !slice_ends(authority, SLICE("]"))) {
		host = slice_part(authority, 0, colon);
		if (!parse_port(slice_from(authority, colon + 1), &url))
			return false;
	}
	if (!parse_host(host, arena, &url))
		return false;
	url.target = slice_starts(rest, SLICE("/"))
			     ? arena_copy(arena, rest)
			     : arena_format(arena, "/%.*s", SLICE_PRINT(rest));
	*url_r = url;
	return true;
}

struct slice fetch_url_print(const struct fetch_url *url, struct arena *arena)
{
	bool ipv6 = slice_index(url->host, ':') < url->host.size;
	unsigned port = url->port ? url->port : url->tls ? 443 : 80;

	return arena_format(arena, "%s://%s%.*s%s:%u%.*s", url->tls ? "https" : "http",
		ipv6 ? "[" : "", SLICE_PRINT(url->host), ipv6 ? "]" : "", port,
		SLICE_PRINT(url->target));
}
