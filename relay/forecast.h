/*
 * What decides how soon mail to a domain is out: of each site it goes to, how much
 * went through of late, who waits there, and how long limits take for so many.
 */
#ifndef RINGPOST_RELAY_FORECAST_H
#define RINGPOST_RELAY_FORECAST_H

#include "limits/limits_forecast.h"
#include "queue/message.h"
#include "relay/relay.h"

/* Of this worker; valid while it is visited. */
struct relay_forecast {
	struct slice site, source; /* empty: none of its own */
	uint64_t waiting, connections;
	uint64_t connections_most; /* that it may have; 0: any number */
	uint64_t sent;		   /* messages in the last minute … */
	int64_t sent_in_ms;	   /* … or since the first in it */
	double rate;		   /* messages a second, as learned; 0: any number */
	bool stopped;		   /* none goes through at present */
	int64_t shut_until_ms;	   /* left alone, or warmed up enough; 0: open */
	struct slice trouble;	   /* the last that mattered; empty: none */
	/* For the first and the second of the counts that were asked for. */
	struct limit_forecast limits[2];
};

#define FORECAST_TENANTS_MAX 8

/* Messages to a domain: those of two moments, of all and of some tenants. */
struct relay_forecast_mail {
	uint64_t counts[2];
	struct relay_forecast_tenant {
		struct slice name;
		uint64_t counts[2];
	} tenants[FORECAST_TENANTS_MAX];
	size_t tenant_count;
};

/* How each path of DOMAIN stands, and how long limits take for MAIL. False: none is
 * at hand. */
bool relay_forecast(struct relay *relay, struct slice domain,
	const struct relay_forecast_mail *mail,
	void (*visit)(void *context, const struct relay_forecast *forecast),
	void *context);

/* Until when an operator keeps ENTRY back; 0: not; INT64_MAX: until he ends it. */
int64_t relay_suspended_until(struct relay *relay, const struct entry *entry);

#endif
