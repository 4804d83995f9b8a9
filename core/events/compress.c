/* Compressing a file in parts, by libzstd. */
#include "events/compress.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <zstd.h>

#include "base/failure.h"
#include "base/memory.h"

#define LEVEL	 3
#define PART	 (256u << 10)
#define PATH_END ".zst"

struct compress {
	char *from, *into, *part; /* part: what it is called until it is whole */
	int in, out;
	ZSTD_CCtx *context;
	char *bytes, *packed;
	size_t packed_size;
	bool ended, good;
};

static void destroy(struct compress *compress)
{
	if (compress->in >= 0)
		close(compress->in);
	if (compress->out >= 0)
		close(compress->out);
	ZSTD_freeCCtx(compress->context);
	memory_free(compress->bytes);
	memory_free(compress->packed);
	memory_free(compress->from);
	memory_free(compress->into);
	memory_free(compress->part);
	memory_free(compress);
}

struct compress *compress_open(const char *from)
{
	struct compress *compress = NEW(struct compress);

	compress->from = memory_copy_text(slice_of(from));
	compress->into = memory_format("%s" PATH_END, from);
	compress->part = memory_format("%s" PATH_END ".part", from);
	compress->in = open(from, O_RDONLY | O_CLOEXEC);
	compress->out = compress->in < 0
				? -1
				: open(compress->part,
					  O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
					  0640);
	compress->context = ZSTD_createCCtx();
	if (compress->out < 0 || !compress->context) {
		fail_errno(FAILURE_FILE, errno, "cannot compress %s", from);
		destroy(compress);
		return NULL;
	}
	ZSTD_CCtx_setParameter(compress->context, ZSTD_c_compressionLevel, LEVEL);
	ZSTD_CCtx_setParameter(compress->context, ZSTD_c_checksumFlag, 1);
	compress->packed_size = ZSTD_CStreamOutSize();
	compress->bytes = memory_resize(NULL, PART);
	compress->packed = memory_resize(NULL, compress->packed_size);
	return compress;
}

static bool write_all(int fd, const char *at, size_t size)
{
	while (size) {
		ssize_t wrote = write(fd, at, size);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return false;
		at += wrote;
		size -= (size_t)wrote;
	}
	return true;
}

/* What the compressor makes of IN; at the end all that it still has. */
static bool pack(struct compress *compress, ZSTD_inBuffer *in, bool last)
{
	ZSTD_EndDirective how = last ? ZSTD_e_end : ZSTD_e_continue;
	size_t left;

	do {
		ZSTD_outBuffer out = {compress->packed, compress->packed_size, 0};

		left = ZSTD_compressStream2(compress->context, &out, in, how);
		if (ZSTD_isError(left))
			return fail(FAILURE_FILE, "zstd: %s", ZSTD_getErrorName(left));
		if (!write_all(compress->out, compress->packed, out.pos))
			return fail_errno(
				FAILURE_FILE, errno, "cannot write %s", compress->part);
	} while (last ? left > 0 : in->pos < in->size);
	return true;
}

bool compress_step(struct compress *compress)
{
	ssize_t size;
	ZSTD_inBuffer in;

	do
		size = read(compress->in, compress->bytes, PART);
	while (size < 0 && errno == EINTR);
	if (size < 0) {
		fail_errno(FAILURE_FILE, errno, "cannot read %s", compress->from);
		compress->ended = true;
		return false;
	}
	in = (ZSTD_inBuffer){compress->bytes, (size_t)size, 0};
	compress->good = pack(compress, &in, size == 0);
	compress->ended = size == 0 || !compress->good;
	return !compress->ended;
}

bool compress_close(struct compress **compress)
{
	struct compress *old = *compress;
	bool good = old->ended && old->good;

	*compress = NULL;
	if (good && fdatasync(old->out) != 0)
		good = fail_errno(FAILURE_FILE, errno, "cannot write %s", old->part);
	if (good && rename(old->part, old->into) != 0)
		good = fail_errno(FAILURE_FILE, errno, "cannot rename %s", old->part);
	if (good)
		unlink(old->from);
	else
		unlink(old->part);
	destroy(old);
	return good;
}
