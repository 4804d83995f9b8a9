/*
 * Conversations as transcripts: a dialogue of ours talks over a pipe in memory
 * to a peer that follows a file, under virtual time. The form of the file is in
 * README.md beside this one.
 *
 * DIALOGUE runs in a fiber, owns STREAM and closes it; it is run once for each
 * conversation, so it begins with a fresh state of its own (CONTEXT is passed
 * on as it is). What differs from the transcript goes to ERRORS as
 * "path:line: …", and the run returns false.
 */
#ifndef RINGPOST_TESTS_TALK_H
#define RINGPOST_TESTS_TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "io/stream.h"

/* The wall clock when each conversation begins: 2026-11-21T07:32:47.123Z. */
#define TALK_BEGINS_MS INT64_C(1795246367123)

/* As it is written. */
bool talk_run(const char *path, void (*dialogue)(struct stream *stream, void *context),
	void *context, FILE *errors);

/*
 * The same with the peer's bytes cut before the one at POSITION (1 … all - 1),
 * the rest a moment later; TALK_EACH_BYTE: each on its own. What is said must
 * be the same.
 */
#define TALK_EACH_BYTE ((size_t)-1)
bool talk_run_cut(const char *path, size_t position,
	void (*dialogue)(struct stream *stream, void *context), void *context,
	FILE *errors);

/* The peer hangs up after the file's line LINE. The dialogue must end within
 * two hours; what it says then does not matter. */
bool talk_run_disconnect(const char *path, size_t line,
	void (*dialogue)(struct stream *stream, void *context), void *context,
	FILE *errors);

/* All of it: as written, cut at every byte, byte by byte, hanging up after each
 * line. Stops at the first that fails. */
bool talk_check(const char *path,
	void (*dialogue)(struct stream *stream, void *context), void *context,
	FILE *errors);
/* Each *.talk of FOLDER, in order; a line to ERRORS for each that fails. Ends
 * with "N passed, N failed" on standard output; true if none failed and there
 * was one. */
bool talk_check_folder(const char *folder,
	void (*dialogue)(struct stream *stream, void *context), void *context,
	FILE *errors);

/* Whether threads of the test's own are at work, which time has to wait for; NULL: there
 * are none. */
extern bool (*talk_is_busy)(void);

/* For dialogues: the value of a "set NAME VALUE" line, or NULL. */
const char *talk_setting(const char *name);
/* How many bytes the peer says, how many lines the file has; 0 with a complaint
 * if it cannot be read. */
size_t talk_bytes(const char *path, FILE *errors);
size_t talk_lines(const char *path, FILE *errors);

#endif
