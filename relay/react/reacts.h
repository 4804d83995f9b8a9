/*
 * What was learned of receivers, shared by all workers of the process: for each
 * scope (a site, provider, domain, source or tenant) the reactions in force and,
 * for a site, the rate and the messages a connection it takes. A lock for each
 * where something is wrong; where nothing is, atomics.
 */
#ifndef RINGPOST_REACT_REACTS_H
#define RINGPOST_REACT_REACTS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "react/react.h"
#include "react/stint.h"
#include "react/tempo.h"

#define REACTS_MAX    20000 /* in force at a time; what is beyond is not kept */
#define REACT_KEY_MAX 1000  /* bytes; of longer ones the end is cut */

struct reacts; /* a process's */
struct redis;

struct reacts *reacts_create(void);
void reacts_destroy(struct reacts **reacts);

struct react_scope {
	struct reacts *reacts;
	enum reaction_scope kind;
	struct slice key;	  /* "google default", "mx1.test;mx2.test default" */
	_Atomic int64_t until_ms; /* nothing is sent before; 0: it is */
	_Atomic uint64_t connections;	 /* no more than so many; 0: any */
	_Atomic uint64_t per_connection; /* messages, as a rule says; 0: any */
	_Atomic uint64_t stint;		 /* … as learned */
	_Atomic int64_t stint_until_us;
	_Atomic uint64_t version; /* of what is in force */
	_Atomic bool paced;	  /* the tempo holds something back */
	_Atomic int64_t counted_us;
	_Atomic uint64_t counted; /* accepted since then, while it does not */
	_Atomic unsigned holders;
	/* Under the lock. */
	pthread_mutex_t lock;
	struct react react;
	struct tempo tempo;
	struct stint learned;
	int64_t turn_ms; /* of a domain or tenant: when the next message may go */
	uint64_t turns;	 /* given out behind that */
	struct limit_terms configured;
	uint64_t configured_per_connection;
	_Atomic bool unsaved, in_force;
};

/* Made when it is new. Held ones stay, and those that have something in force. */
struct react_scope *reacts_hold(
	struct reacts *reacts, enum reaction_scope kind, struct slice key);
void reacts_release(struct react_scope **scope);
/* Held, or NULL: nothing is known of it. */
struct react_scope *reacts_find(
	struct reacts *reacts, enum reaction_scope kind, struct slice key);
/* How many domains and tenants have something in force. */
unsigned reacts_special(const struct reacts *reacts);
size_t reacts_in_force(const struct reacts *reacts);
bool reacts_are_unsaved(const struct reacts *reacts);

/* A reply calls for REACTION. */
enum react_answer reacts_hear(struct react_scope *scope,
	const struct reaction *reaction, struct slice place, struct slice reply,
	int64_t began_ms, int64_t now_ms);
/* Ends all of it; true: there was something. */
bool reacts_reset(struct react_scope *scope);
/* What it comes back to. */
void reacts_configure(struct react_scope *scope, const struct limit_terms *terms,
	uint64_t per_connection);
/* Takes the steps that are due; CHANGED is told of each, without a lock held. */
void reacts_advance(struct reacts *reacts, int64_t now_ms,
	void (*changed)(void *context, struct react_scope *scope), void *context);
/* Each that has something in force, held meanwhile; until VISIT says false. */
void reacts_each(struct reacts *reacts,
	bool (*visit)(void *context, struct react_scope *scope), void *context);
/* A copy of what is in force. */
struct react reacts_look(struct react_scope *scope);
/* From an earlier life. */
void reacts_restore(struct reacts *reacts, enum reaction_scope kind, struct slice key,
	const struct react *react);

/* reacts_pace.c: the tempo and the stint of a site. */
int64_t reacts_wait_us(struct react_scope *scope, int64_t now_us);
bool reacts_take(struct react_scope *scope, int64_t now_us);
/* The rate in messages a second; 0: as fast as one can. *BLOCKED_R: none now. */
double reacts_rate(struct react_scope *scope, bool *blocked_r);
/* True: something is known anew. */
bool reacts_note_accepted(struct react_scope *scope, int64_t began_us, int64_t now_us);
bool reacts_note_refused(struct react_scope *scope, int64_t began_us, int64_t now_us);
bool reacts_note_cut(struct react_scope *scope, uint64_t messages, int64_t now_us);
void reacts_note_carried(struct react_scope *scope, uint64_t messages);
uint64_t reacts_stint(struct react_scope *scope, int64_t now_us);
/* Of a domain or tenant: when a message of it may be tried, 0: now. */
int64_t reacts_withhold_ms(struct react_scope *scope, int64_t now_ms);

/* reacts_store.c: what is in force is kept in the hash KEY. Writes what changed,
 * without waiting; what cannot be written now is the next time. */
void reacts_save(struct reacts *reacts, struct redis *redis, struct slice key);
/* False with a failure: it could not be read. */
struct deadline;
bool reacts_load(struct reacts *reacts, struct redis *redis, struct slice key,
	struct deadline deadline);

#endif
