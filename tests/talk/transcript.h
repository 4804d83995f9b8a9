/* Transcripts as steps. */
#ifndef RINGPOST_TESTS_TRANSCRIPT_H
#define RINGPOST_TESTS_TRANSCRIPT_H

#include <regex.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"

enum step_kind {
	STEP_SAY,      /* the peer says bytes */
	STEP_HEAR,     /* we must say this line */
	STEP_MATCH,    /* a line that matches */
	STEP_HEAR_RAW, /* exactly these bytes */
	STEP_WAIT,
	STEP_CLOSE,
	STEP_CLOSED,
	STEP_TLS_CLIENT,
	STEP_TLS_SERVER,
	STEP_DEFLATE,
};

struct step {
	enum step_kind kind;
	size_t line;	    /* in the file, from 1 */
	struct slice bytes; /* what is said or wanted, without CRLF for a line */
	regex_t regex;
	int64_t wait_ms;
};

#define SETTINGS_MAX 32

struct transcript {
	const char *path;
	struct arena arena;
	struct step *steps;
	size_t count, lines, bytes_said;
	struct {
		const char *name, *value;
	} settings[SETTINGS_MAX];
	size_t setting_count;
};

/* NULL: cannot be read or understood, said on ERRORS. */
struct transcript *transcript_read(const char *path, FILE *errors);
void transcript_free(struct transcript **transcript);

#endif
