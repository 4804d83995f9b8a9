/*
 * Which figure of `status` is which metric: one row each. Labels have few values,
 * whatever mail there is.
 */
#include "web/metrics.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"

struct row {
	const char *section, *member; /* of a worker's answer */
	const char *family;	      /* NULL: that of the row before */
	enum exposition_kind kind;
	const char *help;
	const char *label, *value; /* or NULL */
};

#define COUNTER EXPOSITION_COUNTER
#define GAUGE	EXPOSITION_GAUGE

static const struct row rows[] = {
	{"mail", "submitted", "ringpost_received_total", COUNTER,
		"Messages accepted, by where they came", "role", "submission"},
	{"mail", "brought", NULL, COUNTER, NULL, "role", "receive"},
	{"mail", "submitted_bytes", "ringpost_received_bytes_total", COUNTER,
		"Bytes of messages accepted", "role", "submission"},
	{"mail", "brought_bytes", NULL, COUNTER, NULL, "role", "receive"},
	{"totals", "refused", "ringpost_refused_total", COUNTER,
		"Messages refused, by where they came", "role", "submission"},
	{"totals", "brought_refused", NULL, COUNTER, NULL, "role", "receive"},
	{"totals", "gate_refused", "ringpost_gate_total", COUNTER,
		"Messages the gate refused or mended", "did", "refused"},
	{"totals", "gate_fixed", NULL, COUNTER, NULL, "did", "fixed"},
	{"totals", "suspicious", "ringpost_suspicious_total", COUNTER,
		"Messages that look like phishing", NULL, NULL},
	{"totals", "logins", "ringpost_logins_total", COUNTER,
		"Logins to send mail, by result", "result", "good"},
	{"totals", "login_failures", NULL, COUNTER, NULL, "result", "failed"},
	{"totals", "delivered", "ringpost_recipients_total", COUNTER,
		"Attempts to deliver, by what came of each recipient", "outcome",
		"delivered"},
	{"totals", "deferred", NULL, COUNTER, NULL, "outcome", "deferred"},
	{"totals", "bounced", NULL, COUNTER, NULL, "outcome", "bounced"},
	{"totals", "attempts", "ringpost_attempts_total", COUNTER,
		"Attempts to deliver a message to a site", NULL, NULL},
	{"totals", "uncertain", "ringpost_uncertain_total", COUNTER,
		"Messages sent whose answer never came: they may arrive twice", NULL,
		NULL},
	{"totals", "returned", "ringpost_returned_total", COUNTER,
		"Late bounces, complaints and other mail that came back", NULL, NULL},
	{"totals", "connects", "ringpost_connects_total", COUNTER,
		"Connections made to receivers", NULL, NULL},
	{"totals", "reused", "ringpost_connections_reused_total", COUNTER,
		"Messages sent over a connection that was there", NULL, NULL},
	{"totals", "tls", "ringpost_tls_connects_total", COUNTER,
		"Connections to receivers under TLS, by session", "session", "any"},
	{"totals", "tls_resumed", NULL, COUNTER, NULL, "session", "resumed"},
	{"relay", "connections", "ringpost_relay_connections", GAUGE,
		"Connections to receivers, by state", "state", "open"},
	{"relay", "idle", NULL, GAUGE, NULL, "state", "idle"},
	{"relay", "sites", "ringpost_relay_sites", GAUGE, "Destinations known now",
		NULL, NULL},
	{"relay", "down", "ringpost_relay_sites_down", GAUGE,
		"Destinations that are left alone for now, after failures", NULL, NULL},
	{"relay", "waiting", "ringpost_relay_waiting", GAUGE,
		"Messages that wait for their turn at a destination", NULL, NULL},
	{"queue", "ready", "ringpost_queue_entries", GAUGE,
		"Entries of the queue, by state", "state", "ready"},
	{"queue", "taken", NULL, GAUGE, NULL, "state", "taken"},
	{"queue", "deferred", NULL, GAUGE, NULL, "state", "deferred"},
	{"queue", "held", NULL, GAUGE, NULL, "state", "held"},
	{"queue", "uncounted", "ringpost_queue_uncounted", GAUGE,
		"Workers that cannot count their entries now", NULL, NULL},
	{"queue", "active", "ringpost_queue_active", GAUGE, "Entries in memory", NULL,
		NULL},
	{"queue", "active_bytes", "ringpost_queue_active_bytes", GAUGE,
		"Bytes of queued mail in memory", NULL, NULL},
	{"queue", "committed", "ringpost_queue_committed_total", COUNTER,
		"Messages made durable", NULL, NULL},
	{"queue", "commits", "ringpost_queue_commits_total", COUNTER,
		"Groups of messages made durable together", NULL, NULL},
	{"queue", "shards", "ringpost_queue_shards", GAUGE,
		"Parts of the queue that are this process's", NULL, NULL},
	{"queue", "recovering", "ringpost_queue_shards_recovering", GAUGE,
		"Of these, whose mail of an earlier owner is looked for", NULL, NULL},
	{"redis", "calls", "ringpost_redis_calls_total", COUNTER, "Calls of Redis",
		NULL, NULL},
	{"redis", "errors", "ringpost_redis_errors_total", COUNTER,
		"Calls that Redis refused", NULL, NULL},
	{"redis", "reconnects", "ringpost_redis_reconnects_total", COUNTER,
		"Connections to Redis made again", NULL, NULL},
	{"redis", "workers_down", "ringpost_redis_down", GAUGE,
		"Workers without Redis now", NULL, NULL},
	{"dns", "questions", "ringpost_dns_questions_total", COUNTER,
		"Questions to DNS, by how they were answered", "by", "any"},
	{"dns", "hits", NULL, COUNTER, NULL, "by", "cache"},
	{"dns", "sent", NULL, COUNTER, NULL, "by", "server"},
	{"dns", "temporary", "ringpost_dns_failures_total", COUNTER,
		"Questions nobody answered", NULL, NULL},
	{"dns", "entries", "ringpost_dns_cache_entries", GAUGE, "Answers kept", NULL,
		NULL},
	{"http", "connections", "ringpost_http_connections_total", COUNTER,
		"Connections over HTTP", NULL, NULL},
	{"http", "status_2xx", "ringpost_http_requests_total", COUNTER,
		"Requests over HTTP, by answer", "status", "2xx"},
	{"http", "status_3xx", NULL, COUNTER, NULL, "status", "3xx"},
	{"http", "status_4xx", NULL, COUNTER, NULL, "status", "4xx"},
	{"http", "status_5xx", NULL, COUNTER, NULL, "status", "5xx"},
	{"api", "accepted", "ringpost_api_messages_total", COUNTER,
		"Messages over the HTTP API", "result", "accepted"},
	{"api", "refused", NULL, COUNTER, NULL, "result", "refused"},
	{"api", "replayed", "ringpost_api_replayed_total", COUNTER,
		"Requests answered as before, for their idempotency key", NULL, NULL},
	{"api", "keys_refused", "ringpost_api_keys_refused_total", COUNTER,
		"Requests whose API key was not good", NULL, NULL},
	{"webhooks", "webhooks", "ringpost_webhooks", GAUGE,
		"Webhooks that this node sends to", "state", "any"},
	{"webhooks", "failing", NULL, GAUGE, NULL, "state", "failing"},
	{"webhooks", "behind_ms", "ringpost_webhook_lag_seconds", GAUGE,
		"How long the oldest event has waited for the webhook furthest behind",
		NULL, NULL},
	{"webhooks", "sent", "ringpost_webhook_events_total", COUNTER,
		"Events that webhooks took, or that became dead letters", "result",
		"sent"},
	{"webhooks", "dead", NULL, COUNTER, NULL, "result", "dead"},
	{"webhooks", "failed", "ringpost_webhook_failures_total", COUNTER,
		"Requests to webhooks that failed", NULL, NULL},
};

/* Of a worker each, with its number as label. */
static const struct row worker_rows[] = {
	{"worker", "busy_percent", "ringpost_worker_busy_percent", GAUGE,
		"How much of its time a worker works", NULL, NULL},
	{"worker", "longest_hold_us", "ringpost_worker_longest_hold_seconds", GAUGE,
		"The longest time one fiber kept a worker from the others", NULL, NULL},
	{"worker", "fibers", "ringpost_worker_fibers", GAUGE, "Fibers of a worker",
		NULL, NULL},
	{"worker", "sessions", "ringpost_worker_sessions", GAUGE,
		"Sessions of a worker, all listeners", NULL, NULL},
};

static int64_t number_of(const struct value *result, const struct row *row)
{
	return value_get_number(value_get(result, row->section), row->member);
}

/* Of "behind_ms", 1000: so many microseconds it counts; 0: it is no time. */
static int64_t microseconds(const struct row *row)
{
	struct slice name = slice_of(row->member);

	return slice_ends(name, SLICE("_ms")) ? 1000 : slice_ends(name, SLICE("_us"));
}

/* Times are told in seconds. */
static void write_number(struct exposition *out, const struct row *row, int64_t number)
{
	int64_t us = microseconds(row);

	if (us)
		exposition_end_us(out, number * us);
	else
		exposition_end(out, (uint64_t)number);
}

static int64_t sum_of(const struct value *results, const struct row *row)
{
	int64_t sum = 0;

	for (size_t i = 0; i < value_count(results); i++)
		sum += number_of(value_at(results, i), row);
	return sum;
}

void metrics_write_workers(struct exposition *out, const struct value *results)
{
	const char *family = NULL;

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct row *row = &rows[i];

		if (row->family) {
			family = row->family;
			exposition_family(out, family, row->kind, row->help);
		}
		exposition_begin(out, family);
		if (row->label)
			exposition_label(out, row->label, slice_of(row->value));
		write_number(out, row, sum_of(results, row));
	}
	for (size_t i = 0; i < ARRAY_COUNT(worker_rows); i++) {
		const struct row *row = &worker_rows[i];

		exposition_family(out, row->family, row->kind, row->help);
		for (size_t at = 0; at < value_count(results); at++) {
			char number[24];

			snprintf(number, sizeof(number), "%zu", at);
			exposition_begin(out, row->family);
			exposition_label(out, "worker", slice_of(number));
			write_number(out, row, number_of(value_at(results, at), row));
		}
	}
}
