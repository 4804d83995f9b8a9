/*
 * The embedded Redis: keeps what it acknowledged through a kill, a damaged
 * tail, and a change of hands. With a real redis-server.
 */
#include "queue/embedded.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/memory.h"
#include "io/redis.h"
#include "run/worker.h"

#include "check.h"

static char directory[64];

static void in_worker(void (*body)(void *arg))
{
	struct worker *worker = worker_create(&(struct worker_options){0});

	snprintf(directory, sizeof(directory), "/tmp/ringpost-redis.XXXXXX");
	CHECK(mkdtemp(directory) != NULL);
	offload_start(1, 100);
	worker_run(worker, body, NULL);
	offload_stop();
	worker_destroy(&worker);
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", directory);
	CHECK_NUMBER(system(command), 0);
}

static struct deadline soon(void)
{
	return deadline_after_ms(20000);
}

static struct embedded_redis *start(struct scope *scope)
{
	struct embedded_options options = {.directory = directory};

	scope_init(scope);
	return embedded_redis_start(&options, scope, soon());
}

static void stop(struct embedded_redis **redis, struct scope *scope)
{
	embedded_redis_stop(redis, soon());
	scope_finish(scope, soon());
}

/* One command of one key over a connection of its own; true for an answer. */
static bool ask(struct embedded_redis *embedded, const char *verb, const char *key,
	const char *value, char *answer, size_t size)
{
	struct redis_options options = {.address = embedded_redis_address(embedded),
		.password = embedded_redis_password(embedded),
		.timeout_ms = 5000};
	struct slice argv[3] = {slice_of(verb), slice_of(key), slice_of(value)};
	struct redis_reply *reply = NULL;
	struct scope scope;
	struct redis *redis;
	bool asked;

	scope_init(&scope);
	redis = redis_open(&options, &scope);
	asked = redis && redis_wait_up(redis, soon()) &&
		redis_call(redis, value ? 3 : 2, argv, &reply, soon());
	if (asked && answer)
		asked = slice_to_text(redis_reply_text(reply), answer, size);
	redis_reply_free(&reply);
	redis_close(&redis);
	scope_finish(&scope, soon());
	return asked;
}

static void wait_for_start(struct embedded_redis *redis, uint64_t starts)
{
	for (int i = 0; i < 200 && embedded_redis_figures(redis).starts < starts; i++)
		fiber_sleep(deadline_after_ms(50));
	CHECK_NUMBER(embedded_redis_figures(redis).starts, starts);
}

static void killed(void *arg)
{
	struct scope scope;
	struct embedded_redis *redis = start(&scope);
	char answer[16] = "";

	CHECK(redis != NULL);
	CHECK(ask(redis, "SET", "k", "kept", NULL, 0));
	CHECK(ask(redis, "CONFIG", "GET", "appendfsync", NULL, 0));
	CHECK_NUMBER(kill(embedded_redis_figures(redis).pid, SIGKILL), 0);
	wait_for_start(redis, 2);
	CHECK(ask(redis, "GET", "k", NULL, answer, sizeof(answer)));
	CHECK_SLICE(slice_of(answer), "kept");
	stop(&redis, &scope);
}

CASE("a killed server is started again, and has what it acknowledged")
{
	in_worker(killed);
}

/* Appends ZEROS zeros to the newest increment, as a power cut may. */
static void damage(size_t zeros)
{
	char path[400];
	DIR *folder;
	struct dirent *item;

	snprintf(path, sizeof(path), "%s/appendonlydir", directory);
	folder = opendir(path);
	while (folder && (item = readdir(folder))) {
		char *nothing;
		int fd;

		if (!strstr(item->d_name, ".incr.aof"))
			continue;
		snprintf(path, sizeof(path), "%s/appendonlydir/%s", directory,
			item->d_name);
		fd = open(path, O_WRONLY | O_APPEND);
		nothing = memory_allocate(zeros);
		CHECK_NUMBER(write(fd, nothing, zeros), zeros);
		memory_free(nothing);
		close(fd);
	}
	if (folder)
		closedir(folder);
}

static void damaged(void *arg)
{
	struct scope scope;
	struct embedded_redis *redis = start(&scope);
	char answer[16] = "";

	CHECK(ask(redis, "SET", "k", "kept", NULL, 0));
	stop(&redis, &scope);
	damage(1 << 20);
	redis = start(&scope);
	CHECK(redis != NULL);
	wait_for_start(redis, 2); /* the first one refuses to load */
	CHECK_NUMBER(embedded_redis_figures(redis).repairs, 1);
	CHECK_NUMBER(embedded_redis_figures(redis).bytes_lost_to_repair, 1 << 20);
	CHECK(ask(redis, "GET", "k", NULL, answer, sizeof(answer)));
	CHECK_SLICE(slice_of(answer), "kept");
	stop(&redis, &scope);
}

CASE("a damaged tail is cut off, counted, and the server starts unattended")
{
	in_worker(damaged);
}

static void taken_over(void *arg)
{
	struct scope first, second;
	struct embedded_redis *old = start(&first), *redis;
	int pid = embedded_redis_figures(old).pid;

	CHECK(ask(old, "PING", "x", NULL, NULL, 0));
	/* As a new process finds it whose predecessor was killed. */
	redis = start(&second);
	CHECK(redis != NULL);
	CHECK_NUMBER(embedded_redis_figures(redis).pid, pid);
	CHECK(ask(redis, "PING", "x", NULL, NULL, 0));
	scope_cancel(&first);
	scope_finish(&first, soon());
	stop(&redis, &second);
	embedded_redis_stop(&old, soon());
}

CASE("a server that already runs there is taken over")
{
	in_worker(taken_over);
}

CHECK_MAIN()
