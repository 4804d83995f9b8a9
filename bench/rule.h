/*
 * Rules: how the sink misbehaves. One line of words each:
 *
 *	[CONDITION …] ACTION [CONDITION …]
 *
 *	domain x.test rcpt 451 4.7.1 "greylisted" first-try 5s 30%
 *	address 127.0.0.5 mail 421 4.7.28 "unusual rate" over 50/s for 10s
 *
 * The sink's --help says the rest. Stages are the commands, any, and: data (DATA
 * or first BDAT), body (content begins), dot (it is there), reply (250 not sent yet).
 */
#ifndef RINGPOST_BENCH_RULE_H
#define RINGPOST_BENCH_RULE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "mail/address.h"
#include "mail/reply.h"

#include "bench/seen.h"

#define RULES_MAX 64

enum rule_stage {
	RULE_CONNECT,
	RULE_EHLO,
	RULE_STARTTLS,
	RULE_AUTH,
	RULE_MAIL,
	RULE_RCPT,
	RULE_DATA,
	RULE_BODY,
	RULE_DOT,
	RULE_REPLY,
	RULE_QUIT,
	RULE_STAGES,
	RULE_ANY = RULE_STAGES,
};

enum rule_action {
	RULE_REFUSE,
	RULE_DELAY,
	RULE_DISCONNECT,
	RULE_CONNECTIONS,
	RULE_MESSAGES, /* at most so many: at a time, on each */
};

struct rule {
	enum rule_action action;
	enum rule_stage stage;
	struct reply reply;		 /* text in memory of its own */
	int64_t delay_us, delay_most_us; /* by chance between the two */
	uint64_t most;

	char *domain;			/* "x.test", "*.x.test"; NULL: any */
	char *address;			/* it listens on; NULL: any */
	unsigned first_port, last_port; /* 0: any */
	uint64_t per_million;		/* by chance */
	bool first_try;
	int64_t first_try_us; /* refused until so long after the first */
	uint64_t after_messages;
	int64_t from_us, until_us; /* since the start; until 0: for ever */
	double over_rate;	   /* a second; 0: none */
	uint64_t over_count;	   /* in each … */
	int64_t over_us;	   /* … such time; 0: none */
	int64_t penalty_us;	   /* then everything is, for so long */

	/* All workers'. */
	_Atomic int64_t allowed_us; /* when the rate is used up to */
	_Atomic int64_t window_us;  /* when the present time began */
	_Atomic uint64_t in_window;
	_Atomic int64_t penalty_until_us;
	_Atomic uint64_t open; /* connections it counts now */
	_Atomic uint64_t hits;
};

struct rules {
	struct rule at[RULES_MAX];
	size_t count;
	unsigned stages; /* bits of those that any rule is about */
	int64_t start_us;
	struct seen seen;
};

/* False with FAILURE_CONFIG, what is wrong and allowed. */
bool rules_add(struct rules *rules, struct slice line);
/* One a line; empty lines and those that begin with '#' are passed over. */
bool rules_read_file(struct rules *rules, const char *path);
void rules_finish(struct rules *rules);
const char *rule_stage_name(enum rule_stage stage);

/* What is happening. */
struct rule_event {
	enum rule_stage stage;
	unsigned port;
	const char *address;		 /* listened on, "192.0.2.1:25" */
	uint64_t messages;		 /* this connection's so far */
	const struct address *addresses; /* whose domains count: the sender at
					    mail, else recipients; all of them */
	size_t address_count;
	uint64_t key; /* what comes again when it is tried again */
	int64_t now_us;
};

struct rule_verdict {
	const struct rule *refusal; /* or NULL */
	bool disconnect;
	int64_t delay_us;
};

struct rule_verdict rules_ask(struct rules *rules, const struct rule_event *event);
/* A connection on PORT begins: which rules count it, as bits, for its end. */
struct rule_verdict rules_connect(
	struct rules *rules, const struct rule_event *event, uint64_t *counted_r);
void rules_disconnect(struct rules *rules, uint64_t counted);

#endif
