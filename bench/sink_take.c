/*
 * A message is complete: refused by a rule, or taken. Taken, it is saved and
 * has its line in the ledger before its 250 can leave.
 *
 * The line's last fields are SENDER CONNECTION SIGNATURES. Its outcome is
 * "taken"; "cut" when a rule ends the connection in place of the 250, so that
 * the relay must send it again; "bounce" or "delay" for a notification, with
 * the id and the failed recipients of what it is about.
 */
#include <fcntl.h>
#include <stdio.h>

#include "base/failure.h"

#include "bench/amount.h"
#include "bench/bounce.h"
#include "bench/ledger_entry.h"
#include "bench/sink_core.h"

#define PATH_MAX_BYTES 512

static void append_number(struct buffer *to, uint64_t number);
static bool save(struct sink_session *session, struct deadline deadline);
static void note(struct sink_session *session, const char *outcome);
static bool note_bounce(struct sink_session *session);
static void write_line(struct sink_session *session, struct ledger_entry *entry);
static void count(struct sink_session *session, bool notification);

void sink_take(struct sink_session *session, struct deadline deadline)
{
	struct sink *sink = session->worker->sink;
	bool ledger = ledger_is_open(&session->worker->ledger);
	const char *outcome = "taken";
	bool notification = false;

	if (!sink_ask(session, RULE_DOT, session->recipients, session->recipient_count,
		    deadline)) {
		tally_count(session->worker->tally, TALLY_REFUSED, 1);
		return;
	}
	if (sink->options.save && !save(session, deadline)) {
		sink_note(session, failure_last()->text);
		SINK_SAY(session, 451, 4, 3, 0, "The message cannot be saved");
		return;
	}
	if (!sink_ask(session, RULE_REPLY, session->recipients,
		    session->recipient_count, deadline))
		outcome = "cut";
	if (ledger && address_is_null(&session->sender))
		notification = note_bounce(session);
	if (ledger && !notification)
		note(session, outcome);
	session->messages++;
	session->uncommitted |= ledger;
	count(session, notification);
	if (session->cut) {
		sink_commit(session, deadline);
		return;
	}
	buffer_clear(&session->reply);
	buffer_append(&session->reply, SLICE("250 2.0.0 Ok: queued as "));
	append_number(&session->reply, session->number);
	buffer_append_byte(&session->reply, '.');
	append_number(&session->reply, session->messages);
	buffer_append(&session->reply, SLICE("\r\n"));
	sink_accept(session, buffer_contents(&session->reply));
}

static void append_number(struct buffer *to, uint64_t number)
{
	char digits[AMOUNT_DIGITS];

	buffer_append(to, slice_make(digits, amount_print_number(number, digits)));
}

/* DIR/CONNECTION.N.eml, as it came. */
static bool save(struct sink_session *session, struct deadline deadline)
{
	struct slice rest = buffer_contents(&session->content.whole);
	char path[PATH_MAX_BYTES];
	uint64_t offset = 0;
	int fd, result = 0;

	snprintf(path, sizeof(path), "%.480s/%llu.%llu.eml",
		session->worker->sink->options.save,
		(unsigned long long)session->number,
		(unsigned long long)session->messages + 1);
	fd = ring_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644, deadline);
	if (fd < 0)
		return fail_errno(FAILURE_FILE, -fd, "cannot write %s", path);
	while (rest.size && result >= 0) {
		result = ring_write(fd, rest, offset, deadline);
		if (result > 0) {
			rest = slice_from(rest, (size_t)result);
			offset += (uint64_t)result;
		}
	}
	ring_close(fd);
	return result >= 0 ||
	       fail_errno(FAILURE_FILE, -result, "cannot write %s", path);
}

static void append_address(struct buffer *to, const struct address *address)
{
	buffer_append(to, address->local);
	if (address->domain.size) {
		buffer_append_byte(to, '@');
		buffer_append(to, address->domain);
	}
}

static void note(struct sink_session *session, const char *outcome)
{
	const struct content *content = &session->content;
	struct ledger_entry entry = {
		.outcome = slice_of(outcome),
		.id = slice_make(content->id, content->id_size),
		.size = content->body_size,
		.crc = content->body_crc,
		.count = session->recipient_count,
	};
	struct buffer *one = &session->reply, *list = &session->list;

	buffer_clear(list);
	for (size_t i = 0; i < session->recipient_count; i++) {
		buffer_clear(one);
		append_address(one, &session->recipients[i]);
		ledger_recipient_add(list, buffer_contents(one));
	}
	entry.recipients = buffer_contents(list);
	if (!entry.id.size)
		entry.id = ledger_id_of_local(session->sender.local);
	write_line(session, &entry);
}

/* False: it is a message with a null sender like any other. */
static bool note_bounce(struct sink_session *session)
{
	struct ledger_entry entry = {0};
	struct bounce bounce;
	bool is;

	is = bounce_read(buffer_contents(&session->content.whole), &bounce);
	if (is) {
		entry.outcome = bounce.failed ? SLICE("bounce") : SLICE("delay");
		entry.id = bounce.id;
		entry.count = bounce.failed;
		entry.recipients = buffer_contents(&bounce.recipients);
		if (!entry.id.size && session->recipient_count)
			entry.id = ledger_id_of_local(session->recipients[0].local);
		write_line(session, &entry);
	}
	bounce_finish(&bounce);
	return is;
}

static void write_line(struct sink_session *session, struct ledger_entry *entry)
{
	struct ledger *ledger = &session->worker->ledger;
	struct buffer *rest = &session->reply;

	buffer_clear(rest);
	buffer_append_byte(rest, '<');
	append_address(rest, &session->sender);
	buffer_append_format(rest, "> %llu %u", (unsigned long long)session->number,
		session->content.signatures);
	entry->rest = buffer_contents(rest);
	entry->wall_ms = worker_wall_ms();
	ledger_entry_write(ledger_line(ledger), entry);
	ledger_line_end(ledger);
}

static void count(struct sink_session *session, bool notification)
{
	struct sink *sink = session->worker->sink;
	struct tally *tally = session->worker->tally;
	uint64_t second = atomic_load_explicit(&sink->second, memory_order_relaxed);

	tally_count(tally, TALLY_DONE, 1);
	tally_count(tally, TALLY_AGAIN, notification);
	tally_count(tally, TALLY_RECIPIENTS, (int64_t)session->recipient_count);
	tally_count(tally, TALLY_BYTES, (int64_t)session->content.size);
	tally_message(tally, session->began_us, worker_now_us());
	if (second != session->busy_second)
		tally_count(tally, TALLY_BUSY, 1);
	session->busy_second = second;
	if (sink->options.messages &&
		atomic_fetch_add(&sink->taken, 1) + 1 >= sink->options.messages)
		crew_stop(sink->crew);
}
