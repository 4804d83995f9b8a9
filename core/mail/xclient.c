/* The attributes of XCLIENT; see xclient.h. */
#include "mail/xclient.h"

#include "base/config_network.h"
#include "mail/text.h"
#include "mail/xtext.h"

#define NAME_SIZE_MAX  255
#define LOGIN_SIZE_MAX 255
#define ADDRESS_TEXT   64

struct attribute {
	struct slice name;
	unsigned bit;
	bool (*read)(struct xclient *xclient, struct slice value);
};

static bool read_name(struct xclient *xclient, struct slice value);
static bool read_helo(struct xclient *xclient, struct slice value);
static bool read_login(struct xclient *xclient, struct slice value);
static bool read_address(struct xclient *xclient, struct slice value);
static bool read_port(struct xclient *xclient, struct slice value);
static bool read_protocol(struct xclient *xclient, struct slice value);
static bool read_local_address(struct xclient *xclient, struct slice value);
static bool read_local_port(struct xclient *xclient, struct slice value);

static const struct attribute attributes[] = {
	{{"NAME", 4}, XCLIENT_NAME, read_name},
	{{"ADDR", 4}, XCLIENT_ADDR, read_address},
	{{"PORT", 4}, XCLIENT_PORT, read_port},
	{{"PROTO", 5}, XCLIENT_PROTO, read_protocol},
	{{"HELO", 4}, XCLIENT_HELO, read_helo},
	{{"LOGIN", 5}, XCLIENT_LOGIN, read_login},
	{{"DESTADDR", 8}, XCLIENT_DESTADDR, read_local_address},
	{{"DESTPORT", 8}, XCLIENT_DESTPORT, read_local_port},
};

#define ATTRIBUTES (sizeof(attributes) / sizeof(attributes[0]))

static const struct attribute *find(struct slice name)
{
	for (size_t i = 0; i < ATTRIBUTES; i++)
		if (slice_equal_nocase(name, attributes[i].name))
			return &attributes[i];
	return NULL;
}

static bool is_unknown(struct slice value)
{
	return slice_equal_nocase(value, SLICE("[UNAVAILABLE]")) ||
	       slice_equal_nocase(value, SLICE("[TEMPUNAVAIL]"));
}

bool xclient_parse(struct slice argument, struct arena *arena,
	struct xclient *xclient_r, struct reply *refusal_r)
{
	struct xclient xclient = {0};
	unsigned seen = 0;

	*refusal_r = REPLY(501, 5, 5, 4, "Syntax: XCLIENT attribute=value ...");
	if (argument.size == 0)
		return false;
	while (argument.size > 0) {
		struct slice value = slice_cut(&argument, ' '), decoded;
		struct slice name = slice_cut(&value, '=');
		const struct attribute *attribute = find(name);

		if (name.size == 0 && !value.at)
			continue; /* two spaces */
		if (!attribute || !value.at || (seen & attribute->bit) ||
			!xtext_decode_in(arena, value, &decoded))
			return false;
		seen |= attribute->bit;
		/* Of nobody's address there is nothing to decide by. */
		if (is_unknown(decoded) && attribute->bit != XCLIENT_ADDR)
			continue;
		if (!attribute->read(&xclient, decoded))
			return false;
		xclient.given |= attribute->bit;
	}
	*xclient_r = xclient;
	return true;
}

/* What could stand in a Received field. */
static bool is_host(struct slice value)
{
	if (value.size == 0 || value.size > NAME_SIZE_MAX)
		return false;
	for (size_t i = 0; i < value.size; i++) {
		char c = value.at[i];

		if (!ascii_is_alnum(c) && c != '.' && c != '-' && c != '_' &&
			c != ':' && c != '[' && c != ']')
			return false;
	}
	return true;
}

static bool read_name(struct xclient *xclient, struct slice value)
{
	xclient->name = value;
	return is_host(value);
}

static bool read_helo(struct xclient *xclient, struct slice value)
{
	xclient->helo = value;
	return is_host(value);
}

static bool read_login(struct xclient *xclient, struct slice value)
{
	xclient->login = value;
	return value.size > 0 && value.size <= LOGIN_SIZE_MAX && text_is_utf8(value);
}

/* "192.0.2.1", "IPV6:2001:db8::1". */
static bool parse_address(struct slice value, uint8_t address_r[16])
{
	char text[ADDRESS_TEXT];

	if (slice_starts_nocase(value, SLICE("IPV6:")))
		value = slice_from(value, 5);
	return slice_to_text(value, text, sizeof(text)) &&
	       config_address_parse(text, address_r);
}

static bool parse_port(struct slice value, uint16_t *port_r)
{
	uint64_t port;

	if (!slice_to_u64(value, &port) || port > UINT16_MAX)
		return false;
	*port_r = (uint16_t)port;
	return true;
}

static bool read_address(struct xclient *xclient, struct slice value)
{
	return parse_address(value, xclient->address);
}

static bool read_port(struct xclient *xclient, struct slice value)
{
	return parse_port(value, &xclient->port);
}

static bool read_protocol(struct xclient *xclient, struct slice value)
{
	xclient->extended = slice_equal_nocase(value, SLICE("ESMTP"));
	return xclient->extended || slice_equal_nocase(value, SLICE("SMTP"));
}

static bool read_local_address(struct xclient *xclient, struct slice value)
{
	return parse_address(value, xclient->local_address);
}

static bool read_local_port(struct xclient *xclient, struct slice value)
{
	return parse_port(value, &xclient->local_port);
}
