/* The inside of local delivery, for its own files. */
#ifndef RINGPOST_DELIVER_DELIVERY_CORE_H
#define RINGPOST_DELIVER_DELIVERY_CORE_H

#include "base/map.h"
#include "deliver/content.h"
#include "deliver/delivery.h"
#include "deliver/rules.h"
#include "store/placement.h"

struct delivery {
	struct delivery_options options;
};

/* Recipients of an entry whose mail goes to one account. */
struct group {
	struct owner owner;
	size_t first, last; /* members, as places in the entry's list: see next */
	size_t count;
	struct place *places;
	size_t place_count, place_room;
	const struct slice *forwards;
	size_t forward_count;
	const char *rule; /* that discarded it for all; or NULL */
};

/* An entry being delivered. */
struct handing {
	struct delivery *delivery;
	struct config *config; /* held */
	struct rules *rules;   /* held, or NULL */
	const struct entry *entry;
	const struct config_capture *capture;
	struct arena *arena;
	struct local_answer *answers;
	struct content content;
	struct map groups; /* by account */
	size_t *next;	   /* of each recipient: the next of his group */
};

/* Each member of GROUP as the place I. */
#define GROUP_EACH(handing, group, i)                                      \
	for (size_t i = (group)->first, left_ = (group)->count; left_ > 0; \
		i = (handing)->next[i], left_--)

/* group.c: finds out who each recipient is; those who are nobody have their answer
 * then. False: CANCELLED. */
bool groups_make(struct handing *handing, struct deadline deadline);
bool groups_make_capture(struct handing *handing, struct deadline deadline);
void groups_finish(struct handing *handing);
/* place.c: into its mailboxes, and on. False: CANCELLED. */
bool group_deliver(
	struct handing *handing, struct group *group, struct deadline deadline);
/* forward.c: in the queue when it returns true. */
bool group_forward(
	struct handing *handing, const struct group *group, struct deadline deadline);

/* The same answer for all of a group. */
void group_answer(struct handing *handing, const struct group *group,
	enum local_kind kind, const char *status, struct slice reason);

#endif
