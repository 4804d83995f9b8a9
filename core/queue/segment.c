/*
 * Segments: files made, filled, opened, recycled; records sealed and checked.
 *
 * A segment is filled with zeros when it is made, so that a write into it
 * changes no metadata and one synchronous write is one trip to the disk.
 */
#include "queue/segment.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "base/failure.h"
#include "base/memory.h"

#define RECORD_MAGIC 0x316d5052u /* "RPm1" */
#define PATH_SIZE    4096
#define FILL_SIZE    (512u << 10)

_Static_assert(sizeof(struct segment_record) == 48, "records have this on disk");

uint64_t segment_record_space(uint64_t size)
{
	uint64_t space = sizeof(struct segment_record) + size;

	return (space + SEGMENT_RECORD_ALIGN - 1) &
	       ~(uint64_t)(SEGMENT_RECORD_ALIGN - 1);
}

static uint32_t record_crc(const void *at, uint32_t size)
{
	size_t skip = offsetof(struct segment_record, segment);

	return crc32c(0, slice_make((const char *)at + skip,
				 sizeof(struct segment_record) - skip + size));
}

void segment_record_seal(
	void *at, uint32_t segment, uint32_t piece, struct slice id, uint32_t size)
{
	struct segment_record record = {.magic = RECORD_MAGIC,
		.segment = segment,
		.piece = piece,
		.size = size};
	uint64_t space = segment_record_space(size);

	assert(id.size <= sizeof(record.id));
	memcpy(record.id, id.at, id.size);
	memcpy(at, &record, sizeof(record));
	record.crc = record_crc(at, size);
	memcpy(at, &record, sizeof(record));
	memset((char *)at + sizeof(record) + size, 0, space - sizeof(record) - size);
}

bool segment_record_peek(
	struct slice bytes, uint32_t segment, struct segment_record *record_r)
{
	struct segment_record record;

	if (bytes.size < sizeof(record))
		return false;
	memcpy(&record, bytes.at, sizeof(record));
	if (record.magic != RECORD_MAGIC || record.segment != segment)
		return false;
	*record_r = record;
	return true;
}

bool segment_record_open(
	struct slice bytes, uint32_t segment, struct slice id, struct slice *content_r)
{
	struct segment_record record;

	if (!segment_record_peek(bytes, segment, &record))
		return fail(
			FAILURE_DATA, "spool segment %08x: no record here", segment);
	if (record.size > bytes.size - sizeof(record) ||
		record.crc != record_crc(bytes.at, record.size))
		return fail(FAILURE_DATA, "spool segment %08x: a record is damaged",
			segment);
	if (id.size &&
		(id.size > sizeof(record.id) || memcmp(id.at, record.id, id.size)))
		return fail(FAILURE_DATA,
			"spool segment %08x: another message's record", segment);
	*content_r = slice_make(bytes.at + sizeof(record), record.size);
	return true;
}

static void path_of(char path[PATH_SIZE], const char *directory, uint32_t number)
{
	snprintf(path, PATH_SIZE, "%s/%08x.seg", directory, number);
}

static bool directory_sync(const char *directory)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool synced = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return synced;
}

/* Zeros over all of it: later writes then allocate nothing. Synced piece by
 * piece: mail that is being accepted waits behind one of them, not behind all. */
static bool fill(int fd, uint64_t size)
{
	char *zeros = memory_allocate(FILL_SIZE);
	uint64_t at = 0;

	while (at < size) {
		size_t part = size - at < FILL_SIZE ? (size_t)(size - at) : FILL_SIZE;
		ssize_t wrote = pwrite(fd, zeros, part, (off_t)at);

		if (wrote <= 0 || fdatasync(fd) != 0)
			break;
		at += (uint64_t)wrote;
	}
	memory_free(zeros);
	return at == size;
}

static bool make(const char *path, const char *directory, uint64_t size)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool made;
	int error;

	if (fd < 0)
		return fail_errno(FAILURE_STORE, errno, "spool: cannot make %s", path);
	error = posix_fallocate(fd, 0, (off_t)size);
	made = error == 0 && fill(fd, size) && directory_sync(directory);
	if (!made) {
		fail_errno(FAILURE_STORE, error ? error : errno,
			"spool: cannot fill %s", path);
		unlink(path);
	}
	close(fd);
	return made;
}

static int open_for_writing(const char *path)
{
	int fd = open(path, O_WRONLY | O_DSYNC | O_DIRECT | O_CLOEXEC);

	if (fd < 0 && errno == EINVAL)
		fd = open(path, O_WRONLY | O_DSYNC | O_CLOEXEC);
	return fd;
}

struct segment *segment_open(
	const char *directory, uint32_t number, uint64_t size, bool writable)
{
	struct segment *segment = NEW(struct segment);
	char *path = memory_allocate(PATH_SIZE);
	off_t end;

	path_of(path, directory, number);
	segment->number = number;
	segment->read_fd = segment->write_fd = -1;
	if (writable && access(path, F_OK) != 0 && !make(path, directory, size))
		goto failed;
	segment->read_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (segment->read_fd < 0 || (end = lseek(segment->read_fd, 0, SEEK_END)) < 0 ||
		(writable && (segment->write_fd = open_for_writing(path)) < 0)) {
		fail_errno(FAILURE_STORE, errno, "spool: cannot open %s", path);
		goto failed;
	}
	segment->size = (uint64_t)end;
	atomic_store(&segment->sealed, !writable);
	memory_free(path);
	return segment;
failed:
	memory_free(path);
	segment_close(&segment, directory, false);
	return NULL;
}

void segment_shut(struct segment *segment, const char *directory, bool remove)
{
	char *path;

	if (segment->read_fd >= 0)
		close(segment->read_fd);
	if (segment->write_fd >= 0)
		close(segment->write_fd);
	segment->read_fd = segment->write_fd = -1;
	if (!remove)
		return;
	path = memory_allocate(PATH_SIZE);
	path_of(path, directory, segment->number);
	unlink(path);
	memory_free(path);
}

void segment_close(struct segment **segment, const char *directory, bool remove)
{
	struct segment *old = *segment;

	*segment = NULL;
	if (!old)
		return;
	segment_shut(old, directory, remove);
	memory_free(old);
}

struct segment *segment_recycle(
	struct segment *dead, const char *directory, uint32_t number)
{
	char *from = memory_allocate(PATH_SIZE), *to = memory_allocate(PATH_SIZE);
	struct segment *fresh = NULL;

	path_of(from, directory, dead->number);
	path_of(to, directory, number);
	if (rename(from, to) == 0 && directory_sync(directory)) {
		segment_shut(dead, directory, false);
		fresh = segment_open(directory, number, dead->size, true);
	} else {
		fail_errno(FAILURE_STORE, errno, "spool: cannot recycle %s", from);
		segment_shut(dead, directory, true);
	}
	memory_free(from);
	memory_free(to);
	return fresh;
}

bool segment_direct_works(const char *directory)
{
	char *path = memory_allocate(PATH_SIZE);
	void *block = NULL;
	bool works = false;
	int fd;

	snprintf(path, PATH_SIZE, "%s/direct.probe", directory);
	fd = open(path, O_WRONLY | O_CREAT | O_DIRECT | O_CLOEXEC, 0600);
	if (fd >= 0 && posix_memalign(&block, SEGMENT_BLOCK, SEGMENT_BLOCK) == 0) {
		memset(block, 0, SEGMENT_BLOCK);
		works = pwrite(fd, block, SEGMENT_BLOCK, 0) == (ssize_t)SEGMENT_BLOCK;
	}
	free(block);
	if (fd >= 0) {
		close(fd);
		unlink(path);
	}
	memory_free(path);
	return works;
}
