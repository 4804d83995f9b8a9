/*
 * The section `suppression`: what enters the list of addresses that get no mail
 * any more, and what becomes of mail to them. Member names are the YAML's.
 */
#ifndef RINGPOST_BASE_CONFIG_SUPPRESSION_H
#define RINGPOST_BASE_CONFIG_SUPPRESSION_H

#include <stdint.h>

enum config_suppressed { SUPPRESSED_REFUSE, SUPPRESSED_RECORD, SUPPRESSED_NONE };
/* Whose mail an entry is of that was made by itself. */
enum config_suppress { SUPPRESS_TENANT, SUPPRESS_EVERYBODY, SUPPRESS_NONE };
/* What somebody leaves by a link: the stream of that mail, or more. */
enum config_leave { LEAVE_STREAM, LEAVE_TENANT, LEAVE_EVERYBODY };

struct config_suppression {
	enum config_suppressed at_submission;
	enum config_suppress hard_bounces, complaints;
	int64_t hard_bounces_for_ms, complaints_for_ms; /* 0: for good */
	enum config_leave unsubscribes;
	uint64_t soft_bounces; /* that many … ; 0: they do not count */
	int64_t soft_bounces_within_ms, soft_bounces_for_ms;
	uint64_t entries; /* at most */
};

struct config_section;

/* config_schema_suppression.c */
extern const struct config_section suppression_section;

#endif
