/* Addresses, networks and endpoints. */
#include "base/config_network.h"
#include "base/memory.h"
#include "check.h"

CASE("networks: text, and what is inside")
{
	static const struct {
		const char *network, *address;
		bool inside;
	} table[] = {
		{"192.0.2.0/24", "192.0.2.255", true},
		{"192.0.2.0/24", "192.0.3.0", false},
		{"192.0.2.128/25", "192.0.2.127", false},
		{"127.0.0.1", "127.0.0.1", true},
		{"127.0.0.1", "127.0.0.2", false},
		{"0.0.0.0/0", "8.8.8.8", true},
		{"0.0.0.0/0", "2001:db8::1", false},
		{"::/0", "8.8.8.8", true},
		{"2001:db8::/33", "2001:db8:7fff::1", true},
		{"2001:db8::/33", "2001:db8:8000::1", false},
		{"::ffff:10.0.0.0/104", "10.1.2.3", true},
		{"::1", "::1", true},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct config_network network;
		uint8_t address[16];

		CHECK(config_network_parse(table[i].network, &network));
		CHECK(config_address_parse(table[i].address, address));
		if (!CHECK(config_network_contains(&network, address) ==
			    table[i].inside))
			fprintf(stderr, "%s %s\n", table[i].network, table[i].address);
	}
}

CASE("what is no network")
{
	static const char *const table[] = {"", "/", "10.0.0.0/", "10.0.0.0/33", "10/8",
		"10.0.0.1/8", "::1/127", "::/129", "::/-1", "x", "10.0.0.0/8/8",
		"[::]/0", "fe80::1%lo", "10.0.0.0/ 8", "010.0.0.0/8x"};
	struct config_network network;

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		if (!CHECK(!config_network_parse(table[i], &network)))
			fprintf(stderr, "%s\n", table[i]);
	}
}

CASE("endpoints: an address and a port")
{
	static const struct {
		const char *text;
		unsigned port_default;
		int port; /* -1: wrong */
	} table[] = {
		{"[::]:587", 0, 587},
		{"[2001:db8::1]:65535", 0, 65535},
		{"127.0.0.1:25", 0, 25},
		{"127.0.0.1:25", 53, 25},
		{"127.0.0.1", 53, 53},
		{"::1", 53, 53},
		{"[::1]", 53, 53},
		{"127.0.0.1", 0, -1},
		{"[::1]", 0, -1},
		{"::1", 0, -1},
		{"[::1]:", 53, -1},
		{"[::1]53", 53, -1},
		{"[::1", 53, -1},
		{"[127.0.0.1]:25", 0, -1},
		{"127.0.0.1:", 53, -1},
		{"127.0.0.1:0", 0, -1},
		{"127.0.0.1:65536", 0, -1},
		{"127.0.0.1:25x", 0, -1},
		{"localhost:25", 0, -1},
		{":25", 0, -1},
		{"*:25", 0, -1},
		{"", 53, -1},
		{"[]:25", 0, -1},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct config_endpoint endpoint = {.port = 0};
		bool good = config_endpoint_parse(
			table[i].text, table[i].port_default, &endpoint);

		if (!CHECK_NUMBER(good ? endpoint.port : -1, table[i].port))
			fprintf(stderr, "%s\n", table[i].text);
	}
}

CASE("loopback and private addresses")
{
	static const struct {
		const char *address;
		bool loopback, private;
	} table[] = {
		{"127.0.0.1", true, true},
		{"127.255.255.255", true, true},
		{"::1", true, true},
		{"::ffff:127.0.0.1", true, true},
		{"128.0.0.1", false, false},
		{"10.0.0.1", false, true},
		{"100.63.255.255", false, false},
		{"100.64.0.0", false, true},
		{"172.16.0.1", false, true},
		{"172.32.0.0", false, false},
		{"192.168.255.255", false, true},
		{"169.254.1.1", false, true},
		{"0.0.0.0", false, true},
		{"198.19.0.1", false, true},
		{"255.255.255.255", false, true},
		{"224.0.0.1", false, true},
		{"223.255.255.255", false, false},
		{"::", false, true},
		{"fd00::1", false, true},
		{"fe80::1", false, true},
		{"ff02::1", false, true},
		{"2001:db8::1", false, false},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		uint8_t address[16];

		CHECK(config_address_parse(table[i].address, address));
		if (!CHECK(config_address_is_loopback(address) == table[i].loopback) ||
			!CHECK(config_address_is_private(address) == table[i].private))
			fprintf(stderr, "%s\n", table[i].address);
	}
}

CHECK_MAIN()
