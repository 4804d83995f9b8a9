/* A TLS client and a TLS server meet. */
#include "meeting.h"

#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../clock_virtual.h"
#include "base/clock.h"
#include "base/memory.h"
#include "io/tls_certificate.h"
#include "io/tls_layer.h"
#include "run/virtual.h"
#include "run/worker.h"

static void wind(int64_t next_timer_us)
{
	clock_virtual_advance_us(next_timer_us - clock_monotonic_us());
}

/* Handshakes are the deepest use of a stack there is; the server's are in fibers
 * of their own, which have ended and been looked at. */
static void check_stacks(void)
{
	struct fiber_figures figures = fiber_figures();

	if (figures.stack_deepest > figures.stack_bytes / 2) {
		fprintf(stderr, "%zu of %zu bytes of a stack were used\n",
			figures.stack_deepest, figures.stack_bytes);
		abort();
	}
}

struct meeting_body {
	void (*body)(void *arg);
	void *arg;
};

static void run_meeting(void *arg)
{
	struct meeting_body *meeting = arg;

	meeting->body(meeting->arg);
	check_stacks();
}

void in_meeting(void (*body)(void *arg), void *arg)
{
	struct worker *worker;

	setenv("RINGPOST_PAINT_STACKS", "1", 1);
	worker = worker_create(&(struct worker_options){.fibers_max = 1000});
	worker_set_idle(wind);
	worker_run(worker, run_meeting, &(struct meeting_body){body, arg});
	worker_set_idle(NULL);
	worker_destroy(&worker);
}

/* One direction of the one in between. */
struct courier {
	struct meeting *meeting;
	struct stream *from, *to;
	int way;
};

static bool carry(struct courier *c, struct slice got)
{
	struct meeting *m = c->meeting;
	size_t before = m->passed[c->way];
	char copy[64];

	memcpy(copy, got.at, got.size);
	for (size_t i = 0; i < got.size; i++)
		if (m->flip_at[c->way] && before + i == m->flip_at[c->way])
			copy[i] ^= 0x40;
	m->passed[c->way] += got.size;
	return stream_send(c->to, &(struct slice){copy, got.size}, 1, deadline_none());
}

static void run_courier(void *arg)
{
	struct courier *c = arg;
	struct meeting *m = c->meeting;
	struct slice got;

	for (;;) {
		size_t step = m->step < 64 ? m->step : 64;
		size_t left = m->stop_after[c->way]
				      ? m->stop_after[c->way] - m->passed[c->way]
				      : SIZE_MAX;

		if (left == 0 && (m->cut || !fiber_sleep(deadline_none())))
			break;
		if (!stream_read(c->from, step < left ? step : left, &got,
			    deadline_none()) ||
			!carry(c, got))
			break;
	}
	/* The writing side of one, the reading side of the other way's. */
	c->to->layer->finish(c->to, deadline_none());
	memory_free(c);
}

static void send_on(struct meeting *m, int way, struct stream *from, struct stream *to)
{
	struct courier *c = NEW(struct courier);

	*c = (struct courier){m, from, to, way};
	scope_spawn(&m->scope, "courier", run_courier, c);
}

/* Ends of the one in between, closed when the meeting is over. */
static struct stream *middle[2];

static void accept_one(void *arg)
{
	struct meeting *m = arg;
	struct stream *lower = m->server_end;

	m->server_end = tls_accept(&lower, m->server,
		deadline_after_ms(m->server_ms ? m->server_ms : 5000));
	/* In a narrow pipe the tickets only leave when somebody reads. */
	if (m->server_end && m->limit == 0)
		stream_flush(m->server_end, deadline_after_ms(60000));
	else
		m->server_failure = *failure_last();
}

void meet(struct meeting *m)
{
	size_t limit = m->limit ? m->limit : 100000;
	struct deadline soon = deadline_after_ms(60000);
	struct scope accepting;
	struct stream *lower;

	scope_init(&accepting);
	m->passed[0] = m->passed[1] = 0;
	if (m->step) {
		stream_pair(limit, &m->server_end, &middle[0]);
		stream_pair(limit, &lower, &middle[1]);
		send_on(m, TO_SERVER, middle[1], middle[0]);
		send_on(m, TO_CLIENT, middle[0], middle[1]);
	} else {
		stream_pair(limit, &m->server_end, &lower);
	}
	if (m->said[TO_SERVER]) {
		stream_write(lower, slice_of(m->said[TO_SERVER]));
		stream_flush(lower, soon);
	}
	if (m->said[TO_CLIENT]) {
		stream_write(m->server_end, slice_of(m->said[TO_CLIENT]));
		stream_flush(m->server_end, soon);
	}
	scope_spawn(&accepting, "accept", accept_one, m);
	m->client_end = tls_connect(&lower, m->client, &m->target,
		deadline_after_ms(m->client_ms ? m->client_ms : 5000));
	if (m->client_end)
		stream_flush(m->client_end, soon);
	else
		m->client_failure = *failure_last();
	scope_finish(&accepting, deadline_none());
}

void part(struct meeting *m)
{
	stream_close(&m->client_end);
	stream_close(&m->server_end);
	scope_cancel(&m->scope);
	scope_finish(&m->scope, deadline_after_ms(60000));
	scope_init(&m->scope);
	stream_close(&middle[0]);
	stream_close(&middle[1]);
}

void at_most_1_2(struct meeting *m)
{
	struct tls tls = {.client = m->client};
	struct ssl_st *ssl = tls_server_session(m->server);

	SSL_CTX_set_max_proto_version(SSL_get_SSL_CTX(ssl), TLS1_2_VERSION);
	SSL_free(ssl);
	if (tls_client_session(&tls, &(struct tls_target){.name = ""}))
		SSL_CTX_set_max_proto_version(SSL_get_SSL_CTX(tls.ssl), TLS1_2_VERSION);
	SSL_free(tls.ssl);
}

struct slice names_served(struct meeting *m, char text[200])
{
	X509 *certificate = SSL_get0_peer_certificate(tls_of(m->client_end)->ssl);
	struct buffer names = {0};
	size_t size;

	tls_certificate_names(certificate, &names);
	size = buffer_size(&names) < 200 ? buffer_size(&names) : 200;
	memcpy(text, buffer_contents(&names).at, size);
	buffer_finish(&names);
	return slice_make(text, size);
}

bool served_rsa(struct meeting *m)
{
	X509 *certificate = SSL_get0_peer_certificate(tls_of(m->client_end)->ssl);

	return EVP_PKEY_get_base_id(X509_get0_pubkey(certificate)) == EVP_PKEY_RSA;
}

bool says(struct stream *from, struct stream *to, const char *line)
{
	struct deadline soon = deadline_after_ms(60000);
	struct slice got;

	stream_write_format(from, "%s\r\n", line);
	return stream_flush(from, soon) && stream_read_line(to, 1000, &got, soon) &&
	       slice_equal(slice_trim_all(got), slice_of(line));
}
