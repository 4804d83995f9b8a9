/* White space and comments; see cfws.h. */
#include "mail/cfws.h"

bool cfws_skip_comment(struct slice *rest)
{
	size_t depth = 0;

	for (size_t i = 0; i < rest->size; i++) {
		char c = rest->at[i];

		if (c == '\\') {
			i++;
		} else if (c == '(') {
			depth++;
		} else if (c == ')' && --depth == 0) {
			*rest = slice_from(*rest, i + 1);
			return true;
		}
	}
	return false;
}

bool cfws_skip(struct slice *rest)
{
	while (rest->size) {
		char c = rest->at[0];

		if (c == '(') {
			if (cfws_skip_comment(rest))
				continue;
			*rest = slice_from(*rest, rest->size);
			return false;
		}
		if (c != ' ' && c != '\t' && c != '\r' && c != '\n')
			break;
		*rest = slice_from(*rest, 1);
	}
	return true;
}

bool cfws_take_byte(struct slice *rest, char byte)
{
	cfws_skip(rest);
	if (!rest->size || *rest->at != byte)
		return false;
	*rest = slice_from(*rest, 1);
	return true;
}
