/* gzip (RFC 1952) of a report, in one piece. */
#include <zlib.h>

#include "base/failure.h"

#include "policy/tlsrpt_report.h"

#define GZIP_BITS (15 + 16) /* a window of 32 KiB, and gzip's header */

bool tlsrpt_gzip(struct slice bytes, struct buffer *packed)
{
	z_stream stream = {.zalloc = Z_NULL};
	uLong most;
	char *room;
	bool good;

	if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_BITS, 8,
		    Z_DEFAULT_STRATEGY) != Z_OK)
		return fail(FAILURE_RESOURCE, "zlib has no memory");
	most = deflateBound(&stream, (uLong)bytes.size);
	room = buffer_reserve(packed, most);
	stream.next_in = (Bytef *)(uintptr_t)bytes.at;
	stream.avail_in = (uInt)bytes.size;
	stream.next_out = (Bytef *)room;
	stream.avail_out = (uInt)most;
	good = room && deflate(&stream, Z_FINISH) == Z_STREAM_END;
	if (good)
		buffer_advance(packed, stream.total_out);
	deflateEnd(&stream);
	return good || fail(FAILURE_LIMIT, "a report cannot be packed");
}
