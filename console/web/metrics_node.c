/* Figures that a process has one of. */
#include "web/metrics.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/event.h"
#include "events/events.h"
#include "feedback/leaving_enter.h"
#include "feedback/suppression_list.h"
#include "index/index.h"
#include "queue/queue_admin.h"
#include "queue/spool.h"
#include "traces/traces.h"

static void write_process(struct exposition *out, struct daemon *daemon)
{
	struct rusage used;

	exposition_family(
		out, "ringpost_build_info", EXPOSITION_GAUGE, "What runs here");
	exposition_begin(out, "ringpost_build_info");
	exposition_label(out, "version", slice_of(RINGPOST_VERSION));
	exposition_end(out, 1);
	exposition_single(out, "process_start_time_seconds", EXPOSITION_GAUGE,
		"When the process began, since 1970",
		(uint64_t)(daemon->started_ms / 1000));
	exposition_single(out, "process_resident_memory_bytes", EXPOSITION_GAUGE,
		"Memory of the process, without Redis", memory_resident());
	if (getrusage(RUSAGE_SELF, &used) == 0) {
		exposition_family(out, "process_cpu_seconds_total", EXPOSITION_COUNTER,
			"Time on processors, without Redis");
		exposition_begin(out, "process_cpu_seconds_total");
		exposition_end_us(out, (used.ru_utime.tv_sec + used.ru_stime.tv_sec) *
						       INT64_C(1000000) +
					       used.ru_utime.tv_usec +
					       used.ru_stime.tv_usec);
	}
	exposition_single(out, "ringpost_reloads_total", EXPOSITION_COUNTER,
		"Configurations put in force since the start", daemon->reloads);
	exposition_single(out, "ringpost_log_dropped_total", EXPOSITION_COUNTER,
		"Lines of the event log that were lost", event_dropped());
	exposition_single(out, "ringpost_accepting", EXPOSITION_GAUGE,
		"1 while mail is accepted", queue_accepts(daemon->workers[0].queue));
}

static void write_events(struct exposition *out, struct daemon *daemon)
{
	struct events_figures figures = events_figures(daemon->events);

	exposition_single(out, "ringpost_events_total", EXPOSITION_COUNTER,
		"Events for applications", figures.raised);
	exposition_single(out, "ringpost_events_dropped_total", EXPOSITION_COUNTER,
		"Of these, lost for want of room", figures.dropped);
	exposition_single(out, "ringpost_events_waiting_bytes", EXPOSITION_GAUGE,
		"Bytes of events that wait for Redis", figures.waiting_bytes);
	exposition_family(out, "ringpost_events_lag_seconds", EXPOSITION_GAUGE,
		"How long the oldest of them has waited");
	exposition_begin(out, "ringpost_events_lag_seconds");
	exposition_end_us(out, figures.waiting_ms * 1000);
	exposition_single(out, "ringpost_events_batches_total", EXPOSITION_COUNTER,
		"Writes of events to Redis", figures.batches);
	exposition_single(out, "ringpost_events_file_total", EXPOSITION_COUNTER,
		"Events written to the file", figures.file_written);
	exposition_single(out, "ringpost_events_file_dropped_total", EXPOSITION_COUNTER,
		"Events lost for the file, for want of room", figures.file_dropped);
}

static void write_traces(struct exposition *out)
{
	struct traces_figures figures = traces_figures();

	exposition_single(out, "ringpost_traces_spans_total", EXPOSITION_COUNTER,
		"Spans of traced messages", figures.made);
	exposition_single(out, "ringpost_traces_sent_total", EXPOSITION_COUNTER,
		"Of these, those the collector took", figures.sent);
	exposition_single(out, "ringpost_traces_dropped_total", EXPOSITION_COUNTER,
		"Of these, lost for want of room, or of a collector", figures.dropped);
	exposition_single(out, "ringpost_traces_refused_total", EXPOSITION_COUNTER,
		"Of these, those the collector refused", figures.refused);
	exposition_single(out, "ringpost_traces_failures_total", EXPOSITION_COUNTER,
		"Requests the collector did not answer well", figures.failures);
	exposition_single(out, "ringpost_traces_waiting_bytes", EXPOSITION_GAUGE,
		"Bytes of spans that wait for the collector", figures.waiting_bytes);
}

static void write_spool(struct exposition *out, struct daemon *daemon)
{
	struct spool *spool = queue_node_spool(daemon->queue_node);
	struct spool_figures figures = {0};

	if (spool)
		figures = spool_figures(spool);
	exposition_single(out, "ringpost_spool_bytes", EXPOSITION_GAUGE,
		"Bytes of the spool on the disk", figures.bytes);
	exposition_single(out, "ringpost_spool_bytes_alive", EXPOSITION_GAUGE,
		"Of these, of messages that are queued", figures.bytes_alive);
}

static void write_room(struct exposition *out, struct daemon *daemon)
{
	struct queue_room room = queue_node_room(daemon->queue_node);

	exposition_single(out, "ringpost_disk_free_bytes", EXPOSITION_GAUGE,
		"Free bytes of the disk that the state is on", room.disk_free);
	exposition_single(out, "ringpost_disk_least_bytes", EXPOSITION_GAUGE,
		"With less than this no mail is accepted", room.disk_least);
	exposition_single(out, "ringpost_redis_memory_bytes", EXPOSITION_GAUGE,
		"Memory of Redis", room.memory_used);
	exposition_single(out, "ringpost_redis_memory_most_bytes", EXPOSITION_GAUGE,
		"What it may have; 0: without limit", room.memory_most);
}

static void write_suppression(struct exposition *out, struct daemon *daemon)
{
	struct suppression_figures figures = suppression_figures(daemon->suppression);

	exposition_single(out, "ringpost_suppression_entries", EXPOSITION_GAUGE,
		"Addresses that get no mail", figures.entries);
	exposition_single(out, "ringpost_suppression_waiting", EXPOSITION_GAUGE,
		"Addresses that are not written yet", figures.waiting);
	exposition_single(out, "ringpost_suppression_lost_total", EXPOSITION_COUNTER,
		"Addresses that will not be, for too many waited", figures.lost);
}

static void write_left(struct exposition *out, struct daemon *daemon)
{
	static const char *const ways[LEAVING_WAYS] = {"link", "mail"};
	static const char family[] = "ringpost_unsubscribes_total";

	exposition_family(out, family, EXPOSITION_COUNTER,
		"How often somebody asked to leave a list, and whether he was heard");
	for (int way = 0; way < LEAVING_WAYS; way++)
		for (int wrong = 0; wrong < 2; wrong++) {
			exposition_begin(out, family);
			exposition_label(out, "by", slice_of(ways[way]));
			exposition_label(out, "result",
				wrong ? SLICE("refused") : SLICE("good"));
			exposition_end(out, leaving_count(daemon->suppression,
						    (enum leaving_way)way, wrong));
		}
}

static void write_index(struct exposition *out, struct daemon *daemon)
{
	struct index_figures figures = {0};

	if (daemon->index)
		figures = index_figures(daemon->index);
	exposition_single(out, "ringpost_index_messages_total", EXPOSITION_COUNTER,
		"Messages of mailboxes put into the index of their words",
		figures.messages);
	exposition_single(out, "ringpost_index_waiting", EXPOSITION_GAUGE,
		"Accounts whose turn to be indexed has not come", figures.waiting);
}

void metrics_write_node(struct exposition *out, struct daemon *daemon)
{
	const struct world *world = daemon->world;

	write_process(out, daemon);
	exposition_single(out, "ringpost_certificate_end_seconds", EXPOSITION_GAUGE,
		"When the first of our certificates ends, since 1970; 0: there is none",
		(uint64_t)(world->certificates_end_ms / 1000));
	write_events(out, daemon);
	write_traces(out);
	write_spool(out, daemon);
	write_room(out, daemon);
	write_suppression(out, daemon);
	write_left(out, daemon);
	write_index(out, daemon);
}
