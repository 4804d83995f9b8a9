/* Domains that mail is from, as commands find and show them. */
#ifndef RINGPOST_ADMIN_DOMAIN_H
#define RINGPOST_ADMIN_DOMAIN_H

#include "admin/giver.h"
#include "daemon/domains.h"

/* The request's member `domain`, in A-labels, in ARENA; false: refused. */
bool admin_domain_name(
	struct admin_call *call, struct arena *arena, struct slice *domain_r);
/* The record of a domain that who asks may see; *made_r: there is one. */
bool admin_domain_find(struct admin_call *call, struct arena *arena,
	struct slice domain, struct domain_record *record_r, bool *made_r,
	struct deadline deadline);
/* One that was added, as it is shown. NULL with a failure. */
struct value *admin_domain_value(
	const struct domain_record *record, struct arena *arena);

#endif
