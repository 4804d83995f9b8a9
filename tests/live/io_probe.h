/*
 * For the probes: programs that a test script holds by a socket on their
 * standard input, gives one command a line, and reads one JSON object a line
 * from. Each command is handled at once; what takes time runs in a fiber.
 */
#ifndef RINGPOST_TESTS_IO_PROBE_H
#define RINGPOST_TESTS_IO_PROBE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/event.h"
#include "io/stream.h"
#include "run/fiber.h"
#include "run/ring.h"
#include "run/worker.h"

#define PROBE_WORDS 32

struct probe {
	struct stream *control;
	struct condition said;
	struct scope scope;
	/* One command; WORDS are valid during the call. False: quit. */
	bool (*handle)(struct probe *probe, struct slice *words, size_t count);
	/* Ends what the commands have started. */
	void (*end)(void);
	int argc;
	char **argv;
};

static inline void probe_say(struct probe *probe, struct slice line)
{
	stream_write(probe->control, line);
	stream_write(probe->control, SLICE("\n"));
	condition_signal(&probe->said);
}

/* What others say travels from here: they may be cancelled, and a test that
 * does not listen must not stop them. */
static inline void probe_speak(void *arg)
{
	struct probe *probe = arg;

	while (condition_wait(&probe->said, deadline_none()))
		stream_flush(probe->control, deadline_none());
}

static inline int64_t probe_number(struct slice word)
{
	int64_t number = 0;

	if (!slice_to_i64(word, &number))
		abort();
	return number;
}

static inline void probe_loop(struct probe *probe)
{
	struct slice line, words[PROBE_WORDS];
	bool more = true;

	probe->control = stream_from_socket(0);
	if (!probe->control)
		abort();
	scope_init(&probe->scope);
	condition_init(&probe->said);
	if (!scope_spawn(&probe->scope, "speaker", probe_speak, probe))
		abort();
	while (more &&
		stream_read_line(probe->control, 1 << 20, &line, deadline_none())) {
		struct arena arena = {0};
		size_t count = 0;

		line = arena_copy(&arena, slice_trim_all(line));
		while (line.at && count < PROBE_WORDS)
			words[count++] = slice_cut(&line, ' ');
		more = probe->handle(probe, words, count);
		arena_finish(&arena);
	}
	probe->end();
	scope_finish(&probe->scope, deadline_after_ms(0));
	stream_flush(probe->control, deadline_after_ms(1000));
	stream_close(&probe->control);
}

/* Runs BODY(&probe) on a worker; it calls probe_loop. */
static inline int probe_main(struct probe *probe, void (*body)(void *arg))
{
	struct worker *worker = worker_create(&(struct worker_options){.index = 0});

	if (!worker || !offload_start(1, 16)) {
		fprintf(stderr, "%s\n", failure_last()->text);
		return EXIT_FAILURE;
	}
	worker_run(worker, body, probe);
	worker_destroy(&worker);
	offload_stop();
	return EXIT_SUCCESS;
}

#endif
