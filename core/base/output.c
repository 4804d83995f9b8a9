/* Text to a C stream. */
#include "base/output.h"

bool output_text(struct slice text, FILE *file)
{
	/* C has fwrite's pointer point somewhere even for no bytes. */
	return !text.size || fwrite(text.at, 1, text.size, file) == text.size;
}
