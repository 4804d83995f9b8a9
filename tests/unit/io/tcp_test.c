/* Sockets as streams: facts, connecting, both ends, half-closes, lingering. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/memory.h"
#include "check.h"
#include "io/stream.h"
#include "io/stream_layer.h"
#include "run/on_worker.h"

#define SOON deadline_after_ms(60000)

#define FIBER_CASE(title)                                     \
	static void CHECK_JOIN(body_, __LINE__)(void *arg);   \
	CASE(title)                                           \
	{                                                     \
		on_worker(CHECK_JOIN(body_, __LINE__), NULL); \
	}                                                     \
	static void CHECK_JOIN(body_, __LINE__)(void *arg)

/* Two streams, connected over loopback. */
static void connect_pair(struct stream **client_r, struct stream **server_r)
{
	struct sockaddr_in address;
	int fd = listen_on_loopback(1, &address);

	*client_r = stream_connect((struct sockaddr *)&address, NULL, SOON);
	CHECK(*client_r != NULL);
	*server_r = stream_from_socket(
		accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
	CHECK(*server_r != NULL);
	close(fd);
}

FIBER_CASE("the facts of both ends")
{
	struct stream *client, *server;
	static const unsigned char mapped[16] = {
		[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1};

	connect_pair(&client, &server);
	CHECK_SLICE(slice_of(stream_facts(server)->peer), stream_facts(client)->local);
	CHECK_SLICE(slice_of(stream_facts(client)->peer), stream_facts(server)->local);
	CHECK(slice_starts(slice_of(stream_facts(client)->peer), SLICE("127.0.0.1:")));
	CHECK_SLICE(slice_of(stream_facts(server)->peer_address), "127.0.0.1");
	CHECK(memcmp(stream_facts(server)->peer_bytes, mapped, 16) == 0);
	CHECK(stream_facts(server)->peer_is_loopback);
	CHECK(!stream_facts(server)->peer_is_ipv6);
	stream_close(&client);
	stream_close(&server);
}

static void check_facts(const char *text, const char *peer, const char *peer_address,
	bool is_ipv6, bool is_loopback)
{
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(25)};
	struct stream_facts facts = {0};

	CHECK(inet_pton(AF_INET6, text, &in6.sin6_addr) == 1);
	stream_facts_set_peer(&facts, (struct sockaddr *)&in6);
	CHECK_SLICE(slice_of(facts.peer), peer);
	CHECK_SLICE(slice_of(facts.peer_address), peer_address);
	CHECK(facts.peer_is_ipv6 == is_ipv6);
	CHECK(facts.peer_is_loopback == is_loopback);
	stream_facts_set_local(&facts, (struct sockaddr *)&in6);
	CHECK_SLICE(slice_of(facts.local), peer);
}

CASE("addresses as text: a mapped IPv4 address is one")
{
	check_facts("2001:db8::1", "[2001:db8::1]:25", "2001:db8::1", true, false);
	check_facts("::1", "[::1]:25", "::1", true, true);
	check_facts("::ffff:192.0.2.1", "192.0.2.1:25", "192.0.2.1", false, false);
	check_facts("::ffff:127.3.2.1", "127.3.2.1:25", "127.3.2.1", false, true);
	check_facts("2001:db8:1111:2222:3333:4444:5555:6666",
		"[2001:db8:1111:2222:3333:4444:5555:6666]:25",
		"2001:db8:1111:2222:3333:4444:5555:6666", true, false);
}

static void echo(void *arg)
{
	struct stream *stream = arg;
	struct slice got;

	while (stream_read(stream, 100000, &got, SOON))
		if (!stream_send(stream, &got, 1, SOON))
			break;
	stream_finish(&stream, SOON);
}

FIBER_CASE("lines and a megabyte there and back")
{
	struct stream *client, *server;
	struct slice got, pieces[64];
	struct scope scope;
	char *bytes = memory_allocate(1 << 20);
	size_t done = 0;

	for (size_t i = 0; i < 1 << 20; i++)
		bytes[i] = (char)(i % 251);
	for (size_t i = 0; i < 64; i++)
		pieces[i] = slice_make(bytes + i * 16384, 16384);
	connect_pair(&client, &server);
	scope_init(&scope);
	CHECK(scope_spawn(&scope, "echo", echo, server));
	for (int i = 0; i < 100; i++) {
		stream_write_format(client, "line %d\r\n", i);
		CHECK(stream_read_line(client, 100, &got, SOON));
		CHECK(slice_starts(got, SLICE("line ")));
	}
	CHECK(stream_send(client, pieces, 64, SOON));
	while (done < 1 << 20) {
		if (!CHECK(stream_read(client, 100000, &got, SOON)))
			break;
		CHECK(memcmp(got.at, bytes + done, got.size) == 0);
		done += got.size;
	}
	CHECK_NUMBER(stream_facts(client)->bytes_in, stream_facts(client)->bytes_out);
	stream_finish(&client, SOON);
	scope_finish(&scope, SOON);
	memory_free(bytes);
}

FIBER_CASE("an end in good order, and one that is not")
{
	struct stream *client, *server;
	struct slice got;

	connect_pair(&client, &server);
	stream_write(client, SLICE("last words"));
	stream_finish(&client, SOON);
	CHECK(stream_read(server, 100, &got, SOON));
	CHECK_SLICE(got, "last words");
	CHECK(!stream_read(server, 100, &got, SOON));
	CHECK_NUMBER(failure_kind_last(), FAILURE_CLOSED);
	stream_finish(&server, SOON);

	connect_pair(&client, &server);
	CHECK(!stream_read(server, 100, &got, deadline_after_ms(10)));
	CHECK_NUMBER(failure_kind_last(), FAILURE_TIMEOUT);
	stream_close(&server);
	CHECK(!stream_wait(client, SOON));
	CHECK_NUMBER(failure_kind_last(), FAILURE_CLOSED);
	stream_close(&client);
}

FIBER_CASE("a reset is a network failure, not an end")
{
	struct stream *client, *server;
	struct linger hard = {1, 0};
	struct sockaddr_in address;
	struct slice got;
	int fd = listen_on_loopback(1, &address), peer;

	client = stream_connect((struct sockaddr *)&address, NULL, SOON);
	peer = accept(fd, NULL, NULL);
	CHECK(setsockopt(peer, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)) == 0);
	close(peer);
	CHECK(!stream_read(client, 100, &got, SOON));
	CHECK_NUMBER(failure_kind_last(), FAILURE_NETWORK);
	CHECK_SLICE(
		slice_of(failure_last()->text), "receive: Connection reset by peer");
	stream_finish(&client, SOON);

	/* Gone before anybody looked. */
	client = stream_connect((struct sockaddr *)&address, NULL, SOON);
	peer = accept(fd, NULL, NULL);
	setsockopt(peer, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(peer);
	peer = dup(((struct {
		struct stream s;
		void *receiver;
		int fd;
	} *)client)
			   ->fd);
	server = stream_from_socket(peer);
	CHECK(!server);
	CHECK_NUMBER(failure_kind_last(), FAILURE_NETWORK);
	stream_close(&client);
	close(fd);
}

static void refuse_a_talker(void *arg)
{
	struct stream *stream = arg;
	struct slice got;

	CHECK(stream_read(stream, 10, &got, SOON));
	stream_write(stream, SLICE("421 enough\r\n"));
	stream_finish(&stream, SOON);
}

FIBER_CASE("the last reply reaches a peer that is still talking")
{
	struct stream *client, *server;
	struct slice got, talk;
	struct scope scope;
	char *bytes = memory_allocate(100000);

	connect_pair(&client, &server);
	scope_init(&scope);
	CHECK(scope_spawn(&scope, "refuse", refuse_a_talker, server));
	for (int i = 0; i < 5; i++) {
		talk = slice_make(bytes, 100000);
		CHECK(stream_send(client, &talk, 1, SOON));
		fiber_yield(SOON);
	}
	CHECK(stream_read_line(client, 100, &got, SOON));
	CHECK_SLICE(got, "421 enough\r\n");
	stream_close(&client);
	scope_finish(&scope, SOON);
	memory_free(bytes);
}

FIBER_CASE("connecting: refused, from an address, from one we do not have")
{
	struct sockaddr_in address, local;
	struct stream *client;
	char want[80];
	int fd = listen_on_loopback(1, &address);

	local = address;
	local.sin_port = 0;
	CHECK(inet_pton(AF_INET, "127.0.0.9", &local.sin_addr) == 1);
	client = stream_connect(
		(struct sockaddr *)&address, (struct sockaddr *)&local, SOON);
	CHECK(client && slice_starts(slice_of(stream_facts(client)->local),
				SLICE("127.0.0.9:")));
	stream_close(&client);

	CHECK(inet_pton(AF_INET, "192.0.2.1", &local.sin_addr) == 1);
	CHECK(!stream_connect(
		(struct sockaddr *)&address, (struct sockaddr *)&local, SOON));
	CHECK_NUMBER(failure_kind_last(), FAILURE_NETWORK);
	CHECK_SLICE(slice_of(failure_last()->text),
		"cannot send from 192.0.2.1:0: Cannot assign requested address");

	close(fd);
	CHECK(!stream_connect((struct sockaddr *)&address, NULL, SOON));
	CHECK_NUMBER(failure_kind_last(), FAILURE_NETWORK);
	snprintf(want, sizeof(want), "connect to 127.0.0.1:%u: Connection refused",
		ntohs(address.sin_port));
	CHECK_SLICE(slice_of(failure_last()->text), want);
}

FIBER_CASE("connecting takes no longer than its deadline")
{
	struct sockaddr_in address;
	int fd = listen_on_loopback(0, &address);
	struct stream *clients[8];
	int connected = 0;

	for (size_t i = 0; i < ARRAY_COUNT(clients); i++) {
		clients[i] = stream_connect(
			(struct sockaddr *)&address, NULL, deadline_after_ms(50));
		connected += clients[i] != NULL;
	}
	CHECK(connected < (int)ARRAY_COUNT(clients));
	CHECK_NUMBER(failure_kind_last(), FAILURE_TIMEOUT);
	for (size_t i = 0; i < ARRAY_COUNT(clients); i++)
		stream_close(&clients[i]);
	close(fd);
}

FIBER_CASE("small writes leave at once")
{
	struct stream *client, *server;
	socklen_t size = sizeof(int);
	int on = 0;

	connect_pair(&client, &server);
	CHECK(getsockopt(((struct {
		struct stream s;
		void *r;
		int fd;
	} *)client)
				 ->fd,
		      IPPROTO_TCP, TCP_NODELAY, &on, &size) == 0);
	CHECK_NUMBER(on, 1);
	stream_close(&client);
	stream_close(&server);
}

FIBER_CASE("a unix socket")
{
	char path[] = "/tmp/ringpost-tcp-test-XXXXXX";
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct stream *client, *server;
	struct slice got;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(mkdtemp(path) != NULL);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", path);
	CHECK(!stream_connect_unix(address.sun_path, SOON));
	CHECK(strstr(failure_last()->text, "/s: No such file or directory") != NULL);
	CHECK(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	CHECK(listen(fd, 5) == 0);
	client = stream_connect_unix(address.sun_path, SOON);
	server = stream_from_socket(accept4(fd, NULL, NULL, SOCK_NONBLOCK));
	if (CHECK(client && server)) {
		stream_write(client, SLICE("PING\r\n"));
		CHECK(stream_flush(client, SOON));
		CHECK(stream_read_line(server, 100, &got, SOON));
		CHECK_SLICE(got, "PING\r\n");
		CHECK(slice_starts(slice_of(stream_facts(client)->peer),
			SLICE("unix:/tmp/ringpost")));
		CHECK(stream_facts(server)->peer_is_loopback);
	}
	stream_close(&client);
	stream_close(&server);
	close(fd);
	unlink(address.sun_path);
	rmdir(path);
	CHECK(!stream_connect_unix(
		"/tmp/"
		"0123456789012345678901234567890123456789012345678901234567"
		"0123456789012345678901234567890123456789012345678901234567",
		SOON));
	CHECK_NUMBER(failure_kind_last(), FAILURE_CONFIG);
}

CHECK_MAIN()
