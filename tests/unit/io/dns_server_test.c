/* Addresses of DNS servers, and whose word counts. */
#include "io/dns_server.h"

#include "check.h"

CASE("addresses with a port and without")
{
	static const struct {
		const char *text;
		int family; /* 0: none */
		unsigned port;
	} table[] = {
		{"192.0.2.1", AF_INET, 53},
		{"192.0.2.1:5353", AF_INET, 5353},
		{"::1", AF_INET6, 53},
		{"[::1]", AF_INET6, 53},
		{"[::1]:5353", AF_INET6, 5353},
		{"2001:db8::1:53", AF_INET6, 53},
		{"192.0.2.1:", 0, 0},
		{"192.0.2.1:0", 0, 0},
		{"192.0.2.1:65536", 0, 0},
		{"192.0.2.1:dns", 0, 0},
		{"192.0.2.1:5353 ", 0, 0},
		{"192.0.2", 0, 0},
		{"[192.0.2.1]", 0, 0},
		{"[::1", 0, 0},
		{"[::1]5353", 0, 0},
		{"[]:53", 0, 0},
		{"fe80::1%lo", 0, 0},
		{"localhost", 0, 0},
		{"", 0, 0},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct dns_server server = {.family = 0};

		CHECK(dns_server_parse(table[i].text, &server) ==
			(table[i].family != 0));
		CHECK_NUMBER(server.family, table[i].family);
		CHECK_NUMBER(server.port, table[i].port);
	}
}

CASE("RFC 7672 2.1.3: only a resolver here, or one that is listed, is believed")
{
	static const struct {
		const char *server, *listed;
		bool trusted;
	} table[] = {
		{"127.0.0.1", NULL, true},
		{"127.0.0.53", NULL, true},
		{"127.1.2.3:5353", NULL, true},
		{"[::1]:5353", NULL, true},
		{"127.0.0.11", NULL, false},
		{"127.0.0.11", "127.0.0.11", true},
		{"192.0.2.1", NULL, false},
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.0/24", true},
		{"192.0.2.1", "198.51.100.0/24", false},
		{"2001:db8::1", NULL, false},
		{"2001:db8::1", "2001:db8::/32", true},
		{"2001:db8::1", "192.0.2.0/24", false},
		{"10.0.0.1", NULL, false},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct config_network network;
		struct config_networks listed = {&network, 1};
		struct dns_server server;

		CHECK(dns_server_parse(table[i].server, &server));
		CHECK(!table[i].listed ||
			config_network_parse(table[i].listed, &network));
		CHECK_NUMBER(dns_server_is_trusted(server.family, server.bytes,
				     table[i].listed ? &listed : NULL),
			table[i].trusted);
	}
}

CHECK_MAIN()
