/*
 * How an entry of the suppression list is called and written in Redis. Pure.
 *
 * Its field is "TENANT ADDRESS" ("TENANT/STREAM ADDRESS"), without a tenant
 * " ADDRESS", in lower case, the domain as A-labels; its value "REASON SINCE
 * UNTIL", seconds since 1970.
 */
#ifndef RINGPOST_FEEDBACK_SUPPRESSION_KEY_H
#define RINGPOST_FEEDBACK_SUPPRESSION_KEY_H

#include "feedback/suppression.h"
#include "feedback/suppression_table.h"
#include "mail/address.h"
#include "mail/domain.h"
#include "queue/envelope.h"

/* "TENANT/STREAM": what stands for a tenant where one stream of it is meant. */
#define SUPPRESSION_WHOSE_MAX (TENANT_SIZE_MAX + 1 + STREAM_SIZE_MAX)
struct slice suppression_whose(
	struct slice tenant, struct slice stream, char text[SUPPRESSION_WHOSE_MAX]);

#define SUPPRESSION_FIELD_MAX \
	(SUPPRESSION_WHOSE_MAX + 1 + ADDRESS_LOCAL_MAX + 1 + DOMAIN_MAX)
#define SUPPRESSION_VALUE_SIZE 64

struct suppression_field {
	char text[SUPPRESSION_FIELD_MAX + 2];
	size_t size, tenant_size, at; /* AT: where its '@' stands */
};

/* For an address in the form that address_print gives, or "@domain". False: it
 * can be no entry's. */
bool suppression_field_set(
	struct suppression_field *field, struct slice tenant, struct slice address);
/* For one from outside; false with FAILURE_DATA and what is wrong with it. */
bool suppression_field_read(
	struct suppression_field *field, struct slice tenant, struct slice address);
struct slice suppression_field_text(const struct suppression_field *field);
/* The same for everybody's mail. */
struct slice suppression_field_of_all(const struct suppression_field *field);
struct slice suppression_field_address(const struct suppression_field *field);
/* That of the whole domain, of the same tenant. */
void suppression_field_domain(
	const struct suppression_field *field, struct suppression_field *domain);
/* TEXT into what an entry says of whom it is about; slices of it. */
void suppression_field_split(
	struct slice text, struct slice *tenant_r, struct slice *address_r);

/* "complaint 1795273648 0". */
struct slice suppression_value_print(
	const struct suppression_entry *entry, char text[SUPPRESSION_VALUE_SIZE]);
bool suppression_value_parse(struct slice value, struct suppression_entry *entry_r);
/* What memory keeps of it. FIELD: "TENANT ADDRESS". */
struct suppression_mark suppression_mark_of(
	const struct suppression_entry *entry, struct slice field);
/* False: it is over at NOW_MS. */
bool suppression_mark_read(struct suppression_mark mark, int64_t now_ms,
	struct suppression_found *found_r);

#endif
