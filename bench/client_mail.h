/* The messages a client stores, and whether those it reads are the same. */
#ifndef RINGPOST_BENCH_CLIENT_MAIL_H
#define RINGPOST_BENCH_CLIENT_MAIL_H

#include "bench/content.h"
#include "bench/draft.h"
#include "bench/sizes.h"

struct client_mail {
	struct filler *filler;
	struct sizes sizes;
	uint64_t seed;
};

/* Message NUMBER; the same whenever it is made. SUM as in struct draft_facts. */
void client_mail_make(
	const struct client_mail *mail, uint64_t number, bool sum, struct draft *draft);

enum client_mail_verdict { CLIENT_MAIL_SAME, CLIENT_MAIL_OTHER, CLIENT_MAIL_FOREIGN };

/*
 * What CONTENT, read to its end, is: what was stored, something else, or no
 * message of a client's. DRAFT is memory for the comparison.
 */
enum client_mail_verdict client_mail_judge(const struct client_mail *mail,
	const struct content *content, struct draft *draft);

#endif
