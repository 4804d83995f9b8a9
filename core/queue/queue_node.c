/*
 * What the workers of a process share: the state directory, held by a lock for
 * the life of the process, the node's name in it, the spool.
 */
#include "queue/queue_node.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "base/random.h"
#include "queue/queue.h"
#include "queue/queue_admin.h"
#include "queue/spool.h"

static bool make_directory(const char *path)
{
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return fail_errno(FAILURE_FILE, errno, "cannot make %s", path);
	return true;
}

static bool take_lock(struct queue_node *node)
{
	char *path = memory_format("%s/lock", node->directory);
	bool locked = false;

	node->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (node->lock < 0)
		fail_errno(FAILURE_FILE, errno, "cannot open %s", path);
	else if (flock(node->lock, LOCK_EX | LOCK_NB) == 0)
		locked = true;
	else if (errno == EWOULDBLOCK)
		fail(FAILURE_FILE,
			"another ringpost runs with state_directory %s: stop it first, "
			"or give this one a directory of its own",
			node->directory);
	else
		fail_errno(FAILURE_FILE, errno, "cannot lock %s", path);
	memory_free(path);
	return locked;
}

static void new_name(char name[NODE_NAME_SIZE + 1])
{
	base32_encode(random_u64(), NODE_NAME_SIZE, name);
	name[NODE_NAME_SIZE] = '\0';
}

static bool is_name(const char *name)
{
	uint64_t value;

	return base32_decode(slice_make(name, NODE_NAME_SIZE), &value);
}

/* Written beside and renamed, so that a crash leaves a whole name or none. */
static bool write_name(const struct queue_node *node, const char *path)
{
	char *fresh = memory_format("%s.new", path);
	int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool good = fd >= 0 &&
		    write(fd, node->name, NODE_NAME_SIZE) == NODE_NAME_SIZE &&
		    fsync(fd) == 0 && rename(fresh, path) == 0;

	if (!good)
		fail_errno(FAILURE_FILE, errno, "cannot write %s", path);
	if (fd >= 0)
		close(fd);
	memory_free(fresh);
	return good;
}

static bool find_name(struct queue_node *node)
{
	char *path = memory_format("%s/node", node->directory);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool good = fd >= 0 && read(fd, node->name, NODE_NAME_SIZE) == NODE_NAME_SIZE &&
		    is_name(node->name);

	if (fd >= 0)
		close(fd);
	if (!good) {
		new_name(node->name);
		good = write_name(node, path);
	}
	memory_free(path);
	new_name(node->incarnation);
	return good;
}

/* By default bodies are on our own disk when Redis is on this machine. */
static bool wants_spool(const struct config *config)
{
	struct slice bodies = slice_of(config->queue.bodies);
	struct slice redis = slice_of(config->queue.redis);

	if (bodies.size)
		return slice_equal(bodies, SLICE("spool"));
	return slice_equal(redis, SLICE("embedded")) ||
	       slice_starts(redis, SLICE("unix:"));
}

static bool open_spool(struct queue_node *node, const struct config *config)
{
	char *path;

	if (!wants_spool(config))
		return true;
	path = memory_format("%s/spool", node->directory);
	node->spool = spool_open(path, config->queue.segment_size, node->workers);
	memory_free(path);
	return node->spool != NULL;
}

static bool check_shards(const struct queue_node *node)
{
	if (node->shards < 1 || node->shards > SHARD_MAX)
		return fail(FAILURE_CONFIG, "queue.shards must be 1 to %d", SHARD_MAX);
	if (node->workers > node->shards)
		return fail(FAILURE_CONFIG,
			"queue.shards is %u: there cannot be more workers (%u) than "
			"that",
			node->shards, node->workers);
	return true;
}

struct queue_node *queue_node_open(const struct config *config, unsigned workers)
{
	struct queue_node *node = NEW(struct queue_node);

	node->lock = -1;
	node->directory = memory_copy_text(slice_of(config->state_directory));
	node->workers = workers;
	node->shards = (unsigned)config->queue.shards;
	node->free_space = config->queue.free_space;
	node->replicas = config->queue.replicas;
	node->require_durable = config->queue.require_durable;
	node->connections = memory_allocate_array(workers, sizeof(*node->connections));
	node->queues = memory_allocate_array(workers, sizeof(struct queue *));
	if (!check_shards(node) || !make_directory(node->directory) ||
		!take_lock(node) || !find_name(node) || !open_spool(node, config))
		queue_node_close(&node);
	return node;
}

void queue_node_close(struct queue_node **node)
{
	struct queue_node *old = *node;

	*node = NULL;
	if (!old)
		return;
	spool_close(&old->spool);
	if (old->lock >= 0)
		close(old->lock);
	memory_free(old->directory);
	memory_free(old->refusal);
	memory_free((void *)old->connections);
	memory_free(old->queues);
	memory_free(old);
}

const char *queue_node_name(const struct queue_node *node)
{
	return node->name;
}

struct spool *queue_node_spool(const struct queue_node *node)
{
	return node->spool;
}

bool queue_node_refuse(struct queue_node *node, const char *format, ...)
{
	char text[512];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	if (!atomic_exchange(&node->refusing, true)) {
		node->refusal = memory_copy_text(slice_of(text));
		event_note(EVENT_ERROR, "queue_refused", "%s", text);
		atomic_store(&node->refused, true);
	}
	return fail(FAILURE_CONFIG, "%s", text);
}

const char *queue_node_refusal(const struct queue_node *node)
{
	return atomic_load(&node->refused) ? node->refusal : NULL;
}

struct queue_room queue_node_room(const struct queue_node *node)
{
	return (struct queue_room){
		.disk_free = atomic_load(&node->space_free),
		.disk_least = node->free_space,
		.memory_used = atomic_load(&node->memory_used),
		.memory_most = atomic_load(&node->memory_most),
	};
}
