/* The configuration's domains by name, and the mailboxes of each in lower case. */
#include "receive/locals.h"

#include "base/map.h"
#include "base/memory.h"
#include "mail/address.h"

struct locals {
	size_t holders;
	struct config *config; /* held */
	struct map domains;    /* → const struct config_local */
	struct map *mailboxes; /* of each entry, → its text */
};

/* As it is compared. What is longer than any local part is cut, and so is none
 * that is listed. */
static struct slice lower(struct slice mailbox, char text[ADDRESS_LOCAL_MAX + 1])
{
	size_t size = mailbox.size < ADDRESS_LOCAL_MAX + 1 ? mailbox.size
							   : ADDRESS_LOCAL_MAX + 1;

	for (size_t i = 0; i < size; i++)
		text[i] = ascii_lower(mailbox.at[i]);
	return slice_make(text, size);
}

static void index_mailboxes(struct map *into, const struct config_texts *mailboxes)
{
	char text[ADDRESS_LOCAL_MAX + 1];

	for (size_t i = 0; i < mailboxes->count; i++)
		map_set(into, lower(slice_of(mailboxes->at[i]), text),
			mailboxes->at[i]);
}

struct locals *locals_create(struct config *config)
{
	struct locals *locals = NEW(struct locals);
	const struct config_receive *receive = &config->receive;

	locals->holders = 1;
	locals->config = config_hold(config);
	locals->mailboxes = memory_allocate_array(
		receive->domain_count + 1, sizeof(*locals->mailboxes));
	for (size_t i = 0; i < receive->domain_count; i++) {
		map_set(&locals->domains, slice_of(receive->domains[i].domain),
			&receive->domains[i]);
		index_mailboxes(&locals->mailboxes[i], &receive->domains[i].mailboxes);
	}
	return locals;
}

struct locals *locals_hold(struct locals *locals)
{
	locals->holders++;
	return locals;
}

void locals_release(struct locals **locals)
{
	struct locals *old = *locals;

	*locals = NULL;
	if (!old || --old->holders > 0)
		return;
	for (size_t i = 0; i < old->config->receive.domain_count; i++)
		map_finish(&old->mailboxes[i]);
	memory_free(old->mailboxes);
	map_finish(&old->domains);
	config_release(&old->config);
	memory_free(old);
}

const struct config_local *locals_find(const struct locals *locals, struct slice domain)
{
	const struct config_local *local = map_find(&locals->domains, domain);

	while (!local && domain.size) {
		size_t dot = slice_index(slice_from(domain, 1), '.') + 1;

		domain = slice_from(domain, dot);
		local = domain.size ? map_find(&locals->domains, domain) : NULL;
	}
	return local;
}

struct slice local_without_detail(
	const struct config_local *local, struct slice mailbox)
{
	size_t at = *local->detail ? slice_index(mailbox, *local->detail)
				   : mailbox.size;

	return at ? slice_part(mailbox, 0, at) : mailbox;
}

bool locals_lists(const struct locals *locals, const struct config_local *local,
	struct slice mailbox)
{
	const struct map *mailboxes =
		&locals->mailboxes[local - locals->config->receive.domains];
	char text[ADDRESS_LOCAL_MAX + 1];

	return map_find(mailboxes, lower(mailbox, text)) ||
	       map_find(mailboxes, lower(local_without_detail(local, mailbox), text));
}
