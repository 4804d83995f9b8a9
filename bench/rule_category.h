/*
 * What receivers say when they refuse, by what it is about: for rules.
 */
#ifndef RINGPOST_BENCH_RULE_CATEGORY_H
#define RINGPOST_BENCH_RULE_CATEGORY_H

#include <stdbool.h>

#include "base/slice.h"
#include "mail/reply.h"

/* A typical reply for NAME ("bad-mailbox", "rate"); its text is static. */
bool rule_category_reply(struct slice name, struct reply *reply_r);
/* The names, NULL behind the last. */
extern const char *const rule_category_names[];

#endif
