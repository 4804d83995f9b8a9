/*
 * TLS as a stream over a stream: records in and out of OpenSSL, which sees
 * only memory and never waits. Nothing is read below once TLS has ended, so no
 * byte behind a close_notify can pass for plaintext.
 */
#include "io/tls.h"

#include <assert.h>
#include <openssl/ssl.h>

#include "base/memory.h"
#include "io/pieces.h"
#include "io/tls_errors.h"
#include "io/tls_layer.h"
#include "run/fiber.h"

#define RECORD_MAX 16384
/* Encrypted bytes are sent whenever this many have collected. */
#define SENT_AT 49152
/* What encryption adds to a record: header, nonce, padding, tag. */
#define RECORD_ADDED 96
/* How long our last alert or close_notify may take to leave. */
#define LAST_WORDS_MS 1000
/* Who says nothing for so long is idle. */
#define IDLE_MS 3000

static const struct stream_layer tls_layer;

struct tls *tls_of(struct stream *stream)
{
	if (stream->layer != &tls_layer)
		return NULL;
	return CONTAINER_OF(stream, struct tls, stream);
}

struct tls *tls_create(struct stream **lower)
{
	struct tls *tls = NEW(struct tls);

	stream_init(&tls->stream, &tls_layer);
	list_init(&tls->plain);
	tls->lower = *lower;
	tls->stream.facts = tls->lower->facts;
	*lower = NULL;
	return tls;
}

void tls_end_with_last_failure(struct tls *tls)
{
	assert(failure_kind_last() != FAILURE_NONE);
	if (tls->ending)
		return;
	tls->ending = NEW(struct failure);
	*tls->ending = *failure_last();
}

void tls_flush_last_words(struct tls *tls, struct deadline deadline)
{
	struct failure why = *failure_last();

	stream_flush(tls->lower,
		deadline_earlier(deadline, deadline_after_ms(LAST_WORDS_MS)));
	fail_again(&why);
}

/* ---- Reading ---- */

/* RESULT is that of an SSL_read that returned no bytes. */
static void note_end(struct tls *tls, int result)
{
	switch (SSL_get_error(tls->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return;
	case SSL_ERROR_ZERO_RETURN:
		fail(FAILURE_CLOSED, "the peer ended TLS");
		break;
	default:
		tls->broken = true;
		if (stream_is_whole(tls->lower))
			tls_errors_fail(FAILURE_TLS, "TLS");
		else
			fail_again(&tls->lower->failure);
	}
	tls_errors_clear();
	tls_end_with_last_failure(tls);
}

/* Decrypts what has arrived, up to a record's worth. True: there is more to
 * read. Leaves the fiber's last failure alone, since it may be asked by one
 * that only looks. */
static bool decrypt(struct tls *tls)
{
	static _Thread_local char scratch[RECORD_MAX];
	size_t done = 0, size;
	int result = 1;

	if (tls->ending)
		return false;
	tls_errors_clear();
	while (done < sizeof(scratch) && result == 1) {
		if (!SSL_has_pending(tls->ssl) &&
			tls->lower->layer->peek(tls->lower, 0).size == 0)
			break;
		result = SSL_read_ex(
			tls->ssl, scratch + done, sizeof(scratch) - done, &size);
		if (result == 1)
			done += size;
	}
	if (result != 1) {
		struct failure before = *failure_last();

		note_end(tls, result);
		fail_again(&before);
	}
	if (done)
		pieces_add(&tls->plain, slice_make(scratch, done));
	return done > 0;
}

static struct slice tls_peek(struct stream *stream, size_t skip)
{
	struct tls *tls = tls_of(stream);
	struct slice found;

	do
		found = pieces_peek(&tls->plain, skip);
	while (!found.size && decrypt(tls));
	return found;
}

static void tls_consume(struct stream *stream, size_t size)
{
	pieces_consume(&tls_of(stream)->plain, size);
}

/* The stream below ended or failed: between two records is no better than
 * within one, because an attacker may cut where it suits (RFC 8446 6.1). */
static bool lower_failed(void)
{
	if (failure_kind_last() == FAILURE_CLOSED)
		fail(FAILURE_TLS, "TLS truncated: the peer closed the connection "
				  "without ending TLS");
	return false;
}

/* Handshakes and encryption go 7 to 13 KB deep into the fiber's stack; one that
 * idles needs 2 of them, and most sessions idle. */
static bool fill_lower(struct stream *lower, struct deadline deadline)
{
	struct deadline idle = deadline_after_ms(IDLE_MS);

	if (lower->layer->fill(lower, deadline_earlier(idle, deadline)))
		return true;
	if (failure_kind_last() != FAILURE_TIMEOUT || !deadline_has_passed(idle) ||
		deadline_has_passed(deadline))
		return false;
	fiber_trim_stack();
	return lower->layer->fill(lower, deadline);
}

static bool tls_fill(struct stream *stream, struct deadline deadline)
{
	struct tls *tls = tls_of(stream);
	struct stream *lower = tls->lower;

	while (tls_peek(stream, 0).size == 0) {
		if (tls->ending) {
			if (!tls->broken)
				SSL_shutdown(tls->ssl);
			tls_errors_clear();
			fail_again(tls->ending);
			tls_flush_last_words(tls, deadline);
			return false;
		}
		if (!stream_flush_ahead(lower, deadline) ||
			!fill_lower(lower, deadline))
			return lower_failed();
	}
	return true;
}

/* ---- Writing ---- */

static bool encrypt(struct tls *tls, struct slice *bytes)
{
	size_t size;

	if (tls->broken)
		return fail_again(tls->ending);
	tls_errors_clear();
	if (SSL_write_ex(tls->ssl, bytes->at, bytes->size, &size) == 1) {
		*bytes = slice_from(*bytes, size);
		return true;
	}
	tls->broken = true;
	if (stream_is_whole(tls->lower))
		tls_errors_fail(FAILURE_TLS, "TLS");
	else
		fail_again(&tls->lower->failure);
	tls_errors_clear();
	tls_end_with_last_failure(tls);
	return false;
}

/* The end of a handshake, tickets, a new key's announcement. */
static bool tls_flush(struct stream *stream, struct deadline deadline)
{
	struct tls *tls = tls_of(stream);

	return stream_flush(tls->lower, deadline) || stream_keep_failure(stream);
}

/* Room for what SIZE bytes become, at once instead of by doubling. */
static void expect_records(struct stream *lower, size_t size)
{
	size_t most = SENT_AT + RECORD_MAX;

	if (size > most)
		size = most;
	buffer_reserve(&lower->outbox, size + (size / RECORD_MAX + 1) * RECORD_ADDED);
}

static bool tls_send(struct stream *stream, const struct slice *pieces, size_t count,
	struct deadline deadline)
{
	struct tls *tls = tls_of(stream);

	for (size_t i = 0; i < count; i++) {
		struct slice rest = pieces[i];

		expect_records(tls->lower, rest.size);
		while (rest.size) {
			if (!encrypt(tls, &rest))
				return stream_keep_failure(stream);
			if (stream_outbox_size(tls->lower) >= SENT_AT &&
				!stream_flush(tls->lower, deadline))
				return stream_keep_failure(stream);
		}
	}
	return tls_flush(stream, deadline);
}

static void tls_acknowledge(struct stream *stream)
{
	stream_acknowledge(tls_of(stream)->lower);
}

/* ---- The end ---- */

static void tls_finish(struct stream *stream, struct deadline deadline)
{
	struct tls *tls = tls_of(stream);

	if (tls->broken)
		return;
	tls_errors_clear();
	SSL_shutdown(tls->ssl);
	tls_errors_clear();
	if (stream_flush(tls->lower, deadline))
		tls->lower->layer->finish(tls->lower, deadline);
}

static void tls_close(struct stream *stream)
{
	struct tls *tls = tls_of(stream);

	pieces_clear(&tls->plain);
	tls_errors_clear();
	SSL_free(tls->ssl);
	tls_errors_clear();
	stream_close(&tls->lower);
	tls_server_release(&tls->server);
	tls_client_release(&tls->client);
	memory_free(tls->name);
	memory_free(tls->session_key);
	memory_free(tls->refusal);
	memory_free(tls->ending);
}

static const struct stream_layer tls_layer = {
	.name = "tls",
	.peek = tls_peek,
	.consume = tls_consume,
	.fill = tls_fill,
	.send = tls_send,
	.flush = tls_flush,
	.acknowledge = tls_acknowledge,
	.finish = tls_finish,
	.close = tls_close,
};
