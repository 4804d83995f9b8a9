/* What a process's workers share: the file, and figures. */
#include "base/failure.h"
#include "base/memory.h"
#include "events/events_core.h"

static struct events_file_options options_of(const struct config *config)
{
	return (struct events_file_options){
		.path = config->events.file,
		.size = config->events.file_size,
		.files = config->events.files,
	};
}

/* Where FILE was written in the configuration. */
static bool fail_at(const struct config *config)
{
	char place[CONFIG_PLACE_SIZE], text[sizeof(((struct failure *)0)->text)];
	struct slice why = slice_of(failure_last()->text);

	slice_to_text(why, text, sizeof(text));
	return fail(FAILURE_CONFIG, "%s%s",
		config_place(
			config, config_mark_of(config, &config->events.file), place),
		text);
}

struct events_node *events_node_create(const struct config *config)
{
	struct events_node *node = NEW(struct events_node);
	struct events_file_options options = options_of(config);

	pthread_mutex_init(&node->lock, NULL);
	list_init(&node->workers);
	if (options.path)
		node->file = events_file_create(&options);
	if (options.path && !node->file) {
		fail_at(config);
		events_node_destroy(&node);
	}
	return node;
}

/* A file that is not wanted any more stays open: workers may still write to it. */
bool events_node_reload(struct events_node *node, const struct config *config)
{
	struct events_file_options options = options_of(config);
	struct events_file *file;

	if (!options.path)
		return true;
	if (node->file)
		return events_file_reload(node->file, &options) || fail_at(config);
	file = events_file_create(&options);
	if (!file)
		return fail_at(config);
	node->file = file;
	return true;
}

void events_node_destroy(struct events_node **node)
{
	struct events_node *old = *node;

	*node = NULL;
	if (!old)
		return;
	events_file_destroy(&old->file);
	pthread_mutex_destroy(&old->lock);
	memory_free(old);
}

struct events_figures events_figures(struct events_node *node)
{
	struct events_figures figures = {
		.dropped = atomic_load(&node->dropped),
		.sent = atomic_load(&node->sent),
		.batches = atomic_load(&node->batches),
	};
	int64_t oldest_us = 0;

	pthread_mutex_lock(&node->lock);
	figures.raised = atomic_load(&node->raised);
	LIST_EACH (&node->workers, link) {
		struct events *events = CONTAINER_OF(link, struct events, link);
		int64_t its_us = atomic_load(&events->oldest_us);

		figures.raised += atomic_load(&events->number);
		figures.waiting_bytes += atomic_load(&events->bytes);
		if (its_us && (!oldest_us || its_us < oldest_us))
			oldest_us = its_us;
	}
	pthread_mutex_unlock(&node->lock);
	if (oldest_us)
		figures.waiting_ms = (clock_monotonic_us() - oldest_us) / 1000;
	if (node->file) {
		struct events_file_figures file = events_file_figures(node->file);

		figures.file_written = file.written;
		figures.file_dropped = file.dropped;
		figures.file_waiting_bytes = file.waiting_bytes;
	}
	return figures;
}
