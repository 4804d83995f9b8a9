/* "* OK [INPROGRESS …]"; see progress.h. */
#include "imap_server/progress.h"

#define PATIENCE_MS 10000

void imap_be_patient(struct imap_dialogue *dialogue)
{
	dialogue->patience = deadline_after_ms(PATIENCE_MS);
}

bool imap_progress(struct imap_dialogue *dialogue, uint32_t done, uint32_t goal,
	struct deadline deadline)
{
	if (!deadline_has_passed(dialogue->patience))
		return true;
	imap_be_patient(dialogue);
	buffer_append_format(&dialogue->out,
		"* OK [INPROGRESS (\"%.*s\" %u %u)] Still at it\r\n",
		SLICE_PRINT(dialogue->tag), done, goal);
	return imap_flush(dialogue, deadline);
}
