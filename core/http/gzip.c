/* gzip by zlib. */
#include "http/gzip.h"

#include <limits.h>
#include <zlib.h>

#include "base/failure.h"
#include "base/memory.h"
#include "run/worker.h"

#define WINDOW_GZIP 31 /* 15 bits, with gzip's header around it */
#define LEVEL	    4
#define MEMORY	    8
#define RUN_BYTES   32768
#define ALONE_MAX   65536 /* larger ones would hold the worker up */

struct pack_job {
	struct slice bytes;
	char *out;
	size_t room, size;
	bool done;
};

static void pack(void *arg)
{
	struct pack_job *job = arg;
	z_stream z = {0};

	if (deflateInit2(&z, LEVEL, Z_DEFLATED, WINDOW_GZIP, MEMORY,
		    Z_DEFAULT_STRATEGY) != Z_OK)
		return;
	z.next_in = (Bytef *)(uintptr_t)job->bytes.at;
	z.avail_in = (uInt)job->bytes.size;
	z.next_out = (Bytef *)job->out;
	z.avail_out = (uInt)job->room;
	job->done = deflate(&z, Z_FINISH) == Z_STREAM_END;
	job->size = job->room - z.avail_out;
	deflateEnd(&z);
}

bool gzip_pack(struct slice bytes, struct buffer *out, struct deadline deadline)
{
	struct pack_job job = {
		.bytes = bytes, .room = bytes.size + bytes.size / 1000 + 128};

	if (bytes.size > INT_MAX / 2)
		return fail(FAILURE_LIMIT, "too much to pack");
	job.out = buffer_reserve(out, job.room);
	if (!job.out)
		return false;
	if (bytes.size <= ALONE_MAX)
		pack(&job);
	else if (!offload(pack, &job, deadline))
		return false;
	if (!job.done)
		return fail(FAILURE_RESOURCE, "cannot pack");
	buffer_advance(out, job.size);
	return true;
}

struct gzip_reader {
	z_stream z;
	bool begun, ended;
	Bytef out[RUN_BYTES];
};

struct gzip_reader *gzip_reader_create(void)
{
	struct gzip_reader *reader = NEW(struct gzip_reader);

	reader->begun = inflateInit2(&reader->z, WINDOW_GZIP) == Z_OK;
	return reader;
}

void gzip_reader_destroy(struct gzip_reader **reader)
{
	if (*reader && (*reader)->begun)
		inflateEnd(&(*reader)->z);
	memory_free(*reader);
	*reader = NULL;
}

enum gzip_state gzip_reader_feed(struct gzip_reader *reader, struct slice bytes,
	bool (*take)(void *context, struct slice run), void *context)
{
	z_stream *z = &reader->z;
	int result = Z_OK;

	if (!reader->begun || (reader->ended && bytes.size) || bytes.size > INT_MAX)
		return GZIP_BROKEN;
	z->next_in = (Bytef *)(uintptr_t)bytes.at;
	z->avail_in = (uInt)bytes.size;
	do {
		size_t size;

		z->next_out = reader->out;
		z->avail_out = RUN_BYTES;
		result = inflate(z, Z_NO_FLUSH);
		size = RUN_BYTES - z->avail_out;
		if (size && !take(context, slice_make(reader->out, size)))
			return GZIP_TOO_BIG;
		if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
			return GZIP_BROKEN;
	} while (result != Z_STREAM_END && (z->avail_in || !z->avail_out));
	reader->ended = result == Z_STREAM_END;
	if (reader->ended && z->avail_in)
		return GZIP_BROKEN;
	return reader->ended ? GZIP_DONE : GZIP_MORE;
}
