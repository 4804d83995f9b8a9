/* Follows transcripts: the peer of a dialogue, under virtual time. */
#include "talk.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "clock_virtual.h"
#include "io/deflate.h"
#include "io/material.h"
#include "io/tls.h"
#include "run/fiber.h"
#include "run/virtual.h"
#include "run/worker.h"
#include "transcript.h"

#define HOUR_MS	  INT64_C(3600000)
#define LINE_MAX  65536
#define PIPE_SIZE (1u << 20)
#define NOWHERE	  0 /* no cut, no disconnect */

/* One file and what is done with it. */
struct talk {
	struct transcript *transcript;
	void (*dialogue)(struct stream *stream, void *context);
	void *context;
	FILE *errors;
	struct tls_server *server;
	struct tls_client *client;
	bool thoroughly;
	size_t cut, hang_up; /* position, line */
	bool passed;
};

/* One conversation. */
struct run {
	struct talk *talk;
	struct stream *peer, *ours;
	size_t said;
	size_t line; /* of the current step */
	char variant[80];
};

bool (*talk_is_busy)(void);

static struct transcript *current;

const char *talk_setting(const char *name)
{
	for (size_t i = 0; current && i < current->setting_count; i++)
		if (strcmp(current->settings[i].name, name) == 0)
			return current->settings[i].value;
	return NULL;
}

/* ---- The peer ---- */

static bool differs(struct run *run, const char *what, struct slice got)
{
	FILE *errors = run->talk->errors;
	size_t shown = got.size < 300 ? got.size : 300;

	fprintf(errors, "%s:%zu: %s%s", run->talk->transcript->path, run->line,
		run->variant, what);
	for (size_t i = 0; i < shown; i++)
		if (got.at[i] >= ' ' && got.at[i] < 0x7f)
			fputc(got.at[i], errors);
		else
			fprintf(errors, "\\x%02x", (unsigned char)got.at[i]);
	fprintf(errors, shown < got.size ? "… (%zu bytes)\n" : "\n", got.size);
	return false;
}

static bool differs_from(struct run *run, struct slice want, struct slice got)
{
	char *what = memory_format("want \"%.*s\", got ", SLICE_PRINT(want));

	differs(run, what, got);
	memory_free(what);
	return false;
}

static bool nothing_came(struct run *run, struct slice want)
{
	char *what = memory_format("want \"%.*s\", but %s", SLICE_PRINT(want),
		failure_kind_last() == FAILURE_TIMEOUT ? "nothing is said for an hour"
						       : failure_last()->text);

	differs(run, what, SLICE_EMPTY);
	memory_free(what);
	return false;
}

static bool send_part(struct run *run, struct slice bytes)
{
	if (bytes.size &&
		!stream_send(run->peer, &bytes, 1, deadline_after_ms(HOUR_MS)))
		return differs(run, "cannot be said: ", slice_of(failure_last()->text));
	return true;
}

static bool say(struct run *run, struct slice bytes)
{
	size_t cut = run->talk->cut;
	size_t before = run->said;

	run->said += bytes.size;
	if (cut == TALK_EACH_BYTE) {
		for (size_t i = 0; i < bytes.size; i++) {
			if (!send_part(run, slice_part(bytes, i, 1)))
				return false;
			fiber_yield(deadline_after_ms(HOUR_MS));
		}
		return true;
	}
	if (cut <= before || cut >= run->said)
		return send_part(run, bytes);
	if (!send_part(run, slice_part(bytes, 0, cut - before)))
		return false;
	fiber_sleep(deadline_after_ms(1));
	return send_part(run, slice_from(bytes, cut - before));
}

static bool hear(struct run *run, const struct step *step)
{
	struct slice line, text;
	char *copy;
	bool matches;

	if (!stream_read_line(run->peer, LINE_MAX, &line, deadline_after_ms(HOUR_MS)))
		return nothing_came(run, step->bytes);
	if (!slice_ends(line, SLICE("\r\n")))
		return differs(run, "a line must end in CRLF: ", line);
	text = slice_part(line, 0, line.size - 2);
	if (step->kind == STEP_HEAR)
		return slice_equal(text, step->bytes) ||
		       differs_from(run, step->bytes, text);
	copy = memory_copy_text(text);
	matches = regexec(&step->regex, copy, 0, NULL, 0) == 0;
	memory_free(copy);
	return matches || differs_from(run, step->bytes, text);
}

static bool hear_raw(struct run *run, struct slice want)
{
	struct slice got;

	while (want.size) {
		if (!stream_read(
			    run->peer, want.size, &got, deadline_after_ms(HOUR_MS)))
			return nothing_came(run, want);
		if (!slice_starts(want, got))
			return differs_from(run, want, got);
		want = slice_from(want, got.size);
	}
	return true;
}

/* For MS milliseconds nothing may be said, and the connection stays. */
static bool be_quiet(struct run *run, int64_t ms)
{
	struct slice got;

	if (stream_wait(run->peer, deadline_after_ms(ms))) {
		stream_read(run->peer, LINE_MAX, &got, deadline_after_ms(0));
		return differs(run, "this is said instead of nothing: ", got);
	}
	return failure_kind_last() == FAILURE_TIMEOUT ||
	       differs(run, "ended meanwhile: ", slice_of(failure_last()->text));
}

static bool expect_closed(struct run *run)
{
	struct slice got;

	if (stream_read(run->peer, LINE_MAX, &got, deadline_after_ms(HOUR_MS)))
		return differs(run, "this is said instead of closing: ", got);
	return failure_kind_last() == FAILURE_CLOSED ||
	       differs(run, "is not closed: ", slice_of(failure_last()->text));
}

static bool start_tls(struct run *run, bool as_server)
{
	struct deadline soon = deadline_after_ms(HOUR_MS);
	struct tls_target target = {.name = ""};

	run->peer = as_server
			    ? tls_accept(&run->peer, run->talk->server, soon)
			    : tls_connect(&run->peer, run->talk->client, &target, soon);
	return run->peer ? stream_flush(run->peer, soon)
			 : differs(run, "TLS: ", slice_of(failure_last()->text));
}

static bool follow(struct run *run, const struct step *step)
{
	run->line = step->line;
	switch (step->kind) {
	case STEP_SAY:
		return say(run, step->bytes);
	case STEP_HEAR:
	case STEP_MATCH:
		return hear(run, step);
	case STEP_HEAR_RAW:
		return hear_raw(run, step->bytes);
	case STEP_WAIT:
		return be_quiet(run, step->wait_ms);
	case STEP_CLOSE:
		stream_finish(&run->peer, deadline_after_ms(HOUR_MS));
		return true;
	case STEP_CLOSED:
		return expect_closed(run);
	case STEP_DEFLATE:
		run->peer = stream_deflate(&run->peer);
		return true;
	default:
		return start_tls(run, step->kind == STEP_TLS_SERVER);
	}
}

/* After the last line all is said; whoever has not closed yet, the peer does. */
static bool follow_all(struct run *run)
{
	const struct transcript *t = run->talk->transcript;
	bool closed = false;

	for (size_t i = 0; i < t->count; i++) {
		run->line = t->steps[i].line;
		if (!run->peer || closed)
			return differs(run, "comes after the end", SLICE_EMPTY);
		if (!follow(run, &t->steps[i]))
			return false;
		if (run->line == run->talk->hang_up) {
			stream_close(&run->peer);
			return true;
		}
		closed = t->steps[i].kind == STEP_CLOSED;
	}
	if (closed || !run->peer)
		return true;
	run->line++;
	if (!stream_has_input(run->peer))
		fiber_sleep(deadline_after_ms(1));
	return !stream_has_input(run->peer) || be_quiet(run, 0);
}

/* ---- Conversations ---- */

static void run_dialogue(void *arg)
{
	struct run *run = arg;

	run->talk->dialogue(run->ours, run->talk->context);
}

static bool converse(struct talk *talk)
{
	struct run run = {.talk = talk};
	struct scope scope;
	bool good, ended;

	if (talk->cut == TALK_EACH_BYTE)
		snprintf(run.variant, sizeof(run.variant), "byte by byte: ");
	else if (talk->cut)
		snprintf(run.variant, sizeof(run.variant),
			"cut at byte %zu: ", talk->cut);
	if (talk->hang_up)
		snprintf(run.variant, sizeof(run.variant),
			"hung up after line %zu: ", talk->hang_up);
	clock_virtual_set(clock_monotonic_us() + 1000, TALK_BEGINS_MS);
	fiber_sleep(deadline_after_ms(1));
	clock_virtual_set(clock_monotonic_us(), TALK_BEGINS_MS);
	scope_init(&scope);
	stream_pair(PIPE_SIZE, &run.peer, &run.ours);
	scope_spawn(&scope, "dialogue", run_dialogue, &run);
	good = follow_all(&run);
	stream_finish(&run.peer, deadline_after_ms(HOUR_MS));
	ended = scope_join(&scope, deadline_after_ms(2 * HOUR_MS));
	scope_finish(&scope, deadline_after_ms(0));
	if (good && !ended)
		good = differs(&run,
			"the dialogue goes on for two hours after its peer "
			"has gone",
			SLICE_EMPTY);
	return good;
}

static bool converse_as(struct talk *talk, size_t cut, size_t hang_up)
{
	talk->cut = cut;
	talk->hang_up = hang_up;
	return converse(talk);
}

static bool converse_thoroughly(struct talk *talk)
{
	const struct transcript *t = talk->transcript;

	if (!converse_as(talk, NOWHERE, NOWHERE) ||
		!converse_as(talk, TALK_EACH_BYTE, NOWHERE))
		return false;
	for (size_t cut = 1; cut < t->bytes_said; cut++)
		if (!converse_as(talk, cut, NOWHERE))
			return false;
	for (size_t i = 0; i < t->count; i++)
		if (!converse_as(talk, NOWHERE, t->steps[i].line))
			return false;
	return true;
}

static void on_worker(void *arg)
{
	struct talk *talk = arg;

	talk->passed = talk->thoroughly ? converse_thoroughly(talk) : converse(talk);
}

static void wind(int64_t next_timer_us)
{
	if (talk_is_busy && talk_is_busy()) {
		usleep(20);
		return;
	}
	clock_virtual_advance_us(next_timer_us - clock_monotonic_us());
}

static bool needs(const struct transcript *t, enum step_kind kind)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->steps[i].kind == kind)
			return true;
	return false;
}

static bool make_tls(struct talk *talk)
{
	static bool made;
	struct tls_pair pair;
	size_t which;

	if (needs(talk->transcript, STEP_TLS_CLIENT))
		talk->client = tls_client_create(NULL, "1.2");
	if (!needs(talk->transcript, STEP_TLS_SERVER))
		return true;
	if (!made)
		material_make(&(struct material_wish){
			.name = "peer.example", .names = "DNS:peer.example"});
	made = true;
	pair = (struct tls_pair){material_path("peer.example", "pem"),
		material_path("peer.example", "key")};
	talk->server = tls_server_create(&pair, 1, "1.2", NULL, &which);
	return talk->server != NULL;
}

static bool run_talk(struct talk *talk, const char *path)
{
	struct worker *worker;

	talk->transcript = current = transcript_read(path, talk->errors);
	if (!talk->transcript)
		return false;
	worker = worker_create(&(struct worker_options){
		.ring_entries = 64, .buffer_count = 16, .fibers_max = 1000});
	if (worker && make_tls(talk)) {
		worker_set_idle(wind);
		worker_run(worker, on_worker, talk);
		worker_set_idle(NULL);
	} else {
		fprintf(talk->errors, "%s: %s\n", path, failure_last()->text);
	}
	worker_destroy(&worker);
	tls_server_release(&talk->server);
	tls_client_release(&talk->client);
	current = NULL;
	transcript_free(&talk->transcript);
	return talk->passed;
}

bool talk_run(const char *path, void (*dialogue)(struct stream *stream, void *context),
	void *context, FILE *errors)
{
	return talk_run_cut(path, NOWHERE, dialogue, context, errors);
}

bool talk_run_cut(const char *path, size_t position,
	void (*dialogue)(struct stream *stream, void *context), void *context,
	FILE *errors)
{
	return run_talk(&(struct talk){.dialogue = dialogue,
				.context = context,
				.errors = errors,
				.cut = position},
		path);
}

bool talk_run_disconnect(const char *path, size_t line,
	void (*dialogue)(struct stream *stream, void *context), void *context,
	FILE *errors)
{
	return run_talk(&(struct talk){.dialogue = dialogue,
				.context = context,
				.errors = errors,
				.hang_up = line},
		path);
}

bool talk_check(const char *path,
	void (*dialogue)(struct stream *stream, void *context), void *context,
	FILE *errors)
{
	return run_talk(&(struct talk){.dialogue = dialogue,
				.context = context,
				.errors = errors,
				.thoroughly = true},
		path);
}
