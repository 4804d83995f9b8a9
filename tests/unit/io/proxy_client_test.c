/* Through proxies: SOCKS5 (RFC 1928, RFC 1929), the PROXY protocol's header. */
#include "io/proxy_client.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/failure.h"
#include "check.h"
#include "run/on_worker.h"

#define SOON	    deadline_after_ms(60000)
#define BYTES(text) slice_make(text, sizeof(text) - 1)

static const struct proxy_login nobody, me = {"me", "secret"};
static struct stream *ours, *theirs;

static struct sockaddr_in ipv4(const char *text, uint16_t port)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};

	inet_pton(AF_INET, text, &in.sin_addr);
	return in;
}

static struct sockaddr_in6 ipv6(const char *text, uint16_t port)
{
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

	inet_pton(AF_INET6, text, &in6.sin6_addr);
	return in6;
}

/* What the proxy answers is there before it is asked, which reads the same. */
static bool ask(struct slice answer, const struct sockaddr *address,
	const struct proxy_login *login, bool *broken_r)
{
	CHECK(stream_pair(65536, &ours, &theirs));
	stream_write(theirs, answer);
	CHECK(stream_flush(theirs, SOON));
	return proxy_socks5(ours, address, login, broken_r, deadline_after_ms(200));
}

static void check_said(struct slice wanted)
{
	struct slice said;

	stream_flush(ours, SOON);
	CHECK(stream_read(theirs, 4096, &said, SOON));
	CHECK(slice_equal(said, wanted));
	stream_close(&ours);
	stream_close(&theirs);
}

static void good(void *arg)
{
	struct sockaddr_in to = ipv4("192.0.2.1", 25);
	struct sockaddr_in6 to6 = ipv6("2001:db8::1", 25);
	struct slice rest;
	bool broken;

	CHECK(ask(BYTES("\5\0\5\0\0\1\x0a\0\0\1\x12\x34"
			"220 hello\r\n"),
		(struct sockaddr *)&to, &nobody, &broken));
	CHECK(stream_read_line(ours, 100, &rest, SOON));
	CHECK_SLICE(rest, "220 hello\r\n"); /* nothing of it is lost */
	check_said(BYTES("\5\1\0\5\1\0\1\xc0\0\2\1\0\x19"));
	CHECK(ask(BYTES("\5\2\1\0\5\0\0\3\4host\x12\x34"), (struct sockaddr *)&to6, &me,
		&broken));
	check_said(
		BYTES("\5\2\0\2\1\2me\6secret\5\1\0\4\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0"
		      "\0\0\1\0\x19"));
	/* Offered, and not wanted. */
	CHECK(ask(BYTES("\5\0\5\0\0\4"
			"0123456789abcdef"
			"\x12\x34"),
		(struct sockaddr *)&to, &me, &broken));
	check_said(BYTES("\5\2\0\2\5\1\0\1\xc0\0\2\1\0\x19"));
}

CASE("SOCKS5: with and without a login, to either family")
{
	on_worker(good, NULL);
}

static void cut(void *arg)
{
	struct slice answer = BYTES("\5\2\1\0\5\0\0\1\x0a\0\0\1\x12\x34");
	struct sockaddr_in to = ipv4("192.0.2.1", 25);

	for (size_t i = 0; i < answer.size; i++) {
		bool broken;

		CHECK(stream_pair(65536, &ours, &theirs));
		stream_write(theirs, slice_part(answer, 0, i));
		stream_flush(theirs, SOON);
		stream_close(&theirs);
		CHECK(!proxy_socks5(ours, (struct sockaddr *)&to, &me, &broken, SOON));
		CHECK(broken == (i < 4)); /* later it may be the target's */
		stream_close(&ours);
	}
}

CASE("SOCKS5: hung up at each byte")
{
	on_worker(cut, NULL);
}

static void bad(void *arg)
{
	static const struct {
		const char *answer;
		size_t size;
		bool broken;
		const char *text;
	} table[] = {
#define ROW(answer, broken, text) {answer, sizeof(answer) - 1, broken, text}
		ROW("\4\0", true, "the proxy does not speak SOCKS5"),
		ROW("220 hello\r\n", true, "the proxy does not speak SOCKS5"),
		ROW("\5\xff", true, "the SOCKS5 proxy wants another login"),
		ROW("\5\1", true,
			"the SOCKS5 proxy chose a login that was not offered"),
		ROW("\5\2\1\1", true,
			"the SOCKS5 proxy does not take our user and password"),
		ROW("\5\0\5\1\0\1", false, "the SOCKS5 proxy says: general failure"),
		ROW("\5\0\5\5\0\1", false, "the SOCKS5 proxy says: connection refused"),
		ROW("\5\0\5\x63\0\1", false, "the SOCKS5 proxy says: unknown reason"),
		ROW("\5\0\4\0\0\1", true, "the proxy does not speak SOCKS5"),
		ROW("\5\0\5\0\0\7", false,
			"the SOCKS5 proxy answers with an unknown kind of address"),
	};
	struct sockaddr_in to = ipv4("192.0.2.1", 25);

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		bool broken = !table[i].broken;

		CHECK(!ask(slice_make(table[i].answer, table[i].size),
			(struct sockaddr *)&to, &me, &broken));
		CHECK(broken == table[i].broken);
		CHECK_SLICE(slice_of(failure_last()->text), table[i].text);
		stream_close(&ours);
		stream_close(&theirs);
	}
}

CASE("SOCKS5: who is to blame")
{
	on_worker(bad, NULL);
}

static void header(void *arg)
{
	struct sockaddr_in from = ipv4("198.51.100.7", 0), to = ipv4("192.0.2.1", 25);
	struct sockaddr_in6 from6 = ipv6("2001:db8::7", 0);
	struct sockaddr_in6 to6 = ipv6("2001:db8::1", 25);

	CHECK(stream_pair(65536, &ours, &theirs));
	proxy_write_header(ours, (struct sockaddr *)&from, (struct sockaddr *)&to);
	check_said(BYTES("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc6\x33\x64\x07\xc0\0\2\1"
			 "\0\0\0\x19"));
	CHECK(stream_pair(65536, &ours, &theirs));
	proxy_write_header(ours, (struct sockaddr *)&from6, (struct sockaddr *)&to6);
	check_said(
		BYTES("\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x24\x20\1\x0d\xb8\0\0\0\0\0\0\0\0"
		      "\0\0\0\7\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\x19"));
}

CASE("the PROXY protocol's header, version 2")
{
	on_worker(header, NULL);
}

CHECK_MAIN()
