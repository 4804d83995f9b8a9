/* Which addresses mail leaves from, as the configuration has them. */
#include "gate/addresses.h"

#include "base/arena.h"
#include "base/buffer.h"

#include "../base/config_check.h"

/* Their texts with spaces between. */
static void check_list(const struct gate_addresses *addresses, const char *wanted)
{
	struct arena arena = {0};
	struct slice all = SLICE_EMPTY;

	for (size_t i = 0; i < addresses->count; i++)
		all = arena_format(&arena, "%.*s%s%s", SLICE_PRINT(all), i ? " " : "",
			addresses->list[i].text);
	CHECK_SLICE(all, wanted);
	arena_finish(&arena);
}

CASE("those written are all there are, private ones too")
{
	struct config *config = config_of(
		BEGINNING "gate: { addresses: [192.0.2.1, \"2001:db8::1\", 10.0.0.1, "
			  "192.0.2.1] }\n"
			  "sources: [{ name: a, address: 192.0.2.9 }]\n");
	struct gate_addresses addresses;

	if (!config)
		return;
	addresses_find(config, &addresses);
	CHECK(addresses.from == ADDRESSES_WRITTEN);
	check_list(&addresses, "192.0.2.1 2001:db8::1 10.0.0.1");
	CHECK_NUMBER(addresses.usual, 7);
	CHECK_NUMBER(addresses_of(&addresses, config, SLICE("x"), SLICE("bulk")), 7);
	addresses_finish(&addresses);
	config_release(&config);
}

CASE("sources, and the pools that tenants, streams and the relay have")
{
	struct config *config = config_of(BEGINNING
		"relay: { pool: every }\n"
		"sources:\n"
		"- { name: a, address: 192.0.2.1, address6: \"2001:db8::1\" }\n"
		"- { name: b, address: 192.0.2.2, ehlo: b.example.com }\n"
		"- { name: c, address: 10.0.0.3 }\n"
		"- { name: d, address: 192.0.2.4 }\n"
		"pools:\n"
		"- { name: every, members: [{ source: a }] }\n"
		"- { name: more, members: [{ source: b }, { source: c }], overflow: "
		"last }\n"
		"- { name: last, members: [{ source: d }] }\n"
		"tenants: [{ name: acme, pool: more }, { name: other }]\n"
		"streams: [{ name: bulk, pool: last }, { name: fast }]\n");
	struct gate_addresses addresses;

	if (!config)
		return;
	addresses_find(config, &addresses);
	CHECK(addresses.from == ADDRESSES_SOURCES && addresses.hidden);
	check_list(&addresses, "192.0.2.1 2001:db8::1 192.0.2.2 192.0.2.4");
	CHECK_SLICE(slice_of(addresses.list[0].ehlo), "mail.example.com");
	CHECK_SLICE(slice_of(addresses.list[2].ehlo), "b.example.com");
	CHECK_NUMBER(addresses_of(&addresses, config, SLICE_EMPTY, SLICE_EMPTY), 3);
	CHECK_NUMBER(
		addresses_of(&addresses, config, SLICE("other"), SLICE("fast")), 3);
	CHECK_NUMBER(
		addresses_of(&addresses, config, SLICE("other"), SLICE("bulk")), 8);
	CHECK_NUMBER(
		addresses_of(&addresses, config, SLICE("acme"), SLICE("bulk")), 12);
	addresses_finish(&addresses);
	config_release(&config);
}

CASE("a family that is not used does not count")
{
	struct config *config = config_of(
		BEGINNING "relay: { ipv6: false }\n"
			  "sources: [{ name: a, address: 192.0.2.1, address6: "
			  "\"2001:db8::1\" }]\n");
	struct gate_addresses addresses;

	if (!config)
		return;
	addresses_find(config, &addresses);
	check_list(&addresses, "192.0.2.1");
	CHECK(!addresses.hidden);
	addresses_finish(&addresses);
	config_release(&config);
}

CASE("where a route hands all mail to a host, nobody here knows")
{
	struct config *config = config_of(BEGINNING
		"sources: [{ name: a, address: 192.0.2.1 }]\n"
		"routes: [{ domain: x.test, host: a.test }, { domain: \"*\", host: "
		"smtp.example.net }]\n");
	struct config *other = config_of(BEGINNING
		"sources: [{ name: a, address: 192.0.2.1 }]\n"
		"routes: [{ domain: x.test, host: a.test }, { domain: \"*\" }]\n");
	struct gate_addresses addresses;

	if (!config || !other)
		return;
	addresses_find(config, &addresses);
	CHECK(addresses.from == ADDRESSES_ROUTE && addresses.hidden);
	CHECK_NUMBER(addresses.count, 0);
	CHECK_NUMBER(addresses_of(&addresses, config, SLICE_EMPTY, SLICE_EMPTY), 0);
	addresses_finish(&addresses);
	addresses_find(other, &addresses);
	check_list(&addresses, "192.0.2.1");
	addresses_finish(&addresses);
	config_release(&config);
	config_release(&other);
}

CASE("without sources this machine's own: no private one among them")
{
	struct config *config = config_of(BEGINNING);
	struct gate_addresses addresses;

	if (!config)
		return;
	addresses_find(config, &addresses);
	CHECK(addresses.from == ADDRESSES_MACHINE);
	CHECK(addresses.count <= 2);
	for (size_t i = 0; i < addresses.count; i++)
		CHECK(!config_address_is_private(addresses.list[i].ip.s6_addr));
	addresses_finish(&addresses);
	config_release(&config);
}

CASE("more than can be looked at are counted")
{
	struct buffer text = {0};
	struct gate_addresses addresses;
	struct config *config;

	buffer_append(&text, SLICE(BEGINNING "sources:\n"));
	for (unsigned i = 0; i < 70; i++)
		buffer_append_format(
			&text, "- { name: s%u, address: 192.0.2.%u }\n", i, i);
	buffer_append_byte(&text, 0);
	config = config_of(text.bytes + text.start);
	if (config) {
		addresses_find(config, &addresses);
		CHECK_NUMBER(addresses.count, ADDRESSES_MAX);
		CHECK_NUMBER(addresses.left_out, 6);
		CHECK(addresses.usual == UINT64_MAX);
		addresses_finish(&addresses);
	}
	config_release(&config);
	buffer_finish(&text);
}

CHECK_MAIN()
