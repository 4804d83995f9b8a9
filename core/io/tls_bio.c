/* The memory BIO under every TLS session: a stream's input and outbox. */
#include <assert.h>
#include <openssl/bio.h>
#include <pthread.h>
#include <string.h>

#include "io/tls_layer.h"

/* Moves up to SIZE bytes of what has arrived, which may lie in many pieces. */
static int read_bio(BIO *bio, char *at, size_t size, size_t *read_r)
{
	struct stream *lower = BIO_get_data(bio);
	size_t done = 0;

	BIO_clear_retry_flags(bio);
	while (done < size) {
		struct slice got = slice_part(
			lower->layer->peek(lower, 0), 0, size - done);

		if (got.size == 0)
			break;
		memcpy(at + done, got.at, got.size);
		lower->layer->consume(lower, got.size);
		done += got.size;
	}
	*read_r = done;
	if (done == 0)
		BIO_set_retry_read(bio);
	return done > 0;
}

/* Fails only at the outbox's cap or when the stream below has failed. */
static int write_bio(BIO *bio, const char *at, size_t size, size_t *written_r)
{
	struct stream *lower = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	stream_write(lower, slice_make(at, size));
	*written_r = size;
	return stream_is_whole(lower);
}

static long control_bio(BIO *bio, int command, long number, void *pointer)
{
	return command == BIO_CTRL_FLUSH;
}

static int create_bio(BIO *bio)
{
	BIO_set_init(bio, 1);
	return 1;
}

static BIO_METHOD *method;

static void make_method(void)
{
	method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
	assert(method && BIO_meth_set_read_ex(method, read_bio) &&
		BIO_meth_set_write_ex(method, write_bio) &&
		BIO_meth_set_ctrl(method, control_bio) &&
		BIO_meth_set_create(method, create_bio));
}

struct bio_st *tls_bio_create(struct stream *lower)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	BIO *bio;

	pthread_once(&once, make_method);
	bio = BIO_new(method);
	if (bio)
		BIO_set_data(bio, lower);
	return bio;
}
