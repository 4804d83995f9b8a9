/* Rights as letters, and what comes of several grants; see rights.h. */
#include "store/rights.h"

static const char letters[] = "lrswipkxtea";

static unsigned right_of(char letter)
{
	for (unsigned i = 0; letters[i]; i++) {
		if (letters[i] == letter)
			return 1u << i;
	}
	if (letter == 'c')
		return RIGHT_CREATE | RIGHT_REMOVE;
	return letter == 'd' ? RIGHT_DELETE | RIGHT_EXPUNGE : 0;
}

bool rights_read(struct slice text, unsigned *rights_r)
{
	unsigned rights = 0;

	for (size_t i = 0; i < text.size; i++) {
		unsigned right = right_of(text.at[i]);

		if (!right)
			return false;
		rights |= right;
	}
	*rights_r = rights;
	return true;
}

size_t rights_write(unsigned rights, char text_r[RIGHTS_TEXT_MAX])
{
	size_t size = 0;

	for (unsigned i = 0; letters[i]; i++) {
		if (rights & 1u << i)
			text_r[size++] = letters[i];
	}
	if (rights & right_of('c'))
		text_r[size++] = 'c';
	if (rights & right_of('d'))
		text_r[size++] = 'd';
	text_r[size] = '\0';
	return size;
}

unsigned rights_of(const struct grant *list, size_t count, struct slice who)
{
	unsigned given = 0, taken = 0;

	for (size_t i = 0; i < count; i++) {
		struct slice name = list[i].who;
		bool is_taken = name.size && name.at[0] == GRANT_NOT;

		if (is_taken)
			name = slice_from(name, 1);
		if (!slice_equal(name, who) && !slice_equal(name, SLICE(GRANT_ANYONE)))
			continue;
		if (is_taken)
			taken |= list[i].rights;
		else
			given |= list[i].rights;
	}
	return given & ~taken;
}
