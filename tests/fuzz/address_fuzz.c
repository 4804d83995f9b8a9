/*
 * Addresses, domains and ORCPT: whatever parses prints, and what was printed
 * parses to the same.
 */
#include "mail/address.h"

#include <stdlib.h>

#include "mail/domain.h"
#include "mail/text.h"
#include "mail/xtext.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static void check_address(const struct address *address)
{
	char text[ADDRESS_MAX + 1], second[ADDRESS_MAX + 1];
	char local[ADDRESS_LOCAL_MAX + 1];
	struct slice print = address_print(address, text);
	struct address again;

	HOLD(text_is_utf8(print));
	HOLD(address->utf8 || text_is_ascii(print));
	HOLD(text_is_utf8(address_print_local(address, local)));
	HOLD(address_equal(address, address));
	if (address_is_null(address) || address->domain.size == 0)
		return;
	HOLD(address_parse(print, ADDRESS_UTF8, &again) == ADDRESS_OK);
	HOLD(address_equal(address, &again));
	HOLD(slice_equal(address_print(&again, second), print));
	HOLD(again.literal == address->literal && again.utf8 == address->utf8);
}

static void check_domain(struct slice text)
{
	char ascii[DOMAIN_MAX + 1], again[DOMAIN_MAX + 1], literal[DOMAIN_LITERAL_SIZE];
	struct slice name, second;
	uint8_t ip[16], ip_again[16];

	if (domain_to_ascii(text, ascii, &name)) {
		HOLD(domain_is_valid(name, false));
		HOLD(domain_to_ascii(name, again, &second) &&
			slice_equal(name, second));
		HOLD(domain_equal(text, name));
	}
	if (domain_literal_parse(text, ip)) {
		HOLD(domain_literal_parse(domain_literal_print(ip, literal), ip_again));
		HOLD(slice_equal(slice_make(ip, 16), slice_make(ip_again, 16)));
	}
}

static void check_orcpt(struct slice text, bool utf8)
{
	struct arena arena = {0};
	struct orcpt orcpt, again;
	struct slice value;

	if (orcpt_parse(&arena, text, utf8, &orcpt)) {
		HOLD(text_is_utf8(orcpt.address) && text_is_ascii(orcpt.type));
		for (int raw = 0; raw < 2; raw++) {
			value = orcpt_format(&arena, &orcpt, raw);
			HOLD(raw || text_is_ascii(value));
			HOLD(value.size > ORCPT_MAX ||
				orcpt_parse(&arena, value, raw, &again));
			HOLD(value.size > ORCPT_MAX ||
				slice_equal(orcpt.address, again.address));
		}
	}
	if (xtext_decode_in(&arena, text, &value)) {
		HOLD(text_is_utf8(value));
		HOLD(xtext_decode_in(&arena, xtext_encode_in(&arena, value), &text));
		HOLD(slice_equal(text, value));
	}
	arena_finish(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_make(data, size);

	for (unsigned allow = 0; allow < 8; allow++) {
		struct address address;
		size_t used = 0;

		if (address_parse(text, allow, &address) == ADDRESS_OK)
			check_address(&address);
		if (address_parse_path(text, allow, &address, &used) == ADDRESS_OK) {
			HOLD(used >= 2 && used <= size && data[used - 1] == '>');
			check_address(&address);
		}
	}
	check_domain(text);
	check_orcpt(text, false);
	check_orcpt(text, true);
	return 0;
}
