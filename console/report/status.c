/* The status as text: a line for each thing that can go wrong. */
#include "report/report.h"

#include <stdio.h>

#include "report/words.h"

#define LABEL	  "%-11s "
#define SECOND_MS 1000

static uint64_t number(const struct value *object, const char *name)
{
	int64_t value = value_get_number(object, name);

	return value > 0 ? (uint64_t)value : 0;
}

/* "12,345 received" */
static void add_count(
	struct buffer *into, const char *before, uint64_t count, const char *what)
{
	char text[WORDS_SIZE];

	buffer_append_format(into, "%s%s %s", before, words_number(count, text), what);
}

/* "1 site", "2 sites" */
static void add_things(
	struct buffer *into, const char *before, uint64_t count, const char *thing)
{
	add_count(into, before, count, thing);
	if (count != 1)
		buffer_append_byte(into, 's');
}

static void add_head(const struct value *status, struct buffer *into)
{
	char up[WORDS_SIZE];
	const struct value *listeners = value_get(status, "listeners");
	struct slice trouble = value_get_text(status, "accepting_trouble");

	buffer_append_format(into, "Ringpost %.*s on %.*s, up %s, process %lld\n",
		SLICE_PRINT(value_get_text(status, "version")),
		SLICE_PRINT(value_get_text(status, "hostname")),
		words_duration(value_get_number(status, "uptime_s") * 1000, up),
		(long long)value_get_number(status, "pid"));
	buffer_append_format(into, LABEL, "Accepting");
	if (value_get_truth(status, "accepting"))
		buffer_append(into, SLICE("yes, on "));
	else
		buffer_append_format(into, "NO: %.*s; on ", SLICE_PRINT(trouble));
	for (size_t i = 0; i < value_count(listeners); i++)
		buffer_append_format(into, "%s%.*s", i ? ", " : "",
			SLICE_PRINT(value_text(value_at(listeners, i))));
	add_things(into, value_count(listeners) ? "; " : "nothing; ",
		number(status, "sessions"), "session");
	buffer_append_byte(into, '\n');
	trouble = value_get_text(status, "restart_needed");
	if (trouble.size)
		buffer_append_format(into,
			LABEL "changed, until the next start: %.*s\n", "Waiting",
			SLICE_PRINT(trouble));
	trouble = value_get_text(status, "reload_trouble");
	if (trouble.size)
		buffer_append_format(into, LABEL "the last reload was refused:\n%.*s\n",
			"Trouble", SLICE_PRINT(trouble));
}

static void add_gate(const struct value *totals, struct buffer *into)
{
	if (!number(totals, "gate_refused") && !number(totals, "gate_fixed") &&
		!number(totals, "suspicious"))
		return;
	buffer_append_format(into, LABEL, "Gate");
	add_things(into, "", number(totals, "gate_refused"), "message");
	add_count(into, " refused, ", number(totals, "gate_fixed"), "put right");
	add_count(into, ", ", number(totals, "suspicious"), "suspicious\n");
}

/* What those that came back say. */
static void add_returned(const struct value *totals, struct buffer *into)
{
	if (!number(totals, "returned"))
		return;
	buffer_append_format(into, LABEL, "Came back");
	add_count(into, "", number(totals, "bounced_late"), "bounced late");
	add_count(into, ", ", number(totals, "delayed_late"), "delayed");
	add_count(into, ", ", number(totals, "complained"), "complained");
	add_count(into, ", ", number(totals, "returned_unknown"), "unknown");
	add_count(into, ", ", number(totals, "returned_ignored"), "no report\n");
}

static void add_mail(const struct value *status, struct buffer *into)
{
	const struct value *totals = value_get(status, "totals");
	const struct value *minute = value_get(status, "last_minute");
	char size[WORDS_SIZE];

	buffer_append_format(into, LABEL, "Mail");
	add_count(into, "", number(totals, "received"), "received");
	buffer_append_format(
		into, " (%s)", words_size(number(totals, "received_bytes"), size));
	add_count(into, ", ", number(totals, "delivered"), "delivered");
	add_count(into, ", ", number(totals, "deferred"), "deferred");
	add_count(into, ", ", number(totals, "bounced"), "bounced");
	if (number(totals, "uncertain"))
		add_count(into, ", ", number(totals, "uncertain"), "uncertain");
	buffer_append_byte(into, '\n');
	buffer_append_format(into, LABEL, "Last minute");
	add_count(into, "", number(minute, "received"), "received");
	add_count(into, ", ", number(minute, "delivered"), "delivered");
	add_count(into, ", ", number(minute, "deferred"), "deferred");
	add_count(into, ", ", number(minute, "bounced"), "bounced\n");
	buffer_append_format(into, LABEL, "Refused");
	add_things(into, "", number(totals, "refused"), "message");
	add_count(into, ", ", number(totals, "login_failures"), "of ");
	add_count(into, "", number(totals, "logins") + number(totals, "login_failures"),
		"logins\n");
	add_gate(totals, into);
	if (!number(totals, "brought") && !number(totals, "brought_refused") &&
		!number(totals, "returned"))
		return;
	buffer_append_format(into, LABEL, "Port 25");
	add_things(into, "", number(totals, "brought"), "message");
	add_count(into, " brought, ", number(totals, "returned"), "came back");
	add_count(into, ", ", number(totals, "brought_refused"), "refusals\n");
	add_returned(totals, into);
}

static void add_queue(const struct value *status, struct buffer *into)
{
	const struct value *queue = value_get(status, "queue");
	const struct value *spool = value_get(status, "spool");
	char size[WORDS_SIZE], alive[WORDS_SIZE];

	buffer_append_format(into, LABEL, "Queue");
	if (value_has(queue, "uncounted"))
		buffer_append(into, SLICE("cannot be counted now, "));
	add_count(into, "", number(queue, "ready"), "ready");
	add_count(into, ", ", number(queue, "taken"), "being delivered");
	add_count(into, ", ", number(queue, "deferred"), "deferred");
	add_count(into, ", ", number(queue, "held"), "held");
	if (number(queue, "recovering"))
		buffer_append_format(into, "; %lld of %lld parts are being recovered",
			(long long)number(queue, "recovering"),
			(long long)number(queue, "shards"));
	buffer_append_byte(into, '\n');
	buffer_append_format(into, LABEL, "Memory");
	add_count(into, "", number(queue, "active"), "at hand");
	buffer_append_format(into, " (%s), slowest commit %.1f ms\n",
		words_size(number(queue, "active_bytes"), size),
		(double)number(queue, "commit_us_longest") / 1000);
	if (!spool)
		return;
	buffer_append_format(into, LABEL, "Spool");
	add_things(into, "", number(spool, "segments"), "segment");
	buffer_append_format(into, ", %s, of which %s is queued mail; %s\n",
		words_size(number(spool, "bytes"), size),
		words_size(number(spool, "bytes_alive"), alive),
		value_get_truth(spool, "direct") ? "direct I/O" : "cached I/O");
}

static void add_relay(const struct value *status, struct buffer *into)
{
	const struct value *relay = value_get(status, "relay");
	const struct value *totals = value_get(status, "totals");

	buffer_append_format(into, LABEL, "Relay");
	add_things(into, "", number(relay, "sites"), "site");
	add_things(into, ", ", number(relay, "connections"), "connection");
	add_count(into, " (", number(relay, "idle"), "idle)");
	add_count(into, ", ", number(relay, "waiting"), "waiting\n");
	buffer_append_format(into, LABEL, "");
	add_things(into, "", number(totals, "attempts"), "attempt");
	add_things(into, " over ", number(totals, "connects"), "connection");
	add_count(into, ", ", number(totals, "tls"), "with TLS");
	add_count(into, " (", number(totals, "tls_resumed"), "resumed)\n");
}

static void add_reactions(
	const struct value *status, int64_t now_ms, struct buffer *into)
{
	const struct value *reactions = value_get(status, "reactions");

	if (!value_count(reactions))
		return;
	buffer_append_format(into, LABEL, "Reactions");
	add_things(into, "", value_count(reactions), "reaction");
	buffer_append(into, SLICE(" in force: ringpost site DOMAIN\n"));
	for (size_t i = 0; i < value_count(reactions); i++)
		report_reaction(value_at(reactions, i), now_ms, into);
}

static void add_redis(const struct value *status, struct buffer *into)
{
	const struct value *redis = value_get(status, "redis");
	char size[WORDS_SIZE];

	buffer_append_format(into, LABEL, "Redis");
	if (value_get_truth(redis, "up"))
		buffer_append(into, SLICE("up"));
	else
		buffer_append_format(into, "DOWN: %.*s",
			SLICE_PRINT(value_get_text(redis, "trouble")));
	if (value_get_truth(redis, "embedded"))
		buffer_append_format(into, ", embedded, process %lld",
			(long long)value_get_number(redis, "pid"));
	else
		buffer_append_format(
			into, ", %.*s", SLICE_PRINT(value_get_text(redis, "address")));
	buffer_append_format(into, ", %s, slowest reply %.1f ms\n",
		words_size(number(redis, "memory"), size),
		(double)number(redis, "us_longest") / 1000);
	if (!number(redis, "repairs") && !number(redis, "reconnects") &&
		number(redis, "starts") < 2)
		return;
	buffer_append_format(into, LABEL, "");
	add_things(into, "", number(redis, "starts"), "start");
	add_things(into, ", ", number(redis, "reconnects"), "reconnect");
	add_things(into, ", ", number(redis, "repairs"), "repair");
	add_count(into, " (", number(redis, "bytes_lost_to_repair"), "bytes lost)\n");
}

/* Nothing where nobody is suppressed. */
static void add_suppression(const struct value *status, struct buffer *into)
{
	const struct value *list = value_get(status, "suppression");
	char text[WORDS_SIZE];

	if (!number(list, "entries") && !number(list, "waiting") &&
		!number(list, "lost"))
		return;
	buffer_append_format(into, LABEL "%s, %s of memory", "Suppressed",
		words_count(number(list, "entries"), "entry", "entries", text),
		words_size(number(list, "bytes"), (char[WORDS_SIZE]){0}));
	if (!value_get_truth(list, "loaded"))
		buffer_append(into, SLICE(", being loaded"));
	if (number(list, "waiting"))
		add_count(
			into, "; ", number(list, "waiting"), "reports wait for Redis");
	if (number(list, "lost"))
		add_count(into, "; ", number(list, "lost"), "reports were lost");
	buffer_append_byte(into, '\n');
}

/* Nothing where none are wanted. */
static void add_events(const struct value *status, struct buffer *into)
{
	const struct value *events = value_get(status, "events");
	char text[WORDS_SIZE];

	if (!value_get_truth(events, "wanted"))
		return;
	buffer_append_format(into, LABEL, "Events");
	add_things(into, "", number(events, "raised"), "event");
	if (number(events, "waiting_ms") >= SECOND_MS)
		buffer_append_format(into, ", waiting for Redis for %s",
			words_duration(value_get_number(events, "waiting_ms"), text));
	add_count(into, ", ",
		number(events, "dropped") + number(events, "file_dropped"), "lost");
	if (number(events, "webhooks"))
		add_things(into, "; ", number(events, "webhooks"), "webhook");
	if (number(events, "webhooks_failing"))
		add_count(into, ", ", number(events, "webhooks_failing"), "failing");
	if (number(events, "webhooks_behind_ms") >= SECOND_MS)
		buffer_append_format(into, ", %s behind",
			words_duration(
				value_get_number(events, "webhooks_behind_ms"), text));
	buffer_append_byte(into, '\n');
}

static void add_rest(const struct value *status, struct buffer *into)
{
	const struct value *dns = value_get(status, "dns");
	const struct value *workers = value_get(status, "workers");
	uint64_t questions = number(dns, "questions"), hits = number(dns, "hits");

	buffer_append_format(into, LABEL, "DNS");
	add_things(into, "", questions, "question");
	buffer_append_format(into, ", %.0f %% from memory",
		questions ? 100.0 * (double)hits / (double)questions : 0.0);
	add_count(into, ", ", number(dns, "temporary"), "without an answer");
	add_count(into, ", ", number(dns, "entries"), "remembered\n");
	buffer_append_format(
		into, LABEL "%.*s", "Log", SLICE_PRINT(value_get_text(status, "log")));
	add_count(into, ", ", number(status, "log_dropped"), "lines dropped\n");
	for (size_t i = 0; i < value_count(workers); i++) {
		const struct value *worker = value_at(workers, i);
		char label[WORDS_SIZE];

		snprintf(label, sizeof(label), "Worker %llu",
			(unsigned long long)number(worker, "index"));
		buffer_append_format(into, LABEL "%llu %% busy", label,
			(unsigned long long)number(worker, "busy_percent"));
		add_things(into, ", ", number(worker, "sessions"), "session");
		add_things(into, ", ", number(worker, "fibers"), "fiber");
		buffer_append_format(into, ", longest hold %.1f ms\n",
			(double)number(worker, "longest_hold_us") / 1000);
	}
}

void report_status(const struct value *status, int64_t now_ms, struct buffer *into)
{
	add_head(status, into);
	add_mail(status, into);
	add_queue(status, into);
	add_relay(status, into);
	add_reactions(status, now_ms, into);
	add_suppression(status, into);
	add_events(status, into);
	add_redis(status, into);
	add_rest(status, into);
}
