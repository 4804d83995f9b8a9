/* TLS over a pipe in memory: versions and keys, both directions, and every bad
 * end. */
#include <openssl/ssl.h>

#include "base/memory.h"
#include "check.h"
#include "io/stream_layer.h"
#include "io/tls_layer.h"
#include "material.h"
#include "meeting.h"

#define SOON deadline_after_ms(60000)

static const char *const kinds[] = {"ecdsa", "rsa", "ed25519"};

static void make_material(void)
{
	static bool made;

	if (made)
		return;
	made = true;
	material_make(&(struct material_wish){
		.name = "ecdsa", .names = "DNS:mx.example", .key = MATERIAL_ECDSA});
	material_make(&(struct material_wish){
		.name = "rsa", .names = "DNS:mx.example", .key = MATERIAL_RSA});
	material_make(&(struct material_wish){
		.name = "ed25519", .names = "DNS:mx.example", .key = MATERIAL_ED25519});
}

static void prepare(struct meeting *m, const char *kind)
{
	struct tls_pair pair;
	size_t which;

	make_material();
	pair = (struct tls_pair){
		material_path(kind, "pem"), material_path(kind, "key")};
	*m = (struct meeting){
		.server = tls_server_create(&pair, 1, "1.2", "smtp", &which),
		.client = tls_client_create(pair.certificate, "1.2"),
		.target = {.name = "mx.example", .verify = true, .alpn = "smtp"},
	};
	scope_init(&m->scope);
	CHECK(m->server && m->client);
}

static void clean(struct meeting *m)
{
	part(m);
	tls_server_release(&m->server);
	tls_client_release(&m->client);
}

static void check_talk(struct stream *from, struct stream *to, const char *text)
{
	struct slice line;

	stream_write_format(from, "%s\r\n", text);
	if (CHECK(stream_flush(from, SOON)) &&
		CHECK(stream_read_line(to, 1000, &line, SOON)))
		CHECK_SLICE(slice_trim_all(line), text);
}

FIBER_CASE("1.2 and 1.3, with each kind of key, verified")
{
	for (size_t i = 0; i < ARRAY_COUNT(kinds); i++)
		for (int old = 0; old < 2; old++) {
			const struct stream_facts *facts;
			struct meeting m;

			prepare(&m, kinds[i]);
			if (old)
				at_most_1_2(&m);
			meet(&m);
			if (!CHECK(m.client_end && m.server_end)) {
				fprintf(stderr, "%s %d: %s / %s\n", kinds[i], old,
					m.client_failure.text, m.server_failure.text);
				clean(&m);
				continue;
			}
			check_talk(m.client_end, m.server_end, "EHLO");
			check_talk(m.server_end, m.client_end, "250 ok");
			facts = stream_facts(m.server_end);
			CHECK_SLICE(slice_of(facts->tls_version),
				old ? "TLSv1.2" : "TLSv1.3");
			CHECK_SLICE(slice_of(facts->tls_name), "mx.example");
			CHECK(facts->encrypted && !facts->tls_resumed);
			CHECK(tls_is_1_3(m.server_end) == !old);
			CHECK_SLICE(slice_of(facts->peer), "memory");
			facts = stream_facts(m.client_end);
			CHECK(facts->tls_verified);
			CHECK_SLICE(slice_of(facts->tls_name), "mx.example");
			CHECK(facts->tls_cipher[0] != '\0');
			clean(&m);
		}
}

struct mover {
	struct stream *stream;
	size_t size, read_at_most;
};

static char pattern(size_t i)
{
	return (char)(i * 7 + i / 1000);
}

static void send_much(void *arg)
{
	struct mover *mover = arg;
	char *bytes = memory_allocate(mover->size);
	struct slice pieces[3];

	for (size_t i = 0; i < mover->size; i++)
		bytes[i] = pattern(i);
	pieces[0] = slice_make(bytes, 1000);
	pieces[1] = slice_make(bytes + 1000, mover->size / 2 - 1000);
	pieces[2] = slice_make(bytes + mover->size / 2, mover->size - mover->size / 2);
	CHECK(stream_send(mover->stream, pieces, 3, deadline_none()));
	memory_free(bytes);
}

static void receive_much(void *arg)
{
	struct mover *mover = arg;
	struct slice got;
	size_t done = 0, wrong = 0;

	while (done < mover->size &&
		CHECK(stream_read(
			mover->stream, mover->read_at_most, &got, deadline_none()))) {
		for (size_t i = 0; i < got.size; i++)
			wrong += got.at[i] != pattern(done + i);
		done += got.size;
		CHECK(mover->stream->outbox.capacity < 1000);
	}
	CHECK_NUMBER(wrong, 0);
	CHECK_NUMBER(done, mover->size);
}

/* SIZE bytes each way at the same time, through a pipe of LIMIT bytes. */
static void check_both_ways(size_t size, size_t limit, size_t read_at_most, int old)
{
	struct scope scope;
	struct meeting m;

	prepare(&m, "ecdsa");
	m.limit = limit;
	if (old)
		at_most_1_2(&m);
	meet(&m);
	scope_init(&scope);
	if (CHECK(m.client_end && m.server_end)) {
		struct mover a = {m.client_end, size, read_at_most};
		struct mover b = {m.server_end, size, read_at_most};

		scope_spawn(&scope, "send", send_much, &a);
		scope_spawn(&scope, "send", send_much, &b);
		scope_spawn(&scope, "receive", receive_much, &a);
		scope_spawn(&scope, "receive", receive_much, &b);
		scope_finish(&scope, deadline_none());
	}
	clean(&m);
}

FIBER_CASE("a megabyte both ways at once, slow readers, narrow pipes")
{
	check_both_ways(1 << 20, 1 << 20, 100000, 0);
	check_both_ways(1 << 20, 1 << 16, 100000, 1);
	check_both_ways(1 << 20, 5000, 100000, 0);
	check_both_ways(1 << 20, 1 << 20, 777, 0);
	check_both_ways(50000, 1, 100000, 0);
	check_both_ways(50000, 1, 10, 1);
}

FIBER_CASE("a reader that stops holds the writer back, not our memory")
{
	static char much[300000];
	struct slice all = slice_make(much, sizeof(much));
	struct meeting m;

	prepare(&m, "ecdsa");
	m.limit = 10000;
	meet(&m);
	CHECK(!stream_send(m.server_end, &all, 1, deadline_after_ms(1000)));
	CHECK_NUMBER(failure_kind_last(), FAILURE_TIMEOUT);
	CHECK(!stream_send(m.server_end, &all, 1, SOON));
	clean(&m);
}

FIBER_CASE("lines across records, looking ahead, and nothing held when idle")
{
	struct meeting m;
	struct slice line;
	struct tls *tls;

	prepare(&m, "ecdsa");
	m.step = 1;
	meet(&m);
	tls = tls_of(m.server_end);
	stream_send(m.client_end, &SLICE("MAIL FR"), 1, SOON);
	stream_send(m.client_end, &SLICE("OM:<>\r\nRCPT"), 1, SOON);
	stream_send(m.client_end, &SLICE(" TO:<a@b>\r\n"), 1, SOON);
	CHECK(stream_read_line(m.server_end, 100, &line, SOON));
	CHECK_SLICE(line, "MAIL FROM:<>\r\n");
	fiber_sleep(deadline_after_ms(10));
	CHECK(stream_has_line(m.server_end, 100));
	CHECK_SLICE(line, "MAIL FROM:<>\r\n");
	CHECK(stream_read_line(m.server_end, 100, &line, SOON));
	CHECK_SLICE(line, "RCPT TO:<a@b>\r\n");
	CHECK(!stream_wait(m.server_end, deadline_after_ms(10)));
	CHECK(stream_is_whole(m.server_end));
	CHECK(says(m.client_end, m.server_end, "RSET"));
	CHECK(!stream_wait(m.server_end, deadline_after_ms(10)));
	CHECK(list_is_empty(&tls->plain));
	CHECK(tls->lower->outbox.capacity <= 512);
	clean(&m);
}

FIBER_CASE("a TLS end in good order; nothing after it is read")
{
	struct slice got;

	for (int old = 0; old < 2; old++) {
		struct stream *lower;
		struct meeting m;

		prepare(&m, "ecdsa");
		if (old)
			at_most_1_2(&m);
		meet(&m);
		stream_write(m.client_end, SLICE("BDAT 100\r\nhalf of it"));
		stream_flush(m.client_end, SOON);
		/* close_notify, then plaintext on the same connection */
		SSL_shutdown(tls_of(m.client_end)->ssl);
		lower = tls_of(m.client_end)->lower;
		stream_write(lower, SLICE("QUIT\r\nMAIL FROM:<evil@example>\r\n"));
		stream_flush(lower, SOON);
		CHECK(stream_read_line(m.server_end, 1000, &got, SOON));
		CHECK_SLICE(got, "BDAT 100\r\n");
		CHECK(stream_read(m.server_end, 1000, &got, SOON));
		CHECK_SLICE(got, "half of it");
		CHECK(!stream_read(m.server_end, 1000, &got, SOON));
		CHECK_NUMBER(failure_kind_last(), FAILURE_CLOSED);
		CHECK(!stream_has_input(m.server_end));
		/* Our close_notify went back at once. */
		CHECK(!stream_read(m.client_end, 1000, &got, SOON));
		CHECK_NUMBER(failure_kind_last(), FAILURE_CLOSED);
		clean(&m);
	}
}

FIBER_CASE("finish says close_notify, both ways")
{
	struct slice got;
	struct meeting m;

	prepare(&m, "ecdsa");
	meet(&m);
	stream_write(m.server_end, SLICE("221 bye\r\n"));
	stream_finish(&m.server_end, SOON);
	CHECK(stream_read(m.client_end, 1000, &got, SOON));
	CHECK_SLICE(got, "221 bye\r\n");
	CHECK(!stream_read(m.client_end, 1000, &got, SOON));
	CHECK_NUMBER(failure_kind_last(), FAILURE_CLOSED);
	stream_finish(&m.client_end, SOON);
	clean(&m);
}

FIBER_CASE("a connection cut without an end of TLS is truncated")
{
	struct slice got;
	struct meeting m;

	prepare(&m, "ecdsa");
	meet(&m);
	stream_write(m.client_end, SLICE("all there\r\n"));
	stream_flush(m.client_end, SOON);
	stream_close(&m.client_end);
	CHECK(stream_read_line(m.server_end, 1000, &got, SOON));
	CHECK(!stream_read_line(m.server_end, 1000, &got, SOON));
	CHECK_NUMBER(failure_kind_last(), FAILURE_TLS);
	CHECK(strstr(failure_last()->text, "truncated") != NULL);
	clean(&m);
}

FIBER_CASE("garbage instead of a record, behind a good one")
{
	struct slice got;
	struct meeting m;

	prepare(&m, "ecdsa");
	meet(&m);
	stream_write(m.client_end, SLICE("good\r\n"));
	stream_flush(m.client_end, SOON);
	stream_send(
		tls_of(m.client_end)->lower, &SLICE("MAIL FROM:<x@y>\r\n"), 1, SOON);
	CHECK(stream_read_line(m.server_end, 1000, &got, SOON));
	CHECK_SLICE(got, "good\r\n");
	CHECK(!stream_has_input(m.server_end));
	CHECK(stream_is_whole(m.server_end));
	CHECK(!stream_read_line(m.server_end, 1000, &got, SOON));
	CHECK_NUMBER(failure_kind_last(), FAILURE_TLS);
	/* The other side hears of it as an alert. */
	CHECK(!stream_read_line(m.client_end, 1000, &got, SOON));
	CHECK_NUMBER(failure_kind_last(), FAILURE_TLS);
	CHECK(strstr(failure_last()->text, "the peer refused") != NULL);
	clean(&m);
}

FIBER_CASE("a changed byte anywhere in the handshake or after it")
{
	unsigned sessions = 0;

	for (int way = 0; way < 2; way++)
		for (size_t at = 1; at < 1500; at += 41) {
			struct slice got;
			struct meeting m;
			bool spoilt = false;

			prepare(&m, "ecdsa");
			m.step = 64;
			m.flip_at[way] = at;
			meet(&m);
			if (m.client_end && m.server_end) {
				stream_write(m.client_end, SLICE("x\r\n"));
				stream_write(m.server_end, SLICE("y\r\n"));
				stream_flush(m.client_end, SOON);
				stream_flush(m.server_end, SOON);
				spoilt = !stream_read(m.client_end, 10, &got, SOON);
				spoilt |= !stream_read(m.server_end, 10, &got, SOON);
				sessions += !spoilt;
			}
			/* Whole only if the byte was not reached. */
			CHECK(spoilt || !m.client_end || !m.server_end ||
				m.passed[way] <= at);
			clean(&m);
		}
	CHECK(sessions > 0);
}

FIBER_CASE(
	"a peer that falls silent at any byte of the handshake runs into the deadline")
{
	for (int old = 0; old < 2; old++)
		for (int way = 0; way < 2; way++)
			for (size_t after = 1; after < 1200; after += 53) {
				struct meeting m;

				prepare(&m, "ecdsa");
				if (old)
					at_most_1_2(&m);
				m.step = 64;
				m.stop_after[way] = after;
				meet(&m);
				CHECK(m.server_end ||
					m.server_failure.kind == FAILURE_TIMEOUT ||
					m.server_failure.kind == FAILURE_TLS);
				CHECK(m.client_end ||
					m.client_failure.kind == FAILURE_TIMEOUT ||
					m.client_failure.kind == FAILURE_TLS);
				clean(&m);
			}
}

FIBER_CASE("a peer that hangs up at any byte of the handshake")
{
	for (int way = 0; way < 2; way++)
		for (size_t after = 1; after < 300; after += 17) {
			struct meeting m;

			prepare(&m, "ecdsa");
			m.step = 64;
			m.cut = true;
			m.stop_after[way] = after;
			meet(&m);
			CHECK(!m.server_end || !m.client_end);
			if (way == TO_SERVER && !m.server_end)
				CHECK_SLICE(slice_of(m.server_failure.text),
					"TLS handshake: the peer closed the "
					"connection");
			clean(&m);
		}
}

FIBER_CASE("the handshake's own deadlines, one short, one long")
{
	struct meeting m;

	prepare(&m, "ecdsa");
	m.step = 64;
	m.stop_after[TO_CLIENT] = 100;
	m.client_ms = 1000;
	m.server_ms = 60000;
	meet(&m);
	CHECK(!m.client_end && !m.server_end);
	CHECK_NUMBER(m.client_failure.kind, FAILURE_TIMEOUT);
	clean(&m);
}

FIBER_CASE("plaintext slipped in behind STARTTLS is refused, both ways (RFC 3207 6)")
{
	struct meeting m;
	struct slice line;
	struct stream *a, *b, *upper;

	/* By the client's side: a command behind the command. */
	prepare(&m, "ecdsa");
	stream_pair(1000, &a, &b);
	stream_send(a, &SLICE("STARTTLS\r\nMAIL FROM:<evil@example>\r\n"), 1, SOON);
	CHECK(stream_read_line(b, 100, &line, SOON));
	stream_write(b, SLICE("220 go ahead\r\n"));
	upper = tls_accept(&b, m.server, SOON);
	CHECK(!upper && !b);
	CHECK_NUMBER(failure_kind_last(), FAILURE_PROTOCOL);
	stream_close(&a);
	/* The same in a line given back in part. */
	stream_pair(1000, &a, &b);
	stream_send(a, &SLICE("STARTT"), 1, SOON);
	stream_send(a, &SLICE("LS\r\n"), 1, SOON);
	CHECK(stream_read_line(b, 100, &line, SOON));
	stream_unread(b, 1);
	upper = tls_accept(&b, m.server, SOON);
	CHECK(!upper && !b);
	CHECK_NUMBER(failure_kind_last(), FAILURE_PROTOCOL);
	stream_close(&a);
	/* By the server's side: a reply behind the reply. */
	stream_pair(1000, &a, &b);
	stream_send(b, &SLICE("220 go ahead\r\n250 evil\r\n"), 1, SOON);
	CHECK(stream_read_line(a, 100, &line, SOON));
	upper = tls_connect(&a, m.client, &m.target, SOON);
	CHECK(!upper && !a);
	CHECK_NUMBER(failure_kind_last(), FAILURE_PROTOCOL);
	stream_close(&b);
	clean(&m);
}

FIBER_CASE("plaintext where TLS is due from the first byte is no TLS")
{
	struct meeting m;

	prepare(&m, "ecdsa");
	m.said[TO_SERVER] = "EHLO client.example\r\n";
	meet(&m);
	CHECK(!m.server_end);
	CHECK_NUMBER(m.server_failure.kind, FAILURE_TLS);
	CHECK_SLICE(slice_of(m.server_failure.text),
		"TLS handshake: the peer does not speak TLS here");
	clean(&m);
}

static void start_tls(void *arg)
{
	struct meeting *m = arg;
	struct slice line;

	CHECK(stream_read_line(m->server_end, 100, &line, SOON));
	stream_write(m->server_end, SLICE("220 go ahead\r\n"));
	m->server_end = tls_accept(&m->server_end, m->server, SOON);
	if (CHECK(m->server_end != NULL)) {
		CHECK(stream_read_line(m->server_end, 100, &line, SOON));
		CHECK_SLICE(line, "EHLO again\r\n");
	}
}

FIBER_CASE("STARTTLS as it should be: the 220 leaves with the handshake")
{
	struct scope scope;
	struct meeting m;
	struct slice line;

	prepare(&m, "ecdsa");
	scope_init(&scope);
	stream_pair(1000, &m.client_end, &m.server_end);
	CHECK(scope_spawn(&scope, "server", start_tls, &m));
	stream_write(m.client_end, SLICE("STARTTLS\r\n"));
	CHECK(stream_read_line(m.client_end, 100, &line, SOON));
	CHECK_SLICE(line, "220 go ahead\r\n");
	m.client_end = tls_connect(&m.client_end, m.client, &m.target, SOON);
	if (CHECK(m.client_end != NULL)) {
		stream_write(m.client_end, SLICE("EHLO again\r\n"));
		CHECK(stream_flush(m.client_end, SOON));
	}
	scope_finish(&scope, deadline_none());
	CHECK_NUMBER(stream_facts(m.server_end)->bytes_in, 22);
	clean(&m);
}

static void check_binding(bool exporter, bool old, bool expected)
{
	char ours[64], theirs[64];
	size_t our_size = 0, their_size = 1;
	struct meeting m;
	bool have;

	prepare(&m, "ecdsa");
	if (old)
		at_most_1_2(&m);
	for (int again = 0; again < 2; again++) {
		struct slice line;

		meet(&m);
		have = tls_channel_binding(m.client_end, exporter, ours, &our_size);
		CHECK(tls_channel_binding(
			      m.server_end, exporter, theirs, &their_size) == have);
		CHECK(have == expected);
		if (have) {
			CHECK_NUMBER(our_size, their_size);
			CHECK(memcmp(ours, theirs, our_size) == 0);
		}
		stream_write(m.server_end, SLICE("x\r\n"));
		stream_flush(m.server_end, SOON);
		stream_read_line(m.client_end, 10, &line, SOON);
		CHECK(stream_facts(m.client_end)->tls_resumed == again);
		part(&m);
	}
	clean(&m);
}

FIBER_CASE("channel bindings: both ends agree, in full and resumed handshakes")
{
	struct stream *a, *b;
	char bytes[64];
	size_t size;

	check_binding(true, false, true);
	check_binding(true, true, true);
	check_binding(false, true, true);
	check_binding(false, false, false);
	stream_pair(10, &a, &b);
	CHECK(!tls_channel_binding(a, true, bytes, &size));
	CHECK(!tls_is_1_3(a));
	stream_close(&a);
	stream_close(&b);
}

CHECK_MAIN()
