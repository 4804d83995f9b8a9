/* base/output: texts to a stream, empty ones too. */
#include "base/output.h"

#include <errno.h>
#include <string.h>

#include "base/buffer.h"
#include "check.h"

CASE("texts, and what is none")
{
	struct buffer never_filled = {0};
	char got[32] = "";
	FILE *file = tmpfile();

	CHECK(file != NULL);
	CHECK(output_text(SLICE("one "), file));
	CHECK(output_text(SLICE_EMPTY, file));
	CHECK(output_text(buffer_contents(&never_filled), file));
	CHECK(output_text(slice_from(SLICE_EMPTY, 1), file));
	CHECK(output_text(slice_make("a\0b", 3), file));
	rewind(file);
	CHECK_NUMBER(fread(got, 1, sizeof(got), file), 7);
	CHECK(memcmp(got, "one a\0b", 7) == 0);
	fclose(file);
}

CASE("no room on the device")
{
	FILE *full = fopen("/dev/full", "w");

	CHECK(full != NULL);
	setvbuf(full, NULL, _IONBF, 0);
	errno = 0;
	CHECK(!output_text(SLICE("more"), full));
	CHECK_NUMBER(errno, ENOSPC);
	CHECK(output_text(SLICE_EMPTY, full));
	fclose(full);
}

CHECK_MAIN()
