/*
 * The paths of a destination: which one an entry takes, and what the queue is
 * told when the sites at their ends have room, go down, or serve again.
 */
#include "relay/destination.h"

#include "base/memory.h"
#include "run/worker.h"

#include "relay/pool.h"
#include "relay/site.h"

static void leave(struct path *path)
{
	list_remove(&path->link);
	list_remove(&path->site_link);
	site_release(&path->site);
	memory_free(path);
}

void destination_leave_paths(struct destination *destination)
{
	LIST_EACH_SAFE (&destination->paths, link)
		leave(CONTAINER_OF(link, struct path, link));
	destination_leave_ways(destination);
}

static void go_to(struct path *path, struct site *site)
{
	list_remove(&path->site_link);
	site_release(&path->site);
	path->site = site;
	list_append(&site->paths, &path->site_link);
	if (site_is_down(site))
		path->destination->postponed = false; /* for as long as that one */
	else
		destination_resume(path->destination);
}

static void keep_hosts(struct destination *destination, const struct hosts *hosts)
{
	struct arena *arena = &destination->arena;
	struct mx_host *list;

	arena_reset(arena);
	list = arena_take_array(arena, hosts->count, sizeof(*list));
	for (size_t i = 0; i < hosts->count; i++)
		list[i] = (struct mx_host){arena_copy(arena, hosts->list[i].name),
			hosts->list[i].preference};
	destination->hosts = *hosts;
	destination->hosts.list = list;
	destination->names = site_names(hosts, arena);
}

/* One of several may go when its site does nothing: it is soon made again. */
static bool is_of_use(const struct path *path)
{
	const struct site *site = path->site;

	return site->waiting_count || site->connection_count || site->failures;
}

void destination_set_hosts(struct destination *destination, const struct hosts *hosts,
	const struct terms *terms)
{
	bool several = !list_is_empty(&destination->paths) &&
		       destination->paths.head.next != destination->paths.head.previous;

	keep_hosts(destination, hosts);
	destination->terms = *terms;
	destination->verdict = (struct verdict){0};
	destination->deliverable = true;
	destination->pool = NULL;
	if (terms->route && terms->route->pool)
		destination->pool = sources_pool(
			destination->relay->sources, terms->route->pool);
	destination_renew_ways(destination);
	LIST_EACH_SAFE (&destination->paths, link) {
		struct path *path = CONTAINER_OF(link, struct path, link);
		struct site *site;

		if (several && !is_of_use(path)) {
			leave(path);
			continue;
		}
		site = site_hold(destination->relay, hosts, terms, path);
		if (site == path->site)
			site_release(&site);
		else
			go_to(path, site);
	}
}

static struct path *make(struct destination *destination, struct source *source,
	enum tls_variant variant)
{
	struct path *path = NEW(struct path);

	path->destination = destination;
	path->source = source;
	path->variant = variant;
	go_to(path, site_hold(destination->relay, &destination->hosts,
			    &destination->terms, path));
	list_prepend(&destination->paths, &path->link);
	return path;
}

struct path *path_find(const struct destination *destination,
	const struct source *source, enum tls_variant variant)
{
	LIST_EACH (&destination->paths, link) {
		struct path *path = CONTAINER_OF(link, struct path, link);

		if (path->source == source && path->variant == variant)
			return path;
	}
	return NULL;
}

struct path *path_to(struct destination *destination, struct source *source,
	enum tls_variant variant)
{
	struct path *path = path_find(destination, source, variant);

	return path ? path : make(destination, source, variant);
}

void destination_postpone(struct destination *destination)
{
	int64_t until = destination_shut_until(destination);

	/* By an operator's route it is not the domain that has to wait. */
	if (until == 0 || destination->route.size)
		return;
	destination->postponed = true;
	queue_postpone(destination->relay->options.queue, destination->domain,
		until + POSTPONE_SLACK_MS);
}

void destination_resume(struct destination *destination)
{
	if (destination->postponed)
		queue_postpone(
			destination->relay->options.queue, destination->domain, 0);
	destination->postponed = false;
}

size_t destination_paths_wanted(struct destination *destination,
	const struct flow_class *class, struct taker_room *room_r)
{
	bool pooled = destination->relay->sources->pooled;
	bool usual = false;
	size_t most = 0;

	LIST_EACH (&destination->paths, link) {
		const struct path *path = CONTAINER_OF(link, struct path, link);
		size_t wanted = site_wanted(path->site, class, room_r);

		usual |= path->variant == TLS_USUAL;
		if (wanted > most)
			most = wanted;
	}
	if (!usual && most == 0 && !pooled)
		return UNKNOWN_WANTED; /* usual mail may find another path open */
	/* One that was not known yet when its site went down is put off now. */
	if ((most == 0 || pooled) && destination_shut_until(destination)) {
		if (pooled || !destination->postponed)
			destination_postpone(destination);
		return 0;
	}
	/* There may be a source it has no path from yet, if it is not that the lines
	 * are full. */
	return pooled && most == 0 && !room_r->list ? UNKNOWN_WANTED : most;
}
