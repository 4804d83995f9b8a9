/*
 * When what is queued for a domain will be out: arithmetic over what is known of its
 * servers now. Nothing here asks anybody.
 */
#ifndef RINGPOST_REPORT_ETA_H
#define RINGPOST_REPORT_ETA_H

#include <stdbool.h>
#include <stdint.h>

struct eta_facts {
	int64_t now_ms;
	uint64_t ready, deferred; /* messages: now, and at their next attempt */
	int64_t last_due_ms;	  /* of the deferred */
	uint64_t ahead;		  /* others' messages in the same lines */
	uint64_t sent;		  /* in the last minute … */
	int64_t sent_in_ms;	  /* … or since the first of them */
	double rate;		  /* messages a second, as learned; 0: not */
	uint64_t connections;	  /* that there may be; 0: any number */
	int64_t shut_until_ms;	  /* nothing goes there before; 0: open */
	bool stopped;		  /* nothing goes there at all */
	/* Until the last of the ready, and of all, may be sent, for limits' sake;
	 * INT64_MAX: not at all. */
	int64_t limit_ms[2];
};

enum eta_basis {
	ETA_MEASURED, /* what went through of late */
	ETA_LEARNED,  /* what its servers taught */
	ETA_ASSUMED   /* nothing was sent of late, or too little to tell */
};
const char *eta_basis_name(enum eta_basis basis);

struct eta {
	int64_t ready_ms, all_ms; /* since 1970; 0: there is none, or no telling */
	double rate;		  /* messages a second */
	enum eta_basis basis;
	bool limited; /* it is limits that take the time */
};

struct eta eta_of(const struct eta_facts *facts);

#endif
