/*
 * Warm-up: a new source sends so many messages a day to a provider, more each
 * day. What a day allows is counted in Redis, for all nodes and over restarts:
 * a process takes small portions of it and hands them to its workers.
 *
 * A day is divided into slots of ten minutes, each of which gives its part, so
 * that nothing bursts at midnight. What a process has left of a portion counts
 * until the slot ends, and is given back then.
 */
#ifndef RINGPOST_RELAY_WARMUP_H
#define RINGPOST_RELAY_WARMUP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"
#include "base/slice.h"
#include "run/deadline.h"

struct redis;

#define WARMUP_UNKNOWN	INT64_MIN /* of a first day */
#define WARMUP_KEY_SIZE 140

/* What a schedule allows at a moment. */
struct warmup_day {
	int64_t day;	    /* since 1970, in UTC */
	int64_t number;	    /* of the schedule, from 0; below: not begun */
	bool over;	    /* no limit any more */
	uint64_t messages;  /* of the day */
	uint64_t slot_most; /* of the slot */
	unsigned slot;	    /* of the day */
	int64_t slot_end_ms, day_end_ms;
};
struct warmup_day warmup_day(
	const struct config_warmup *schedule, int64_t from_day, int64_t now_ms);
/* How many to take from Redis at once. */
uint64_t warmup_portion(const struct warmup_day *day);

/* One schedule of a source; of all workers. */
struct warmup {
	unsigned holders;
	char key[WARMUP_KEY_SIZE]; /* "east-1/google", or with a star for all */
	_Atomic int64_t left, left_until_ms;
	_Atomic int64_t shut_until_ms; /* nothing more is to be had */
	_Atomic bool over, asking;
	_Atomic int64_t from_day; /* WARMUP_UNKNOWN */
	_Atomic int64_t total;	  /* taken of the day, by all nodes */
	_Atomic int64_t total_day;
};

/* Whether warmup_take would give one. */
bool warmup_is_at_hand(const struct warmup *warmup, int64_t now_ms);
/* One message now. False: none is at hand, warmup_ask gets more, or it is shut. */
bool warmup_take(struct warmup *warmup, int64_t now_ms);
void warmup_give_back(struct warmup *warmup);
/* Until when nothing is to be had; 0: something may be. */
int64_t warmup_shut_until(const struct warmup *warmup, int64_t now_ms);

/* warmup_ask.c: takes another portion. SCHEDULE's key is that of WARMUP. */
void warmup_ask(struct warmup *warmup, const struct config_warmup *schedule,
	struct redis *redis, struct deadline deadline);
/* What is left goes back to all nodes. */
void warmup_return(struct warmup *warmup, const struct config_warmup *schedule,
	struct redis *redis, struct deadline deadline);

#endif
