/* What follows where somebody leaves a list by what was signed for him: he enters the
 * suppression list. */
#ifndef RINGPOST_FEEDBACK_LEAVING_ENTER_H
#define RINGPOST_FEEDBACK_LEAVING_ENTER_H

#include "feedback/leaving.h"
#include "feedback/suppression.h"

/* How he asked for it. */
enum leaving_way { LEAVING_BY_LINK, LEAVING_BY_MAIL, LEAVING_WAYS };

struct suppression_report leaving_report(
	const struct leaving *leaving, enum leaving_way way);
/* True: he is on LIST, on disk and known to this process, by this or before, as often
 * as he asks. False: he is not: FAILURE_STORE, TIMEOUT (to be repeated), LIMIT (the
 * list is full), DATA (no list can hold the address). */
bool leaving_enter(struct suppression *list, struct redis *redis,
	const struct config_suppression *config, const struct leaving *leaving,
	enum leaving_way way, struct deadline deadline);

/* Somebody asked by what is no good. */
void leaving_count_wrong(struct suppression *list, enum leaving_way way);
/* How many asked since the start, and whether they were heard. */
uint64_t leaving_count(
	const struct suppression *list, enum leaving_way way, bool wrong);

#endif
