/* All resources there are: what the API serves besides mail. */
#include "web/tables.h"

#include "base/memory.h"

static const struct web_table *const tables[] = {
	&web_accounts,
	&web_destinations,
	&web_domains,
	&web_eta,
	&web_keys,
	&web_messages,
	&web_server,
	&web_suppressions,
	&web_templates,
	&web_webhooks,
};

const struct web_resource *web_resource_at(size_t index)
{
	for (size_t i = 0; i < ARRAY_COUNT(tables); i++) {
		if (index < tables[i]->count)
			return &tables[i]->rows[index];
		index -= tables[i]->count;
	}
	return NULL;
}
