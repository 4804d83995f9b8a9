/*
 * The canonical form of a body as it streams (RFC 6376 sections 3.4.3, 3.4.4).
 *
 * What might yet vanish is held back as counts, not bytes: line ends that may
 * turn out to be at the end of the body, and (relaxed) white space that may
 * turn out to be at the end of a line. All else is passed on in runs as long
 * as the input allows; sixteen bytes at a time are looked at for where a run
 * has to stop.
 */
#include "dkim/canon.h"

#include <string.h>

typedef uint8_t block __attribute__((vector_size(16)));
typedef uint64_t block_halves __attribute__((vector_size(16)));

static void flush(struct dkim_body *body);
static void emit(struct dkim_body *body, const char *at, size_t size);
static void emit_held(struct dkim_body *body);
static const char *take_odd(struct dkim_body *body, const char *at, const char *end);
static const char *run_end(bool relaxed, const char *at, const char *end);
static const char *find_stop(bool relaxed, const char *at, const char *end);

/* Which of the sixteen bytes is the first that is not zero. */
static size_t first_hit(block_halves halves)
{
	size_t half = halves[0] == 0;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return half * 8 + (size_t)__builtin_ctzll(halves[half]) / 8;
#else
	return half * 8 + (size_t)__builtin_clzll(halves[half]) / 8;
#endif
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

void dkim_body_init(struct dkim_body *body, enum dkim_canon canon,
	dkim_canon_sink *sink, void *context)
{
	body->sink = sink;
	body->context = context;
	body->lines = 0;
	body->staged = 0;
	body->canon = canon;
	body->started = body->space = body->cr = false;
}

void dkim_body_feed(struct dkim_body *body, struct slice chunk)
{
	bool relaxed = body->canon == DKIM_CANON_RELAXED;
	const char *at = chunk.at, *end;

	if (chunk.size == 0)
		return;
	end = at + chunk.size;
	while (at < end) {
		const char *stop;

		if (body->cr || *at == '\r' || (relaxed && is_space(*at))) {
			at = take_odd(body, at, end);
			continue;
		}
		emit_held(body);
		body->started = true;
		stop = run_end(relaxed, at, end);
		emit(body, at, (size_t)(stop - at));
		at = stop;
	}
}

void dkim_body_end(struct dkim_body *body)
{
	if (body->cr) {
		emit_held(body);
		emit(body, "\r", 1);
		body->started = true;
	}
	if (body->started || body->canon == DKIM_CANON_SIMPLE)
		emit(body, "\r\n", 2);
	flush(body);
}

static void flush(struct dkim_body *body)
{
	if (body->staged > 0)
		body->sink(body->context, slice_make(body->stage, body->staged));
	body->staged = 0;
}

/* Small pieces gather in the stage, large ones go as they are. */
static void emit(struct dkim_body *body, const char *at, size_t size)
{
	bool large = size > sizeof body->stage / 4;

	if (large || size > sizeof body->stage - body->staged)
		flush(body);
	if (large) {
		body->sink(body->context, slice_make(at, size));
		return;
	}
	memcpy(body->stage + body->staged, at, size);
	body->staged += size;
}

static void emit_held(struct dkim_body *body)
{
	for (; body->lines > 0; body->lines--) {
		if (sizeof body->stage - body->staged < 2)
			flush(body);
		body->stage[body->staged++] = '\r';
		body->stage[body->staged++] = '\n';
	}
	if (body->space) {
		if (sizeof body->stage == body->staged)
			flush(body);
		body->stage[body->staged++] = ' ';
	}
	body->space = false;
}

/* Holds back white space or a CR, or ends a CR that was: AT is one of them. */
static const char *take_odd(struct dkim_body *body, const char *at, const char *end)
{
	if (!body->cr && *at != '\r') {
		body->space = true;
		while (at < end && is_space(*at))
			at++;
		return at;
	}
	if (!body->cr && ++at == end) {
		body->cr = true;
		return at;
	}
	body->cr = false;
	if (*at == '\n') {
		body->space = false;
		body->lines++;
		return at + 1;
	}
	emit_held(body);
	emit(body, "\r", 1);
	body->started = true;
	return at;
}

/*
 * The end of the bytes that go through as they are, AT being one of them:
 * before white space that is not one space between two words, and before a
 * line end that is followed by another or by the end of what is here.
 */
static const char *run_end(bool relaxed, const char *at, const char *end)
{
	const char *stop = find_stop(relaxed, at, end);

	if (relaxed)
		while (stop - at > 1 && is_space(stop[-1]))
			stop--;
	if (stop - at > 1 && stop[-1] == '\r')
		return stop - 1;
	if (stop - at > 2 && stop[-1] == '\n' && stop[-2] == '\r')
		return stop - 2;
	return stop;
}

/* A byte that, with the one behind it, ends a run. */
static bool is_stop(bool relaxed, const char *at)
{
	if (at[0] == ' ')
		return relaxed && (at[1] == ' ' || at[1] == '\r');
	return (relaxed && at[0] == '\t') || (at[0] == '\n' && at[1] == '\r');
}

/* The first byte that is_stop for, or the end; a "\n" is part of the run. The
 * last byte is left to run_end: what follows it is not here yet. */
static const char *find_stop(bool relaxed, const char *at, const char *end)
{
	const uint8_t only_relaxed = relaxed ? 0xff : 0;

	for (; end - at > (ptrdiff_t)sizeof(block); at += sizeof(block)) {
		block now, next, hit;
		block_halves halves;

		memcpy(&now, at, sizeof now);
		memcpy(&next, at + 1, sizeof next);
		hit = (block)((now == '\t') |
			      ((now == ' ') & ((next == ' ') | (next == '\r'))));
		hit &= only_relaxed;
		hit |= (block)((now == '\n') & (next == '\r'));
		halves = (block_halves)hit;
		if (halves[0] | halves[1]) {
			at += first_hit(halves);
			return at + (at[0] == '\n');
		}
	}
	for (; end - at > 1; at++)
		if (is_stop(relaxed, at))
			return at + (at[0] == '\n');
	return end;
}
