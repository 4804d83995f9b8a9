/* A compressed file read in parts, by libzstd. */
#include "events/decompress.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <zstd.h>

#include "base/failure.h"
#include "base/memory.h"

#define PART (128u << 10)

/* What a frame may ask for is bounded by libzstd: 128 MiB (2^27). */
struct decompress {
	char *path;
	int fd;
	ZSTD_DCtx *context;
	char *part;
	ZSTD_inBuffer in;
	bool inside; /* a frame that has not ended */
};

struct decompress *decompress_open(const char *path)
{
	struct decompress *decompress = NEW(struct decompress);

	decompress->path = memory_copy_text(slice_of(path));
	decompress->fd = open(path, O_RDONLY | O_CLOEXEC);
	decompress->context = decompress->fd < 0 ? NULL : ZSTD_createDCtx();
	if (!decompress->context) {
		fail_errno(FAILURE_FILE, errno, "cannot read %s", path);
		decompress_close(&decompress);
		return NULL;
	}
	decompress->part = memory_resize(NULL, PART);
	decompress->in.src = decompress->part;
	return decompress;
}

/* More of the file; at its end there is nothing more. */
static bool fill(struct decompress *decompress)
{
	ssize_t size;

	do
		size = read(decompress->fd, decompress->part, PART);
	while (size < 0 && errno == EINTR);
	if (size < 0)
		return fail_errno(
			FAILURE_FILE, errno, "cannot read %s", decompress->path);
	decompress->in.pos = 0;
	decompress->in.size = (size_t)size;
	return true;
}

/* Even where the file has ended the library may have bytes that found no room. */
bool decompress_read(
	struct decompress *decompress, char *at, size_t size, size_t *size_r)
{
	ZSTD_outBuffer out = {at, size, 0};

	while (out.pos == 0) {
		bool ended;
		size_t left;

		if (decompress->in.pos == decompress->in.size && !fill(decompress))
			return false;
		ended = decompress->in.size == 0;
		if (ended && !decompress->inside)
			break;
		left = ZSTD_decompressStream(
			decompress->context, &out, &decompress->in);
		if (ZSTD_isError(left))
			return fail(FAILURE_DATA, "%s is damaged: %s", decompress->path,
				ZSTD_getErrorName(left));
		decompress->inside = left > 0;
		if (ended && left > 0 && out.pos == 0)
			return fail(
				FAILURE_DATA, "%s ends too early", decompress->path);
	}
	*size_r = out.pos;
	return true;
}

void decompress_close(struct decompress **decompress)
{
	struct decompress *old = *decompress;

	*decompress = NULL;
	if (!old)
		return;
	if (old->fd >= 0)
		close(old->fd);
	ZSTD_freeDCtx(old->context);
	memory_free(old->part);
	memory_free(old->path);
	memory_free(old);
}
