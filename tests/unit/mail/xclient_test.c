/* XCLIENT's attributes. */
#include "mail/xclient.h"

#include "check.h"

static struct arena arena;

CASE("all there is, decoded")
{
	struct xclient x;
	struct reply refusal;

	CHECK(xclient_parse(
		SLICE("NAME=client.example ADDR=192.0.2.7 PORT=4711 PROTO=ESMTP "
		      "HELO=[192.0.2.7] LOGIN=a+2Bb@x.example "
		      "DESTADDR=IPV6:2001:db8::1 "
		      "DESTPORT=587"),
		&arena, &x, &refusal));
	CHECK_NUMBER(x.given, 255);
	CHECK_SLICE(x.name, "client.example");
	CHECK_SLICE(x.helo, "[192.0.2.7]");
	CHECK_SLICE(x.login, "a+b@x.example");
	CHECK(x.address[10] == 0xff && x.address[12] == 192 && x.address[15] == 7);
	CHECK(x.local_address[0] == 0x20 && x.local_address[15] == 1);
	CHECK(x.port == 4711 && x.local_port == 587 && x.extended);
	arena_reset(&arena);
}

CASE("what the proxy does not know is left out, any case, spaces")
{
	struct xclient x;
	struct reply refusal;

	CHECK(xclient_parse(
		SLICE("name=[UNAVAILABLE]  addr=ipv6:::1 helo=[tempunavail]"), &arena,
		&x, &refusal));
	CHECK_NUMBER(x.given, XCLIENT_ADDR);
	CHECK(x.address[15] == 1 && x.address[10] == 0);
	CHECK(xclient_parse(SLICE("LOGIN=[UNAVAILABLE]"), &arena, &x, &refusal));
	CHECK_NUMBER(x.given, 0);
	arena_reset(&arena);
}

CASE("what is malformed is refused")
{
	static const char *const rows[] = {"", "ADDR", "ADDR=", "=1", "FRUIT=apple",
		"ADDR=192.0.2.256", "ADDR=client.example", "ADDR=[UNAVAILABLE]",
		"ADDR=192.0.2.1 ADDR=192.0.2.1", "PORT=65536", "PORT=-1", "PORT=x",
		"PROTO=LMTP", "NAME=a+20b", "NAME=a+0Ab", "NAME=", "HELO=a(b)",
		"NAME=a+", "LOGIN=", "LOGIN=a+00b", "DESTADDR=x", "DESTPORT=99999",
		"NAME=[UNAVAILABLE] NAME=x"};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct xclient x;
		struct reply refusal = {.code = 0};

		CHECK(!xclient_parse(slice_of(rows[i]), &arena, &x, &refusal));
		CHECK_NUMBER(refusal.code, 501);
		arena_reset(&arena);
	}
}

CHECK_MAIN()
