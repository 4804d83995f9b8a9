/* One question for each list, until one has the address. */
#include "receive/blocklists.h"

#include <stdio.h>
#include <string.h>

bool blocklist_name(
	const uint8_t address[16], const char *list, char text[BLOCKLIST_NAME_SIZE])
{
	struct in6_addr of;
	char reverse[80], *end;
	int size;

	memcpy(&of, address, sizeof(of));
	dns_reverse_name(&of, reverse);
	/* Without "in-addr.arpa", "ip6.arpa". */
	end = strstr(reverse, "in-addr.arpa");
	if (!end)
		end = strstr(reverse, "ip6.arpa");
	if (!end)
		return false;
	*end = '\0';
	size = snprintf(text, BLOCKLIST_NAME_SIZE, "%s%s", reverse, list);
	return size > 0 && size <= 253;
}

static bool lists_it(const struct dns_answer *answer)
{
	for (size_t i = 0; answer->status == DNS_FOUND && i < answer->count; i++) {
		const uint8_t *said = answer->records[i].address.s6_addr + 12;

		if (said[0] == 127 && !(said[1] == 255 && said[2] == 255))
			return true;
	}
	return false;
}

bool blocklists_find(const struct verify_resolver *resolver,
	const struct config_texts *lists, const uint8_t address[16],
	struct slice *list_r, struct deadline deadline)
{
	struct arena arena = {0};
	struct slice found = SLICE_EMPTY;
	bool asked = true;

	for (size_t i = 0; asked && !found.size && i < lists->count; i++) {
		char name[BLOCKLIST_NAME_SIZE];
		struct dns_answer answer;

		if (!blocklist_name(address, lists->at[i], name))
			continue;
		asked = verify_query(
			resolver, slice_of(name), DNS_A, &arena, &answer, deadline);
		if (asked && lists_it(&answer))
			found = slice_of(lists->at[i]);
	}
	arena_finish(&arena);
	*list_r = found;
	return asked;
}
