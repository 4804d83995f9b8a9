/*
 * Bodies in the spool: kept, referred to, read back, counted, recycled; damage
 * seen. On a real ring and a real folder.
 */
#include "queue/body.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/memory.h"
#include "queue/spool.h"
#include "run/worker.h"

#include "check.h"

#define SEGMENT (4u << 20)
#define ID	"0123456789abcdef"

static char directory[64];

/* Runs BODY as the first fiber of a worker, with the pool behind it. */
static void in_worker(void (*body)(void *arg))
{
	struct worker *worker = worker_create(&(struct worker_options){0});

	offload_start(1, 100);
	worker_run(worker, body, NULL);
	offload_stop();
	worker_destroy(&worker);
}

static struct deadline soon(void)
{
	return deadline_after_ms(20000);
}

static void new_directory(void)
{
	snprintf(directory, sizeof(directory), "/tmp/ringpost-spool.XXXXXX");
	CHECK(mkdtemp(directory) != NULL);
}

static void remove_directory(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", directory);
	CHECK_NUMBER(system(command), 0);
}

/* A body of SIZE bytes of content behind a head, the bytes known. */
static struct body *make(struct bodies *bodies, size_t size)
{
	struct body *body = body_create(bodies);
	char *bytes = memory_allocate(size + 1);
	struct slice head[2] = {SLICE("Received: x\r\n"), SLICE("Subject: y\r\n\r\n")};

	for (size_t i = 0; i < size; i++)
		bytes[i] = (char)('a' + i % 26);
	body_set_id(body, 7, SLICE(ID));
	for (size_t at = 0; at < size; at += 5000)
		CHECK(body_append(body,
			slice_make(bytes + at, size - at < 5000 ? size - at : 5000),
			soon()));
	body_set_head(body, head, 2);
	memory_free(bytes);
	return body;
}

static bool reads_back(const struct body *body, size_t size)
{
	static const char head[] = "Received: x\r\nSubject: y\r\n\r\n";
	struct body_reader reader;
	struct slice part;
	size_t at = 0;
	bool same = true, more = true;

	body_reader_open(&reader, body);
	while (more && body_reader_next(&reader, &part, soon()) && part.size) {
		for (size_t i = 0; i < part.size; i++, at++) {
			char want = at < sizeof(head) - 1
					    ? head[at]
					    : (char)('a' +
						      (at - sizeof(head) + 1) % 26);

			same &= part.at[i] == want;
		}
	}
	body_reader_close(&reader);
	return same && at == size + sizeof(head) - 1;
}

static struct body *open_with_id(struct bodies *bodies, struct slice reference)
{
	struct body *body = body_open(bodies, reference);

	if (body)
		body_set_id(body, 7, SLICE(ID));
	return body;
}

static const size_t sizes[] = {0, 1, 100, 4096, 65536, 262144, 262145, 3000000};

static void keep_and_read(void *arg)
{
	struct spool *spool = spool_open(directory, SEGMENT, 1);
	struct bodies *bodies = bodies_create_spool(spool, 0);
	struct body *list[ARRAY_COUNT(sizes)];
	struct buffer references[ARRAY_COUNT(sizes)] = {0};

	for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
		list[i] = make(bodies, sizes[i]);
		CHECK_NUMBER(body_size(list[i]), sizes[i] + 27);
	}
	CHECK(bodies_sync(bodies, list, ARRAY_COUNT(sizes), soon()));
	for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
		CHECK(reads_back(list[i], sizes[i]));
		CHECK(body_reference(list[i], &references[i]));
		body_let_go(list[i]);
		CHECK(reads_back(list[i], sizes[i]));
		body_destroy(&list[i]);
	}
	bodies_destroy(&bodies);
	spool_close(&spool);

	/* A new process finds them by their references. */
	spool = spool_open(directory, SEGMENT, 1);
	bodies = bodies_create_spool(spool, 0);
	for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
		struct body *body = open_with_id(
			bodies, buffer_contents(&references[i]));

		CHECK(body && reads_back(body, sizes[i]));
		body_destroy(&body);
		buffer_finish(&references[i]);
	}
	bodies_destroy(&bodies);
	spool_close(&spool);
}

CASE("every size is kept, and read back from memory, the store, and after a restart")
{
	new_directory();
	in_worker(keep_and_read);
	remove_directory();
}

static void recycle(void *arg)
{
	struct spool *spool = spool_open(directory, SEGMENT, 1);
	struct bodies *bodies = bodies_create_spool(spool, 0);
	struct spool_figures figures;

	spool_recovered(spool);
	for (int round = 0; round < 40; round++) {
		struct body *body = make(bodies, 1000000);

		CHECK(bodies_sync(bodies, &body, 1, soon()));
		body_count(bodies, body, 2);
		body_count(bodies, body, 2);
		CHECK(spool_figures(spool).bytes_alive > 0);
		body_uncount(bodies, body, 2);
		body_uncount(bodies, body, 2);
		body_destroy(&body);
		CHECK(spool_sweep(spool, soon()));
	}
	figures = spool_figures(spool);
	CHECK_NUMBER(figures.bytes_alive, 0);
	CHECK(figures.segments <= 3);
	CHECK(figures.recycled > 3);
	bodies_destroy(&bodies);
	spool_close(&spool);
}

CASE("segments with nothing alive are recycled, and the disk does not fill")
{
	new_directory();
	in_worker(recycle);
	remove_directory();
}

static void damage(void *arg)
{
	struct spool *spool = spool_open(directory, SEGMENT, 1);
	struct bodies *bodies = bodies_create_spool(spool, 0);
	struct body *body = make(bodies, 4096);
	char path[128];
	int fd;

	CHECK(bodies_sync(bodies, &body, 1, soon()));
	body_let_go(body);
	snprintf(path, sizeof(path), "%s/00000001.seg", directory);
	fd = open(path, O_WRONLY);
	CHECK(fd >= 0 && pwrite(fd, "!", 1, 1000) == 1);
	close(fd);
	CHECK(!reads_back(body, 4096));
	CHECK_NUMBER(failure_kind_last(), FAILURE_DATA);
	body_destroy(&body);
	bodies_destroy(&bodies);
	spool_close(&spool);
}

CASE("a flipped byte on disk is noticed, not delivered")
{
	new_directory();
	in_worker(damage);
	remove_directory();
}

static void compact(void *arg)
{
	struct spool *spool = spool_open(directory, SEGMENT, 1);
	struct bodies *bodies = bodies_create_spool(spool, 0);
	struct body *list[40], *copy;
	struct spool_record record;
	uint32_t segment;
	uint64_t offset = 0;
	size_t records = 0;

	spool_recovered(spool);
	for (size_t i = 0; i < 40; i++) {
		list[i] = make(bodies, 200000);
		CHECK(bodies_sync(bodies, &list[i], 1, soon()));
		if (i == 0)
			body_count(bodies, list[i], 1);
	}
	CHECK(spool_pick(spool, 25, &segment));
	CHECK(!spool_pick(spool, 25, &(uint32_t){0})); /* one at a time */
	while (spool_visit(spool, segment, &offset, &record, soon())) {
		CHECK(strcmp(record.id, ID) == 0);
		records++;
	}
	CHECK_NUMBER(failure_kind_last(), FAILURE_NONE);
	CHECK(records >= 15 && records <= 21);
	copy = body_copy(list[0], soon());
	CHECK(copy && reads_back(copy, 200000));
	body_destroy(&copy);
	for (size_t i = 0; i < 40; i++)
		body_destroy(&list[i]);
	bodies_destroy(&bodies);
	spool_close(&spool);
}

CASE("compaction picks what is mostly dead, and visits every record in it")
{
	new_directory();
	in_worker(compact);
	remove_directory();
}

static void refuse(void *arg)
{
	struct spool *spool = spool_open(directory, SEGMENT, 1);
	struct bodies *bodies = bodies_create_spool(spool, 0);
	struct body *body = make(bodies, 5000), *elsewhere;
	struct buffer reference = {0};

	CHECK(bodies_sync(bodies, &body, 1, soon()));
	CHECK(body_reference(body, &reference));
	for (size_t cut = 0; cut < buffer_size(&reference); cut++) {
		struct body *opened = open_with_id(
			bodies, slice_part(buffer_contents(&reference), 0, cut));

		CHECK(!opened || body_is_elsewhere(opened, &(struct slice){0}));
		body_destroy(&opened);
	}
	reference.bytes[reference.start + 1] ^= 1;
	elsewhere = open_with_id(bodies, buffer_contents(&reference));
	CHECK(elsewhere && body_is_elsewhere(elsewhere, &(struct slice){0}));
	body_destroy(&elsewhere);
	buffer_finish(&reference);
	body_destroy(&body);
	bodies_destroy(&bodies);
	spool_close(&spool);
}

CASE("a reference that was cut off is refused; another node's is known as such")
{
	new_directory();
	in_worker(refuse);
	remove_directory();
}

CHECK_MAIN()
