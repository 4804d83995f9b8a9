/*
 * Limits of an entry: its domain's and its tenant's, where there are any. They
 * hold beside those of its site, and no other mail waits for them: what may not
 * go yet stands aside, or is put off when there is much of it.
 */
#ifndef RINGPOST_RELAY_ENTRY_LIMITS_H
#define RINGPOST_RELAY_ENTRY_LIMITS_H

#include "relay/destination.h"

/* Before it joins a site's line: what holds for it there is found (entry->place);
 * when it leaves the relay. Nothing where there are no such limits. */
void entry_limits_attach(struct entry *entry, const struct destination *destination,
	const struct site *site);
void entry_limits_detach(struct entry *entry);

/* Takes one message of them all, or of none. */
bool entry_limits_take(struct entry *entry);
/* It refused the entry, which is in no list: stands aside until it may go, and
 * comes to its destination again. */
void entry_limits_park(struct entry *entry);
/* A message that was taken is over; SENT: it counts. */
void entry_limits_end(struct entry *entry, bool sent);

/* What stands aside, for somebody else; what is made from now on has the terms of
 * the relay's present configuration. */
void entry_limits_renew(struct relay *relay, struct list *into);
/* Nothing of it is in use any more. */
void entry_limits_close(struct relay *relay);
/* Says which of them ENTRY waits for, if it does. */
void entry_limits_explain(
	struct relay *relay, const struct entry *entry, struct buffer *text);
/* How long those of DOMAIN on its way from SOURCE / of TENANT take for COUNT messages.
 */
struct limit_forecast;
void entry_limits_forecast_domain(struct relay *relay, struct slice domain,
	const struct source *source, uint64_t count, struct limit_forecast *forecast);
void entry_limits_forecast_tenant(struct relay *relay, struct slice tenant,
	uint64_t count, struct limit_forecast *forecast);

#endif
