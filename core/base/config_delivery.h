/*
 * Mail that stays here: what holds for mailboxes of ours, and who asks for some of
 * his own. Member names are the YAML's.
 */
#ifndef RINGPOST_BASE_CONFIG_DELIVERY_H
#define RINGPOST_BASE_CONFIG_DELIVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/* Of an account that has all it may have; the words are the YAML's. */
enum config_over_quota {
	CONFIG_OVER_QUOTA_LATER,  /* 4.2.2: tried again until it is too old */
	CONFIG_OVER_QUOTA_REFUSE, /* 5.2.2 */
};

struct config_delivery {
	enum config_over_quota over_quota;
	char *detail;	     /* as receive's; "": nothing */
	bool detail_mailbox; /* "bob+lists" goes to his mailbox of that name, if any */
	char *rules;	     /* a file; NULL: none */
	uint64_t hops;	     /* Received fields; more are a loop */
};

/* Whatever its recipients are, mail goes here. */
struct config_capture {
	char *account; /* NULL: it goes where it should */
	char *mailbox; /* made at the first message; NULL: INBOX */
};

struct config;
struct config_section;

/* config_schema_delivery.c */
extern const struct config_section delivery_section, capture_section;

/* Levels with a '/' between them, none empty, no control characters. */
bool config_form_mailbox_name(const char *text);
/* Where mail of TENANT (empty: of none) is captured; NULL: it is not. */
const struct config_capture *config_capture_find(
	const struct config *config, struct slice tenant);
/* Whether any mail may stay here. */
bool config_delivers(const struct config *config);

#endif
