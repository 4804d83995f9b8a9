/* The verdict on a book: message by message, recipient by recipient. */
#ifndef RINGPOST_BENCH_AUDIT_JUDGE_H
#define RINGPOST_BENCH_AUDIT_JUDGE_H

#include "bench/audit_book.h"

enum audit_count { /* of recipients, but for the last */
	AUDIT_DELIVERED,
	AUDIT_RETURNED,	   /* a notification said that they failed */
	AUDIT_BOTH,	   /* delivered, and returned all the same */
	AUDIT_LOST,	   /* acked, neither delivered nor returned */
	AUDIT_AVOIDABLE,   /* copies too many, outside every fault's window */
	AUDIT_UNAVOIDABLE, /* copies too many where a reply was lost */
	AUDIT_PHANTOM,	   /* delivered, though never accepted from the source */
	AUDIT_AFTER_4XX,   /* delivered, though the source heard 4xx at the end */
	AUDIT_UNRECORDED,  /* on their way when their source was killed */
	AUDIT_LATE,	   /* delivered after the time allowed */
	AUDIT_CORRUPTED,   /* copies whose body differs */
	AUDIT_COUNTS,
};

/* Examples kept of each. */
#define AUDIT_EXAMPLES_MAX 10
#define AUDIT_EXAMPLE_SIZE 160

struct audit_question {
	const int64_t *faults_ms; /* in order */
	size_t fault_count;
	int64_t within_ms; /* of a fault a reply may have been lost */
	int64_t late_ms;   /* after the ack, or the last fault; 0: any time */
};

struct audit_verdict {
	uint64_t counts[AUDIT_COUNTS];
	char examples[AUDIT_COUNTS][AUDIT_EXAMPLES_MAX][AUDIT_EXAMPLE_SIZE];
	int64_t slowest_ms; /* from ack to delivery */
	bool clean;
};

void audit_judge(const struct audit_book *book, const struct audit_question *question,
	struct audit_verdict *verdict_r);
/* "lost", …; whether one of it makes the verdict unclean. */
const char *audit_count_name(enum audit_count count);
bool audit_count_is_fault(enum audit_count count);

#endif
