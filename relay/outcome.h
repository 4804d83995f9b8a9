/*
 * Outcomes: what becomes of an entry after an attempt. Says it (events, notes),
 * counts it, and settles: done, put off, or returned to its sender.
 */
#ifndef RINGPOST_RELAY_OUTCOME_H
#define RINGPOST_RELAY_OUTCOME_H

#include "relay/relay_core.h"
#include "relay/verdict.h"

/* What was tried, for people. */
struct attempt {
	struct slice host;   /* "mx1.example.com[192.0.2.1]:25", or empty */
	struct slice source; /* its name, or empty */
	const struct stream_facts *facts; /* or NULL */
	const struct tls_decision *tls;	  /* what it had to give; or NULL */
	int64_t connect_us, delivery_us;
	int64_t began_us; /* worker_now_us; 0: it is over as soon as it begins */
	/* Steps of connecting for it, and of the dialogue; or NULL. */
	const struct timing_steps *connecting, *steps;
	bool reused;
	bool uncertain;	      /* content was sent, its reply never came */
	bool final;	      /* it goes no further than here */
	bool peer_dsn;	      /* it sends notifications itself */
	bool peer_deliver_by; /* it knows DELIVERBY */
	bool suppressed;      /* some recipients are; applications were told */
	bool too_fast; /* that is all it was put off for: its site is paced now */
};

/* VERDICTS: one for each of the entry's recipients. Takes the entry over. SITE
 * may be NULL. */
void outcome_settle(struct relay *relay, struct site *site, struct entry *entry,
	const struct verdict *verdicts, const struct attempt *attempt);
/* The same verdict for all of them. */
void outcome_settle_all(struct relay *relay, struct site *site, struct entry *entry,
	const struct verdict *verdict, const struct attempt *attempt);
/* Its time is over: it is not to be sent any more. */
bool outcome_is_over(const struct entry *entry, int64_t now_ms);
/* Too old (4.4.7), or its sender wants it back by now (5.4.7): returned. True: it was,
 * and is taken over. */
bool outcome_expire(struct relay *relay, struct entry *entry);
/* Sent without an answer, through no fault of its own, and put back: it may
 * arrive twice. FAILURE says what happened. */
void outcome_uncertain(struct relay *relay, const struct entry *entry,
	struct slice host, const struct failure *failure);
/* Not tried: back to the queue as it was, due at DUE_MS. */
void outcome_put_back(struct relay *relay, struct entry *entry, int64_t due_ms);
/* Accepted and dropped, as a route says. */
void outcome_discard(struct relay *relay, struct entry *entry);

#endif
