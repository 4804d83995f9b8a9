/*
 * Refusals: what each is about, counted, and what it says about the address
 * handed on to those who keep addresses that get no mail.
 */
#ifndef RINGPOST_RELAY_REFUSAL_H
#define RINGPOST_RELAY_REFUSAL_H

#include "feedback/category.h"
#include "relay/outcome.h"

/* An attempt whose refusals are heard one after the other; the rest zeroed. */
struct refusal_hearing {
	struct relay *relay;
	const struct site *site; /* or NULL */
	const struct entry *entry;
	const struct attempt *attempt;
	const struct verdict *last; /* several recipients were told the same */
	enum category category;
};

/* VERDICT, LATER or NEVER for RECIPIENT, lives until the hearing is over. */
enum category refusal_hear(struct refusal_hearing *hearing,
	const struct recipient *recipient, const struct verdict *verdict);

#endif
